# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a clerk does for the person whose visit is beneath the counter: five steps, each allowed by the keeper first."""

from typing import Final

from townhall_kiosk import effects as do
from townhall_kiosk import events as on
from townhall_kiosk import states as at
from townhall_kiosk.events import Event
from townhall_kiosk.staff import acts, views
from townhall_kiosk.staff.acts import AssistStep
from townhall_kiosk.staff.counter_steps import show
from townhall_kiosk.states import AtCounter, Outcome, State
from townhall_kiosk.steps import Step

TOLD_STEPS: Final = (AssistStep.MORE_TIME, AssistStep.LANGUAGE, AssistStep.TEXT_SIZE, AssistStep.PRINTED)
"""Steps after which a clerk is told that they were done."""

_ENDING: Final = (do.LeaveCounter(), do.Forget())


def help_picked(state: AtCounter, event: on.Picked) -> Step:
    """Ask the keeper whether this step may be done."""
    steps = {each.value: each for each in AssistStep}
    step = steps.get(event.id)
    if step is AssistStep.LANGUAGE:
        return show(state, views.AssistLanguage())
    if step is None or step is AssistStep.BEGAN or not may_be_done(step, state.beneath):
        return Step(state)
    return show(state, views.Assisting(step), do.DoStaffAct(acts.Assist(step)))


def may_be_done(step: AssistStep, beneath: State | None) -> bool:
    """Tell whether a step fits where the person is: a visit at work is not ended, and only a receipt is printed."""
    match step:
        case AssistStep.PRINTED:
            return isinstance(at.beneath(beneath) if beneath else None, at.ShowingReceipt | at.PreviousEnded)
        case AssistStep.ENDED_VISIT:
            return isinstance(beneath, at.Asking | at.ChoosingWays | at.HelpComing)
        case _:
            return True


def language_picked(state: AtCounter, event: on.LanguageChosen) -> Step:
    """The same for a language."""
    step = AssistStep.LANGUAGE
    return show(state, views.Assisting(step, event.language), do.DoStaffAct(acts.Assist(step)))


def assisted(state: AtCounter, event: on.StaffActDone) -> Step:  # noqa: PLR0911  # one line a step
    """Do what the keeper has allowed."""
    view = state.view
    if not isinstance(view, views.Assisting) or event.act != acts.Assist(view.step):
        return Step(state)
    if event.code:
        return show(state, views.AssistMenu("staff.told.failed", event.code))
    match view.step:
        case AssistStep.BEGAN:
            return show(state, views.AssistMenu(), do.Chime())
        case AssistStep.MORE_TIME:
            return show(state, views.AssistMenu("assist.told.more-time"), do.GiveMoreTime())
        case AssistStep.LANGUAGE:
            return show(state, views.AssistMenu("assist.told.language"), do.UseLanguage(view.choice))
        case AssistStep.TEXT_SIZE:
            return show(state, views.AssistMenu("assist.told.text-size"), do.UseLargerText())
        case AssistStep.PRINTED:
            return show(state, views.AssistMenu("assist.told.printed"), do.PrintReceipt())
        case AssistStep.ENDED_VISIT:
            return _end_visit(state)


def _end_visit(state: AtCounter) -> Step:
    """End the person's visit as if they had stopped, or left their receipt; the card is theirs to take."""
    below = at.beneath(state.beneath) if state.beneath is not None else None
    if isinstance(below, at.ShowingReceipt):
        return Step(at.TakingCard(Outcome.STORED) if below.card_is_in else at.Thanked(Outcome.STORED), _ENDING)
    if below is not None and below.card is at.CardNeed.VISIT:
        return Step(at.TakingCard(Outcome.NOTHING_SENT), _ENDING)
    return Step(at.Ended(Outcome.NOTHING_SENT), (*_ENDING, do.EndVisit(Outcome.NOTHING_SENT)))


def to_assist_menu(state: AtCounter, _event: Event) -> Step:
    """Go back to what can be done."""
    return show(state, views.AssistMenu())
