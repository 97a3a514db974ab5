# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What each step of checking a document leads to: the functions behind rows of ``staff.counter``; all pure."""

from typing import Final

from townhall_kiosk import events as on
from townhall_kiosk.document_check import effects as make
from townhall_kiosk.document_check import events as happened
from townhall_kiosk.document_check import views
from townhall_kiosk.events import Event
from townhall_kiosk.staff.counter_steps import show
from townhall_kiosk.staff.views import Menu
from townhall_kiosk.states import AtCounter
from townhall_kiosk.steps import Step

ANOTHER: Final = "another"
"""Id of the button that begins anew."""


def zone_given(state: AtCounter, event: happened.ZoneGiven) -> Step:
    """Look at what was typed, and then at the chip."""
    return show(state, views.DocumentBeingRead(), make.CheckDocument(state.reader, event.typed))


def look_again(state: AtCounter, _event: Event) -> Step:
    """The same zone, and whatever is in the readers now."""
    return show(state, views.DocumentBeingRead(), make.CheckDocument(state.reader))


def mistyped(state: AtCounter, event: happened.ZoneMistyped) -> Step:
    """Ask again; what was typed stays to be mended."""
    return show(state, views.ZoneAsked(event.mistakes))


def missing(state: AtCounter, event: happened.DocumentMissing) -> Step:
    """Ask for the document."""
    return show(state, views.DocumentAsked(event.are_several))


def failed(state: AtCounter, event: happened.DocumentFailed) -> Step:
    """Say why; the zone is still there."""
    return show(state, views.DocumentNotRead(event.problem))


def checked(state: AtCounter, _event: happened.DocumentChecked) -> Step:
    """Show it."""
    return show(state, views.DocumentShown())


def picked(state: AtCounter, event: on.Picked) -> Step:
    """Begin with another document: nothing of this one stays."""
    return show(state, views.ZoneAsked(), make.ForgetDocument()) if event.id == ANOTHER else Step(state)


def to_zone(state: AtCounter, _event: Event) -> Step:
    """Go back to what was typed."""
    return show(state, views.ZoneAsked())


def to_menu(state: AtCounter, _event: Event) -> Step:
    """Go back to the menu; nothing of the document stays."""
    return show(state, Menu(), make.ForgetDocument())
