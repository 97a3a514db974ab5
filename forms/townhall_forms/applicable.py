# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a form asks for that a kiosk does not do: found when a form is published, never at the counter.

The engine runs such forms all the same: it is a library too, and ``townhall forms check`` judges forms, not kiosks.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from townhall_forms.answering import kind_of
from townhall_forms.binds import Bind
from townhall_forms.controls import Control
from townhall_forms.form import Form
from townhall_forms.questions import QuestionKind

# What the kiosk's screens ask today.
SCREENS = frozenset(
    {
        QuestionKind.TEXT,
        QuestionKind.LONG_TEXT,
        QuestionKind.INTEGER,
        QuestionKind.DECIMAL,
        QuestionKind.DATE,
        QuestionKind.TIME,
        QuestionKind.DATE_TIME,
        QuestionKind.PLACE,
        QuestionKind.RANGE,
        QuestionKind.RANK,
        QuestionKind.CHOOSE_ONE,
        QuestionKind.CHOOSE_MANY,
        QuestionKind.NOTE,
    }
)

# Appearances that hand a question to something that is not there; each with the reason.
_APPEARANCES: Mapping[str, str] = {
    "query": "choices from a query: write an itemset",
    "search(": "choices from search(): write an itemset",
    "ex:": "an external application",
    "printer:": "an external application",
    "map": "a map: the kiosk has none without a network",
    "placement-map": "a map: the kiosk has none without a network",
    "image-map": "a picture to point at",
    "signature": "a drawn signature: the person signs with the card",
    "draw": "a drawing",
    "annotate": "a drawing",
    "masked": "a masked answer: the review and the document show what is signed",
}
_MEDIA = ("audio", "video")


@dataclass(frozen=True, slots=True)
class Gap:
    """One thing that a form asks for and a kiosk does not do; ``place`` is a path of the form, or `model`."""

    place: str
    what: str


def kiosk_gaps(form: Form) -> tuple[Gap, ...]:
    """Return everything that keeps a form from being offered at a kiosk, in the form's order."""
    return tuple(dict.fromkeys([*_of_model(form), *_of_repeats(form), *_of_controls(form)]))


def _of_model(form: Form) -> Iterator[Gap]:
    if form.records_sound:
        yield Gap("model", "recording sound")
    if form.is_encrypted:
        yield Gap("model", "encryption by the form: everything is sealed to its addressee anyway")


def _of_repeats(form: Form) -> Iterator[Gap]:
    for path in form.repeats:
        bind = form.binds.get(path)
        if bind is not None and bind.relevant is not None and _looks_inside(form, path, bind):
            yield Gap(path, "instances of a repeat that hide one by one: the centre could not say which are missing")


def _looks_inside(form: Form, path: str, bind: Bind) -> bool:
    if bind.relevant is None:
        return False
    inside = set(form.inside[path])
    sources = {source for source, dependents in form.graph.dependents.items() if path in dependents}
    return bool(sources & inside) or "position" in bind.relevant.text


def _of_controls(form: Form) -> Iterator[Gap]:
    for control in form.controls:
        bind = form.binds.get(control.path, Bind(control.path))
        for appearance in sorted(control.appearance):
            reason = next((why for sign, why in _APPEARANCES.items() if _is_sign(appearance, sign)), "")
            if reason:
                yield Gap(control.path, reason)
        if control.path not in form.fixed:
            yield from _of_kind(control, kind_of(control, bind.data_type))


def _is_sign(appearance: str, sign: str) -> bool:
    return appearance.startswith(sign) if sign[-1] in "(:" else appearance == sign


def _of_kind(control: Control, kind: QuestionKind) -> Iterator[Gap]:
    if kind is QuestionKind.FILE and control.media_type.startswith(_MEDIA):
        yield Gap(control.path, f"{control.media_type.partition('/')[0]} recording")
    elif kind not in SCREENS:
        yield Gap(control.path, f"question of kind {kind.value}: no screen asks it yet")
