# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Screens for staff at a visit's screen. While a person's visit is covered, none of them shows anything of it."""

from dataclasses import replace
from functools import partial
from typing import assert_never

from townhall_kiosk import states as at
from townhall_kiosk.document_check import views as papers
from townhall_kiosk.staff import acts, counter_assist, counter_steps, views
from townhall_kiosk.staff.acts import AssistStep, ClosingReason, DeviceTest
from townhall_kiosk.staff.lines import StatusLine, result_lines, status_lines
from townhall_kiosk.staff.roster import StaffRole
from townhall_kiosk.staff.standing import Service
from townhall_kiosk.staff.views import View
from townhall_kiosk.visit.presenters import document_check
from townhall_kiosk.visit.presenters.frames import frame, page_words
from townhall_kiosk.visit.staff_work import CounterDesk
from townhall_kiosk.visit.surroundings import Surroundings
from townhall_kiosk.voting.polls import PollsState
from townhall_smartcard.estonia import LONGEST_PIN, SHORTEST_PIN
from townhall_smartcard.messages import PinRole
from townhall_ui.screens import (
    Choice,
    ChoiceScreen,
    Frame,
    MessageScreen,
    Picture,
    PinScreen,
    PinWords,
    Screen,
    StatusRow,
    StatusScreen,
    Tone,
    WorkingScreen,
)

_LOW_TRIES = 2


def present(state: at.AtCounter, desk: CounterDesk, around: Surroundings) -> Screen:  # noqa: C901, PLR0911, PLR0912  # one line a view
    """Return the screen of a view."""
    view = state.view
    match view:
        case views.CardBeingRead() | views.PinInUse() | views.Testing() | views.Doing() | views.Assisting():
            return _working(state, desk, around)
        case views.LastTryAsked():
            return _last_try(state, around)
        case views.PinAsked():
            return _pin(state, view, around)
        case views.TurnedAway():
            return _turned_away(state, view, around)
        case views.Menu():
            return _menu(state, view, desk, around)
        case views.Tests():
            return _tests(state, view, desk, around)
        case views.TouchTest():
            return _touch(state, view, around)
        case views.Judging():
            return _judging(state, view, around)
        case views.ReasonAsked():
            return _reasons(state, around)
        case views.Confirming():
            return _confirming(state, view, around)
        case views.OtherPersonAsked():
            return _other_person(state, view, around)
        case views.Finished():
            return _finished(state, view, around)
        case views.AssistMenu():
            return _assist(state, view, around)
        case views.AssistLanguage():
            return _assist_language(state, around)
        case papers.ZoneAsked() | papers.DocumentAsked() | papers.DocumentBeingRead() | papers.DocumentNotRead():
            return document_check.present(view, desk.document, around, partial(_frame, state, around))
        case papers.DocumentShown():
            return document_check.present(view, desk.document, around, partial(_frame, state, around))
        case _:
            assert_never(view)


def _frame(  # noqa: PLR0913  # keyword-only; each is one part of the frame
    state: at.AtCounter,
    around: Surroundings,
    heading: str,
    *,
    proceed: str | None = None,
    back: bool = False,
    stop: str | None = None,
    code: str = "",
) -> Frame:
    """Return a frame of staff: its mode tells everybody who is at work, and nobody needs to be called."""
    mode = around.text("mode.clerk" if state.is_assist else "mode.staff")
    whole = frame(around, heading, proceed=proceed, back=back, code=code, ways=False)
    return replace(whole, mode=mode, help=None, stop=stop)


def _working(state: at.AtCounter, desk: CounterDesk, around: Surroundings) -> WorkingScreen:
    text, step = around.text, _step(state.view)
    said = text(f"counter.working.{step}")
    if desk.progress is not None:
        done, total = desk.progress
        said = text("counter.progress", done=done, total=total)
    return WorkingScreen(_frame(state, around, text("counter.working")), (said,), 0, text("working.leave-card"))


def _step(view: View) -> str:
    match view:
        case views.CardBeingRead():
            return "card"
        case views.PinInUse():
            return "pin"
        case views.Testing():
            return "test"
        case _:
            return "act"


def _last_try(state: at.AtCounter, around: Surroundings) -> MessageScreen:
    text = around.text
    heading = _frame(
        state, around, text("pin1.last-try.heading"), proceed=text("last-try.button"), stop=text("counter.leave")
    )
    return MessageScreen(heading, (text("pin1.last-try.what"), text("last-try.advice")), tone=Tone.WARNING)


def _pin(state: at.AtCounter, view: views.PinAsked, around: Surroundings) -> PinScreen:
    text = around.text
    notices = []
    if view.trouble is not None:
        notices.append(text(f"pin.{view.trouble.value}"))
    if view.tries_left <= _LOW_TRIES or view.trouble is views.PinTrouble.WRONG:
        notices.append(text.counted("pin.tries-left", view.tries_left))
    heading = text("counter.pin.agree") if state.agreeing is not None else text("counter.pin.heading")
    return PinScreen(
        _frame(state, around, heading, proceed=text("pin1.button"), stop=text("counter.leave")),
        PinWords(text("pin.clear"), text("pin.delete"), text("pin.entered", count="{count}")),
        text("counter.pin.what") if state.agreeing is None else text(f"counter.agree.{_name(state.agreeing)}"),
        SHORTEST_PIN[PinRole.AUTHENTICATION],
        LONGEST_PIN,
        notice=" ".join(notices) or text("pin.privacy"),
        tone=Tone.WARNING if notices else Tone.PLAIN,
    )


def _turned_away(state: at.AtCounter, view: views.TurnedAway, around: Surroundings) -> MessageScreen:
    text = around.text
    heading = _frame(state, around, text("counter.refused.heading"), stop=text("counter.leave"), code=view.code)
    return MessageScreen(
        heading, (text("counter.refused.what"), text("take-card.now")), Picture.TAKE_CARD, Tone.PROBLEM
    )


def _rows(lines: tuple[StatusLine, ...]) -> tuple[StatusRow, ...]:
    return tuple(
        StatusRow(each.label, each.value, Tone.WARNING if each.needs_attention else Tone.PLAIN) for each in lines
    )


def _told(told: str, around: Surroundings) -> str:
    return around.text(told) if told else ""


def _menu(state: at.AtCounter, view: views.Menu, desk: CounterDesk, around: Surroundings) -> StatusScreen:
    text = around.text
    lines = () if desk.status is None else status_lines(desk.status, text)
    return StatusScreen(
        _frame(state, around, text("counter.menu.heading"), stop=text("counter.leave"), code=view.code),
        _rows(lines),
        tuple(Choice(name, text(f"counter.do.{name}")) for name in _offered(desk)),
        page_words(around),
        _told(view.told, around),
    )


def _offered(desk: CounterDesk) -> tuple[str, ...]:
    """Return what can be done now: closing a closed kiosk cannot, retiring it is the administrators'."""
    stands = Service.IN_SERVICE.value if desk.status is None else desk.status.service
    service = {Service.IN_SERVICE.value: (counter_steps.CLOSE,), Service.OUT_OF_SERVICE.value: ("open",)}.get(
        stands, ()
    )
    retire = ("retire",) if desk.role is StaffRole.ADMINISTRATOR and stands != Service.RETIRED.value else ()
    return (
        counter_steps.AGAIN,
        *_polls(desk),
        counter_steps.DOCUMENT,
        counter_steps.TESTS,
        *service,
        *counter_steps.BY_STICK,
        "restart",
        *retire,
    )


def _polls(desk: CounterDesk) -> tuple[str, ...]:
    """Return what officers can do to the polls as they stand; after a restart they open once more, for the roll key."""
    if desk.role is not StaffRole.OFFICER or desk.status is None:
        return ()
    return {
        PollsState.CLOSED.value: ("polls-open",),
        PollsState.OPEN.value: ("polls-pause", "polls-close", "polls-open"),
        PollsState.PAUSED.value: ("polls-resume", "polls-close", "polls-open"),
    }.get(desk.status.polls, ())


def _tests(state: at.AtCounter, view: views.Tests, desk: CounterDesk, around: Surroundings) -> StatusScreen:
    text = around.text
    actions = tuple(Choice(test.value, text(f"staff.test.{test.value}")) for test in DeviceTest)
    return StatusScreen(
        _frame(state, around, text("counter.tests.heading"), back=True, code=view.code),
        _rows(result_lines(desk.results, text)),
        (*actions, Choice(counter_steps.REPORT, text("counter.do.report"))),
        page_words(around),
        _told(view.told, around),
    )


def _touch(state: at.AtCounter, view: views.TouchTest, around: Surroundings) -> ChoiceScreen:
    text = around.text
    targets = tuple(Choice(str(number), text("counter.touch.target", n=number)) for number in _targets())
    heading = text("counter.touch.heading", n=view.following + 1)
    return ChoiceScreen(_frame(state, around, heading, back=True), targets, paging=page_words(around))


def _targets() -> range:
    return range(1, counter_steps.TOUCH_TARGETS + 1)


def _judging(state: at.AtCounter, view: views.Judging, around: Surroundings) -> ChoiceScreen:
    text = around.text
    choices = (
        Choice(counter_steps.RIGHT, text("counter.judge.yes")),
        Choice(counter_steps.NOT_RIGHT, text("counter.judge.no")),
    )
    return ChoiceScreen(_frame(state, around, text(f"counter.judge.{view.test.value}")), choices)


def _reasons(state: at.AtCounter, around: Surroundings) -> ChoiceScreen:
    text = around.text
    choices = tuple(Choice(reason.value, text(f"closed.reason.{reason.value}")) for reason in ClosingReason)
    return ChoiceScreen(
        _frame(state, around, text("counter.reason.heading"), back=True), choices, paging=page_words(around)
    )


def _name(act: acts.StaffAct) -> str:
    """Return the button's name of a grave act."""
    return next(name for name, each in counter_steps.GRAVE.items() if each == act)


def _confirming(state: at.AtCounter, view: views.Confirming, around: Surroundings) -> MessageScreen:
    text, name = around.text, _name(view.act)
    heading = _frame(state, around, text(f"counter.confirm.{name}"), proceed=text(f"counter.do.{name}"), back=True)
    return MessageScreen(heading, (text(f"counter.confirm.{name}.what"),), Picture.HELP, Tone.WARNING)


def _other_person(state: at.AtCounter, view: views.OtherPersonAsked, around: Surroundings) -> MessageScreen:
    text = around.text
    told = [text(f"counter.agree.{_name(view.act)}"), text("counter.other.how")]
    if view.card_is_in:
        told.append(text("counter.other.take-yours"))
    heading = _frame(state, around, text("counter.other.heading"), stop=text("counter.leave"))
    return MessageScreen(heading, tuple(told), Picture.INSERT_CARD, Tone.WARNING)


def _finished(state: at.AtCounter, view: views.Finished, around: Surroundings) -> MessageScreen:
    text = around.text
    told = text("staff.told.failed") if view.code else text("staff.told.done")
    heading = _frame(state, around, text("counter.finished.heading"), stop=text("counter.leave"), code=view.code)
    tone = Tone.PROBLEM if view.code else Tone.GOOD
    return MessageScreen(heading, (told, text("take-card.now")), Picture.TAKE_CARD, tone)


def _assist(state: at.AtCounter, view: views.AssistMenu, around: Surroundings) -> ChoiceScreen:
    text = around.text
    steps = (step for step in AssistStep if step is not AssistStep.BEGAN)
    choices = tuple(
        Choice(
            step.value,
            text(f"assist.do.{step.value}"),
            hint="" if counter_assist.may_be_done(step, state.beneath) else text("assist.not-now"),
            is_available=counter_assist.may_be_done(step, state.beneath),
        )
        for step in steps
    )
    told = _told(view.told, around)
    introduction = " ".join(filter(None, (told, text("assist.covered"), text("assist.end"))))
    return ChoiceScreen(
        _frame(state, around, text("assist.heading"), code=view.code), choices, introduction, page_words(around)
    )


def _assist_language(state: at.AtCounter, around: Surroundings) -> ChoiceScreen:
    choices = tuple(
        Choice(language, text("language.endonym"), language=language) for language, text in around.texts.items()
    )
    return ChoiceScreen(
        _frame(state, around, around.text("language.heading"), back=True), choices, paging=page_words(around)
    )
