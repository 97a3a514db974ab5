# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""From what the person did at the window to an event of the visit."""

from typing import assert_never

from townhall_forms.session import FormSession
from townhall_kiosk import events as on
from townhall_kiosk import states as at
from townhall_kiosk.visit.asking import asked_questions
from townhall_kiosk.visit.presenters.closing import PRINT
from townhall_ui import screens


def event_of(intent: screens.Intent, state: at.State, form: FormSession | None) -> on.Event | None:  # noqa: PLR0911  # one line an intent
    """Return the event that ``intent`` means in ``state``, or None where it means nothing."""
    match intent:
        case screens.Proceeded():
            return on.Continued()
        case screens.WentBack():
            return on.WentBack()
        case screens.Stopped():
            return on.StopPressed()
        case screens.Chose(id=chosen):
            return _choice(chosen, state)
        case screens.Answered(value=value):
            return on.AnswerGiven(value)
        case screens.AskedToChange(id=ref):
            return _change(ref, form)
        case screens.EnteredPin(pin=pin):
            return on.PinGiven(pin)
        case screens.Active():
            return on.WasActive()
        case _:
            assert_never(intent)


def _choice(chosen: str, state: at.State) -> on.Event:
    if isinstance(state, at.ChoosingService):
        return on.ServiceChosen(chosen)
    return on.PrintAsked() if chosen == PRINT else on.LanguageChosen(chosen)


def _change(ref: str, form: FormSession | None) -> on.Event | None:
    if form is None:
        return None
    refs = [asked.ref for asked in asked_questions(form)]
    return on.ChangeAsked(refs.index(ref)) if ref in refs else None
