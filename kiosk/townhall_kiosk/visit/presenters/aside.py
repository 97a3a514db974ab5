# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Screens that lie over the one where the person was: ways to use the kiosk, and help on its way."""

from collections.abc import Iterator
from dataclasses import replace

from townhall_kiosk.visit.presenters.frames import frame, page_words
from townhall_kiosk.visit.surroundings import Hearing, Surroundings
from townhall_kiosk.visit.ways import AXES, REPEAT, SPEECH, name_of
from townhall_ui.screens import Choice, Frame, MessageScreen, Picture, Tone, WaysGroup, WaysScreen
from townhall_ui.ways import Switches

_HEARD_ONLY = frozenset({"volume", "rate"})


def choosing_ways(below: Frame, around: Surroundings) -> WaysScreen:
    """All that one person may want otherwise; who could stop on the screen ``below`` can stop here."""
    text = around.text
    told = [text("ways.introduction")]
    if around.hearing is Hearing.NO_HEADPHONES:
        told.append(text("ways.headphones"))
    elif around.hearing is Hearing.NO_SPEECH:
        told.append(text("ways.no-speech"))
    heading = frame(around, text("ways.heading"), proceed=text("ways.done"), stop=below.stop is not None, ways=False)
    return WaysScreen(heading, tuple(_groups(around)), " ".join(told), page_words(around))


def _groups(around: Surroundings) -> Iterator[WaysGroup]:
    text = around.text
    is_heard = around.hearing is Hearing.HEARD
    for group, axis in AXES.items():
        if group in _HEARD_ONLY and not is_heard:
            continue
        if group == "speed" and around.ways.look.scanning.switches is not Switches.ONE:
            continue
        now = axis.now(around.ways)
        choices = tuple(
            Choice(name_of(way), text(f"ways.{group}.{name_of(way)}"), is_chosen=way is now) for way in axis.kind
        )
        yield WaysGroup(group, text(f"ways.{group}"), choices)
    if is_heard:
        again = Choice(REPEAT, text("ways.speech.repeat"))
        yield WaysGroup(SPEECH, text("ways.speech"), (again,))


def help_coming(below: Frame, around: Surroundings) -> MessageScreen:
    """A member of staff was called: what happens next."""
    text = around.text
    heading = frame(around, text("help.heading"), proceed=text("help.done"), stop=below.stop is not None)
    paragraphs = [text("help.called"), text("help.meanwhile"), text("help.pin")]
    if around.elsewhere:
        paragraphs.append(around.elsewhere)
    return MessageScreen(replace(heading, help=None), tuple(paragraphs), Picture.HELP, Tone.GOOD)
