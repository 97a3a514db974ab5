# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The screens of a repeat: how many there are, one more, change one, remove one; and whether one really goes."""

from townhall_forms.questions import Question, RepeatState
from townhall_forms.repeats import MAX_INSTANCES
from townhall_forms.session import FormSession
from townhall_kiosk.visit.asking import RepeatChange, choice_of
from townhall_kiosk.visit.presenters.frames import frame, page_words
from townhall_kiosk.visit.surroundings import Surroundings
from townhall_ui.screens import Choice, ChoiceScreen


def repeat(asked: RepeatState, form: FormSession, around: Surroundings, step: str) -> ChoiceScreen:
    """Return the screen of one repeat; ``step`` tells how far the person is."""
    text, count = around.text, len(asked.instances)
    add = Choice(choice_of(RepeatChange.ADD, asked), text("repeat.add-another") if count else text("repeat.add"))
    names = instance_names(asked, form)
    choices = [add] if count < MAX_INSTANCES else []
    for ref, name in names.items():
        choices.append(Choice(choice_of(RepeatChange.CHANGE, asked, ref), text("repeat.change", name=name)))
        choices.append(Choice(choice_of(RepeatChange.REMOVE, asked, ref), text("repeat.remove", name=name)))
    heading = asked.label or text("repeat.heading")
    return ChoiceScreen(
        frame(around, heading, proceed=text("button.continue"), back=True, stop=True, step=step),
        tuple(choices),
        introduction=how_many(asked, around),
        paging=page_words(around),
    )


def removal(asked: RepeatState, instance: str, form: FormSession, around: Surroundings, step: str) -> ChoiceScreen:
    """Return the screen that asks once more before an instance goes with all its answers."""
    text = around.text
    return ChoiceScreen(
        frame(around, text("repeat.remove-this", name=instance_names(asked, form)[instance]), stop=True, step=step),
        (
            Choice(choice_of(RepeatChange.KEEP, asked, instance), text("repeat.keep")),
            Choice(choice_of(RepeatChange.REMOVE_NOW, asked, instance), text("repeat.remove-now")),
        ),
    )


def how_many(asked: RepeatState, around: Surroundings) -> str:
    """Return the count in words."""
    count = len(asked.instances)
    return around.text.counted("repeat.count", count) if count else around.text("repeat.none")


def instance_names(asked: RepeatState, form: FormSession) -> dict[str, str]:
    """Return what each instance is called, by its ref: its number, and its first answer where it has one."""
    lines = form.answers()
    names: dict[str, str] = {}
    for number, ref in enumerate(asked.instances, 1):
        first = next((line.shown for line in lines if line.shown and line.ref.startswith(f"{ref}/")), "")
        names[ref] = f"{number}. {first}" if first else str(number)
    return names


def instance_of(asked: Question, form: FormSession) -> str:
    """Return which instance of which repeat a question is in ("Person 2"); empty outside of any."""
    around = next((each for each in form.repeats() if asked.repeat in each.instances), None)
    if around is None:
        return ""
    return f"{around.label} {around.instances.index(asked.repeat) + 1}".strip()
