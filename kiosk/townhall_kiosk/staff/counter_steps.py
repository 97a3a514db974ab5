# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What each step of staff at the counter leads to: the functions behind the rows of ``staff.counter``; all pure."""

from dataclasses import replace
from typing import Final

from townhall_kiosk import effects as do
from townhall_kiosk import events as on
from townhall_kiosk import states as at
from townhall_kiosk.card_problem import CardProblem
from townhall_kiosk.document_check.views import ZoneAsked
from townhall_kiosk.effects import Effect
from townhall_kiosk.events import Event
from townhall_kiosk.staff import acts, views
from townhall_kiosk.staff.acts import AssistStep, ClosingReason, DeviceResult, DeviceTest, Verdict
from townhall_kiosk.staff.errors import StaffRefusedError
from townhall_kiosk.staff.views import PinTrouble, View
from townhall_kiosk.states import AtCounter, Outcome
from townhall_kiosk.steps import Step

TOUCH_TARGETS: Final = 6
TESTS, REPORT, CLOSE, AGAIN, DOCUMENT = "tests", "report", "close", "again", "document"
RIGHT, NOT_RIGHT = "right", "not-right"

CHOICES: Final[dict[str, acts.StaffAct]] = {
    "export": acts.ExportToStick(),
    "import": acts.ImportFromStick(),
    "refresh": acts.RefreshCatalogue(),
    "open": acts.PutInService(),
    "polls-pause": acts.PausePolls(),
    "polls-resume": acts.ResumePolls(),
}
"""Buttons of the menu that do at once what they say."""
_LEADING_ON: Final[dict[str, View]] = {TESTS: views.Tests(), CLOSE: views.ReasonAsked(), DOCUMENT: ZoneAsked()}
"""Those that ask further."""
BY_STICK: Final = ("export", "import", "refresh")
GRAVE: Final[dict[str, acts.StaffAct]] = {
    "restart": acts.RestartKiosk(),
    "retire": acts.RetireKiosk(),
    "polls-open": acts.OpenPolls(),
    "polls-close": acts.ClosePolls(),
}
"""Those that are asked about once more."""


def gone(state: AtCounter) -> Step:
    """Nobody of staff is here any more: back to the person, or the end of this visit's process."""
    if state.beneath is not None:
        return Step(state.beneath, (do.LeaveCounter(),))
    return Step(at.Thanked(Outcome.STAFF), (do.LeaveCounter(), do.Forget()))


def leave(state: AtCounter) -> Step:
    """Staff are done, or did nothing for too long; their card may still be in."""
    if isinstance(state.beneath, at.OutOfService):
        return Step(replace(state.beneath, card_is_in=state.is_own_reader), (do.LeaveCounter(),))
    if state.beneath is not None:
        return gone(state)
    if state.is_own_reader and state.is_card_in:
        return Step(at.TakingCard(Outcome.STAFF), (do.LeaveCounter(), do.Forget()))
    return Step(at.Thanked(Outcome.STAFF), (do.LeaveCounter(), do.Forget()))


def show(state: AtCounter, view: View, *effects: Effect) -> Step:
    """Show another view."""
    return Step(replace(state, view=view), effects)


# The card and PIN 1


def ask_pin(state: AtCounter, tries: int, trouble: PinTrouble | None = None) -> Step:
    """Open the pad; before the last try they say that they know, and without a try there is no pad."""
    if tries <= 0:
        return show(state, views.TurnedAway(CardProblem.PIN1_BLOCKED.code))
    if tries == 1:
        return show(state, views.LastTryAsked())
    return show(state, views.PinAsked(tries, trouble))


def card_known(state: AtCounter, event: on.StaffCardKnown) -> Step:
    """Ask for PIN 1, if the certificate is on the list here and now."""
    if not event.is_listed:
        return show(state, views.TurnedAway(StaffRefusedError.code))
    return ask_pin(state, event.tries_left)


def use_pin(state: AtCounter, event: on.PinGiven) -> Step:
    """Hand the PIN to the card."""
    view = state.view
    if not isinstance(view, views.PinAsked):
        return Step(state, (do.WipeSecret(event.pin),))
    prove = do.ProveStaff(state.reader, view.last_try_confirmed, state.agreeing, event.pin)
    return show(state, views.PinInUse(view.tries_left, view.last_try_confirmed), prove)


def pin_refused(state: AtCounter, event: on.StaffPinRefused) -> Step:
    """Say why, and ask again where there is a try."""
    view = state.view
    if not isinstance(view, views.PinInUse):
        return Step(state)
    match event.trouble:
        case PinTrouble.WRONG:
            return ask_pin(state, event.tries_left, PinTrouble.WRONG)
        case PinTrouble.LAST_TRY:
            return ask_pin(state, 1)
        case PinTrouble.BLOCKED:
            return ask_pin(state, 0)
        case PinTrouble.LENGTH | PinTrouble.INTERRUPTED:
            return show(state, views.PinAsked(view.tries_left, event.trouble, view.last_try_confirmed))


def let_in(state: AtCounter, _event: on.StaffLetIn) -> Step:
    """Begin to help, or show how the kiosk stands."""
    if state.is_assist:
        return show(state, views.Assisting(AssistStep.BEGAN), do.DoStaffAct(acts.Assist(AssistStep.BEGAN)))
    return show(replace(state, beneath=None), views.Doing(acts.LookAtStatus()), do.DoStaffAct(acts.LookAtStatus()))


def turned_away(state: AtCounter, event: on.StaffTurnedAway) -> Step:
    """Say so; the card is to be taken."""
    return show(state, views.TurnedAway(event.code))


# The menu


def picked(state: AtCounter, event: on.Picked) -> Step:
    """Do what was chosen on the menu."""
    chosen = event.id
    if chosen in _LEADING_ON:
        return show(state, _LEADING_ON[chosen])
    if chosen == AGAIN:
        return do_act(state, acts.LookAtStatus())
    if chosen in CHOICES:
        return do_act(state, CHOICES[chosen])
    if chosen in GRAVE:
        return show(state, views.Confirming(GRAVE[chosen]))
    return Step(state)


def do_act(state: AtCounter, act: acts.StaffAct) -> Step:
    """Have the keeper do an act."""
    return show(state, views.Doing(act), do.DoStaffAct(act))


def reason_picked(state: AtCounter, event: on.Picked) -> Step:
    """Close the kiosk for this reason."""
    reasons = {each.value: each for each in ClosingReason}
    if event.id in reasons:
        return do_act(state, acts.TakeOutOfService(reasons[event.id]))
    return Step(state)


def confirmed(state: AtCounter, _event: on.Continued) -> Step:
    """Do the act that was asked about once more."""
    return do_act(state, state.view.act) if isinstance(state.view, views.Confirming) else Step(state)


def act_done(state: AtCounter, event: on.StaffActDone) -> Step:
    """Show what an act came to."""
    if not isinstance(state.view, views.Doing) or event.act != state.view.act:
        return Step(state)
    told = "staff.told.failed" if event.code else "staff.told.done"
    match event.act:
        case acts.LookAtStatus():
            return show(state, views.Menu())
        case acts.MakeReport():
            return show(state, views.Tests(told, event.code))
        case _:
            return show(state, views.Menu(told, event.code))


def agreed(state: AtCounter, event: on.StaffActDone) -> Step:
    """Show what came of an act that several people agreed to."""
    return show(state, views.Finished(event.code)) if event.act == state.agreeing else Step(state)


def further_person(state: AtCounter, event: on.FurtherPersonNeeded) -> Step:
    """Wait for another person's card."""
    wanted = state.view.act if isinstance(state.view, views.Doing) else state.agreeing
    if event.act != wanted:
        return Step(state)
    return show(state, views.OtherPersonAsked(event.act))


def to_menu(state: AtCounter, _event: Event) -> Step:
    """Go back to the menu."""
    return show(state, views.Menu())


# Tests


def test_picked(state: AtCounter, event: on.Picked) -> Step:
    """Begin a test, or make the report."""
    if event.id == REPORT:
        return do_act(state, acts.MakeReport("", ()))  # the language and the results lie on the desk
    tests = {each.value: each for each in DeviceTest}
    test = tests.get(event.id)
    if test is DeviceTest.SCREEN:
        return show(state, views.TouchTest())
    if test is not None:
        return show(state, views.Testing(test), do.RunDeviceTest(test, state.reader))
    return Step(state)


def tested(state: AtCounter, event: on.DeviceTested) -> Step:
    """What a person must see or hear is theirs to judge; a test that failed by itself is judged."""
    if not isinstance(state.view, views.Testing) or event.result.test is not state.view.test:
        return Step(state)
    is_theirs = event.result.test in {DeviceTest.PRINTER, DeviceTest.SPEECH}
    if is_theirs and event.result.verdict is Verdict.PASSED:
        return show(state, views.Judging(event.result.test))
    return show(state, views.Tests(), do.NoteTest(event.result))


def touched(state: AtCounter, event: on.Picked) -> Step:
    """On to the next target; the last one ends the test."""
    if not isinstance(state.view, views.TouchTest):
        return Step(state)
    if event.id != str(state.view.following + 1):  # the screen felt the finger somewhere else
        return show(state, views.Tests(), do.NoteTest(DeviceResult(DeviceTest.SCREEN, Verdict.FAILED)))
    if state.view.following + 1 < TOUCH_TARGETS:
        return show(state, views.TouchTest(state.view.following + 1))
    return show(state, views.Tests(), do.NoteTest(DeviceResult(DeviceTest.SCREEN, Verdict.PASSED)))


def gave_up_touching(state: AtCounter, _event: on.WentBack) -> Step:
    """Whoever gives up has a screen that does not work."""
    return show(state, views.Tests(), do.NoteTest(DeviceResult(DeviceTest.SCREEN, Verdict.FAILED)))


def judged(state: AtCounter, event: on.Picked) -> Step:
    """Keep what the person saw or heard."""
    if not isinstance(state.view, views.Judging) or event.id not in {RIGHT, NOT_RIGHT}:
        return Step(state)
    verdict = Verdict.PASSED if event.id == RIGHT else Verdict.FAILED
    return show(state, views.Tests(), do.NoteTest(DeviceResult(state.view.test, verdict)))


def leaving(state: AtCounter, _event: Event) -> Step:
    """Leave, by the button."""
    return leave(state)


def last_try_confirmed(state: AtCounter, _event: on.Continued) -> Step:
    """Open the pad for the last try."""
    return show(state, views.PinAsked(1, last_try_confirmed=True))


def to_tests(state: AtCounter, _event: Event) -> Step:
    """Go back to the tests."""
    return show(state, views.Tests())
