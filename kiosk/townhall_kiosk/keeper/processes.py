# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""How this kiosk's other processes are started: as the keeper's own children, or as users of their own."""

from functools import partial
from pathlib import Path

from townhall_kiosk.home import Settings
from townhall_kiosk.keeper.running_visit import Processes
from townhall_process.activation import activate
from townhall_process.child import python_module, start

VISIT_MODULE = "townhall_kiosk.visit"
CARD_MODULE = "townhall_smartcard.card_process"
PICTURE_MODULE = "townhall_smartcard.picture.picture_process"


def own_children(settings: Settings, module: str = VISIT_MODULE, arguments: tuple[str, ...] = ()) -> Processes:
    """Start them as the keeper's user: development, demo, tests."""
    visit = python_module(module, *arguments, *_panel(settings))
    card = partial(start, python_module(CARD_MODULE, *pads(settings)))
    return Processes(partial(start, visit), card, partial(start, python_module(PICTURE_MODULE)))


def other_users(settings: Settings, sockets: Path) -> Processes:
    """Have the service manager start them, each as its own user, behind ``visit``, ``card`` and ``picture`` there."""
    card = partial(activate, sockets / "card", pads(settings))
    picture = partial(activate, sockets / "picture", ())
    return Processes(partial(activate, sockets / "visit", _panel(settings)), card, picture)


def pads(settings: Settings) -> tuple[str, ...]:
    """Return what a card process is told of readers' keys."""
    used = () if settings.pin_pads else ("--no-pin-pads",)
    return (*used, *(f"--no-pin-pad-at={name}" for name in settings.no_pin_pad_at))


def _panel(settings: Settings) -> tuple[str, ...]:
    size = ("--size", settings.window) if settings.window else ()
    ppi = ("--ppi", str(settings.ppi)) if settings.ppi else ()
    return (*size, *ppi)
