# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""From what the person did at the window to an event of the visit."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, assert_never

from townhall_forms.questions import RepeatState
from townhall_kiosk import events as on
from townhall_kiosk import states as at
from townhall_kiosk.document_check import events as papers
from townhall_kiosk.finding import events as look
from townhall_kiosk.finding import states as find
from townhall_kiosk.pin_life import events as new_pin
from townhall_kiosk.pin_life import states as pins
from townhall_kiosk.staff import views
from townhall_kiosk.visit.asking import asked_steps, step_at
from townhall_kiosk.visit.desk import Desk
from townhall_kiosk.visit.presenters.apart import ADMISSION, OFFICERS, SLIP
from townhall_kiosk.visit.presenters.closing import PRINT
from townhall_kiosk.visit.presenters.pin_life import PINS
from townhall_kiosk.visit.presenters.pin_life import choices as pin_choices
from townhall_kiosk.visit.presenters.services import SEARCH, SHELF, STAFF
from townhall_kiosk.visit.presenters.voting import CHECK, SERVICES, VOTE
from townhall_kiosk.voting import events as happened
from townhall_kiosk.voting import states as vote
from townhall_ui import screens
from townhall_voting.package.definition import DeviceRole

_OFFERED: Final[Mapping[str, on.Event]] = MappingProxyType(
    {
        VOTE: happened.VoteWanted(),
        SERVICES: happened.ServicesWanted(),
        ADMISSION: happened.AdmissionWanted(),
        SLIP: happened.SlipInHand(),
        OFFICERS: happened.OfficersWanted(),
    }
)
_BESIDE_SERVICES: Final[Mapping[str, on.Event]] = MappingProxyType(
    {STAFF: on.StaffAsked(), PINS: new_pin.PinsWanted(), SEARCH: look.SearchWanted()}
)


def event_of(intent: screens.Intent, state: at.State, desk: Desk, role: DeviceRole | None = None) -> on.Event | None:  # noqa: C901, PLR0911, PLR0912  # one line an intent
    """Return the event that ``intent`` means in ``state``, or None where it means nothing.

    ``role`` is what this kiosk does in an election, None where there is none.
    """
    match intent:
        case screens.Proceeded():
            return on.RepeatTouched("", _question(state)) if _is_at_repeat(state, desk) else on.Continued()
        case screens.Chose(id=chosen) if _is_at_repeat(state, desk):
            return on.RepeatTouched(chosen, _question(state))
        case screens.WentBack():
            return on.WentBack()
        case screens.Stopped():
            return on.StopPressed()
        case screens.Chose(id=chosen):
            return _choice(chosen, state, desk, role)
        case screens.Answered(value=value) if isinstance(state, at.AtCounter):
            return papers.ZoneGiven(value)
        case screens.Answered(value=value):
            return on.AnswerGiven(value, _question(state))
        case screens.AskedToChange(id=ref):
            return _change(ref, state, desk)
        case screens.EnteredPin(pin=pin):
            return on.PinGiven(pin)
        case screens.EnteredAccessNumber(access_number=number):
            return on.AccessNumberGiven(number)
        case screens.AskedForWays():
            return on.AskedForWays()
        case screens.ChoseWay(group=group, choice=choice):
            return on.WayChosen(group, choice)
        case screens.CalledForHelp():
            return on.CalledForHelp()
        case screens.Marked(marks=marks):
            return happened.Marked(marks)
        case screens.Ranked(ranking=ranking):
            return happened.Ranked(ranking)
        case screens.Active() | screens.TurnedVolume():
            return on.WasActive()
        case _:
            assert_never(intent)


def _question(state: at.State) -> int:
    """Return which question of the form the person saw; by the time that the event is taken it may be the next one."""
    return state.question if isinstance(state, at.Answering) else 0


def _choice(chosen: str, state: at.State, desk: Desk, role: DeviceRole | None) -> on.Event | None:  # noqa: PLR0911  # one line a state
    match state:
        case at.AtCounter(view=view) if not isinstance(view, views.AssistLanguage):
            return on.Picked(chosen)
        case at.Reviewing():
            return _change(chosen, state, desk)
        case at.ChoosingService() if chosen.startswith(SHELF):
            return look.LifeEventChosen(chosen.removeprefix(SHELF))
        case at.ChoosingService() | find.ChoosingFound():
            return _BESIDE_SERVICES.get(chosen) or on.ServiceChosen(chosen)
        case pins.ChoosingPin():
            found = pin_choices(desk).get(chosen)
            return None if found is None else new_pin.PinChosen(*found)
        case vote.VotingOffered():
            return _OFFERED.get(chosen)
        case vote.ChoosingDistrict():
            return happened.DistrictChosen(chosen)
        case vote.CheckOrCast():
            if chosen == CHECK:
                return happened.CheckWanted()
            return happened.SlipCastWanted() if role is DeviceRole.BOOTH else happened.CastWanted()
        case _:
            return on.PrintAsked() if chosen == PRINT else on.LanguageChosen(chosen, role is not None)


def _is_at_repeat(state: at.State, desk: Desk) -> bool:
    """Whether the person sees a repeat: each of its buttons changes it or goes on."""
    if not isinstance(state, at.Answering) or desk.form is None:
        return False
    return isinstance(step_at(desk.form, state.question), RepeatState)


def _change(ref: str, state: at.State, desk: Desk) -> on.Event | None:
    if isinstance(state, vote.ReviewingBallot):
        contests = [] if desk.ballot.style is None else [contest.id for contest in desk.ballot.style.contests]
        return on.ChangeAsked(contests.index(ref)) if ref in contests else None
    if desk.form is None:
        return None
    refs = [asked.ref for asked in asked_steps(desk.form)]
    return on.ChangeAsked(refs.index(ref)) if ref in refs else None
