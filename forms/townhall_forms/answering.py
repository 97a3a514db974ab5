# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Reads answers: what people type or pick, as the instance holds it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal

from townhall_forms.controls import Bounds, Control, ControlKind
from townhall_forms.datatypes import DataType, normalise
from townhall_forms.questions import QuestionKind

TRIGGERED = "OK"  # what a trigger leaves in its node (ODK XForms, `trigger`)

_KINDS: Mapping[DataType, QuestionKind] = {
    DataType.INT: QuestionKind.INTEGER,
    DataType.DECIMAL: QuestionKind.DECIMAL,
    DataType.DATE: QuestionKind.DATE,
    DataType.TIME: QuestionKind.TIME,
    DataType.DATE_TIME: QuestionKind.DATE_TIME,
    DataType.GEOPOINT: QuestionKind.PLACE,
    DataType.GEOTRACE: QuestionKind.LINE,
    DataType.GEOSHAPE: QuestionKind.AREA,
    DataType.BINARY: QuestionKind.FILE,
}
_CONTROL_KINDS: Mapping[ControlKind, QuestionKind] = {
    ControlKind.SELECT_ONE: QuestionKind.CHOOSE_ONE,
    ControlKind.SELECT_MANY: QuestionKind.CHOOSE_MANY,
    ControlKind.TRIGGER: QuestionKind.CHOOSE_MANY,
    ControlKind.RANK: QuestionKind.RANK,
    ControlKind.RANGE: QuestionKind.RANGE,
    ControlKind.UPLOAD: QuestionKind.FILE,
}


def kind_of(control: Control, data_type: DataType) -> QuestionKind:
    """Return how a control is answered, if it is."""
    known = _CONTROL_KINDS.get(control.kind) or _KINDS.get(data_type)
    return known or (QuestionKind.LONG_TEXT if "multiline" in control.appearance else QuestionKind.TEXT)


def read_answer(control: Control, data_type: DataType, answer: str, offered: Iterable[str]) -> str | None:
    """Return an answer as the instance holds it, or None if it has not the type of its question."""
    text = normalise(DataType.BINARY if control.kind is ControlKind.UPLOAD else data_type, answer)
    if not text:
        return text
    match control.kind:
        case ControlKind.TRIGGER:
            is_answer = text == TRIGGERED
        case ControlKind.SELECT_ONE:
            is_answer = text in offered
        case ControlKind.SELECT_MANY:
            chosen, choices = set(text.split()), dict.fromkeys(offered)
            text = " ".join(each for each in choices if each in chosen)
            is_answer = chosen <= choices.keys()
        case ControlKind.RANK:
            text = " ".join(text.split())
            is_answer = sorted(text.split()) == sorted(offered)
        case ControlKind.RANGE:
            is_answer = _is_in_range(text, control.bounds)
        case ControlKind.INPUT | ControlKind.UPLOAD:
            is_answer = True
    return text if is_answer else None


def with_offset(text: str | None, data_type: DataType, now: datetime) -> str | None:
    """Give a time of day its offset on the session's clock where it has none, as dateTime and time of ODK have it."""
    if not text or data_type not in {DataType.TIME, DataType.DATE_TIME}:
        return text
    if text.endswith("Z") or text[-6] in "+-":
        return text
    return text + now.isoformat()[-6:]


def _is_in_range(text: str, bounds: Bounds | None) -> bool:
    number = normalise(DataType.DECIMAL, text)
    return number is not None and (bounds is None or bounds.holds(Decimal(number)))
