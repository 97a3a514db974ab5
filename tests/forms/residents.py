# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Residents of ``services/*/fixtures``: what they answer, wherever their form is filled in."""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from townhall_forms.questions import Accepted
from townhall_forms.session import FormSession

SERVICES: Final = Path(__file__).resolve().parents[2] / "services"
FIXTURES: Final = sorted(SERVICES.glob("*/fixtures/*.json"))
LANGUAGES: Final = ("en", "et", "fr", "ar")
_INSTANCE: Final = re.compile(r"([^\[]+)\[(\d+)\]")
_DAY: Final = re.compile(r"(today|monday)(?: ([+-]) (\d+))?")


def name_of(path: Path) -> str:
    return f"{path.parents[1].name}-{path.stem}"


def answered(value: str, today: date) -> str:
    """Return what a fixture says; "today - 3" and "monday + 7" (from the next one) as days."""
    match = _DAY.fullmatch(value)
    if match is None:
        return value
    start = today if match[1] == "today" else today + timedelta(days=7 - today.weekday())
    days = int(match[3] or 0)
    return (start - timedelta(days=days) if match[2] == "-" else start + timedelta(days=days)).isoformat()


def place_of(ref: str, answers: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """Return what a question is called, and the answers that it belongs to: of one instance, or of all."""
    *around, name = ref.split("/")
    inside = (_INSTANCE.fullmatch(part) for part in reversed(around))
    instance = next((match for match in inside if match is not None and match[1] in answers), None)
    return name, answers if instance is None else answers[instance[1]][int(instance[2]) - 1]


def fill_in(session: FormSession, answers: Mapping[str, Any], today: date) -> None:
    """Answer a form without a kiosk: repeats first grow to what the resident has, then question by question."""
    given: set[str] = set()
    while True:
        for repeat in session.repeats():
            wanted = len(answers.get(repeat.ref.rsplit("/", 1)[-1], []))
            for _ in range(wanted - len(repeat.instances)):
                session.add_repeat(repeat.ref)
        step = next((each for each in session.questions() if each.ref not in given), None)
        if step is None:
            return
        given.add(step.ref)
        name, own = place_of(step.ref, answers)
        if name in own and not step.is_read_only:
            assert isinstance(session.answer(step.ref, answered(own[name], today)), Accepted), name
