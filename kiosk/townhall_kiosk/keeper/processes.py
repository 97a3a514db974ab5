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


def own_children(settings: Settings, module: str = VISIT_MODULE, arguments: tuple[str, ...] = ()) -> Processes:
    """Start them as the keeper's user: development, demo, tests."""
    visit = python_module(module, *arguments, *_panel(settings))
    return Processes(partial(start, visit), partial(start, python_module(CARD_MODULE)))


def other_users(settings: Settings, sockets: Path) -> Processes:
    """Have the service manager start them, each as its own user, behind ``visit`` and ``card`` in this folder."""
    return Processes(partial(activate, sockets / "visit", _panel(settings)), partial(activate, sockets / "card", ()))


def _panel(settings: Settings) -> tuple[str, ...]:
    size = ("--size", settings.window) if settings.window else ()
    ppi = ("--ppi", str(settings.ppi)) if settings.ppi else ()
    return (*size, *ppi)
