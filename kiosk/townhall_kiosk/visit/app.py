# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The visit process: Qt's application, the window, and the loop that plays the visit in it."""

import argparse
import asyncio
import logging
import os
import traceback
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import qasync
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QImage
from PySide6.QtWidgets import QApplication

from townhall_fonts import FONT_DIRECTORY, FONT_FILES
from townhall_kiosk.visit.keeper_link import KeeperLink
from townhall_kiosk.visit.stage import Panel, Stage
from townhall_process import sandbox
from townhall_process.child import live_as_child, take_end
from townhall_process.errors import ChannelClosedError
from townhall_process.service_manager import ServiceManager
from townhall_ui.screens import Active, Intent
from townhall_ui.theme import Theme
from townhall_ui.window import Window

_log = logging.getLogger(__name__)

EXIT_BUG = 70  # sysexits.h, EX_SOFTWARE


class VisitApp:
    """One window and what listens to it."""

    def __init__(self, application: QApplication, *, size: tuple[int, int] | None, ppi: float) -> None:
        """Build the hidden window; ``size`` None means the whole panel, ``ppi`` 0 means as the panel says."""
        self._size = size
        self._listener: Callable[[Intent], None] = _nobody_listens
        screen = application.primaryScreen()
        self.window = Window(Theme(ppi or screen.physicalDotsPerInch(), FONT_FILES), self._on_intent)

    def panel(self) -> Panel:
        """Return the screen as the stage knows it."""
        return Panel(self.window, self._show, self._listen, self._hear, self._warm, QApplication.beep)

    def _warm(self, png: bytes) -> None:
        """Have Qt look for its plug-ins of pictures and of accessibility while it still may."""
        QImage.fromData(png)
        QAccessible.queryAccessibleInterface(self.window)

    def _on_intent(self, intent: Intent) -> None:
        self._listener(intent)

    def _hear(self, listener: Callable[[str, str, bool], None]) -> None:
        self.window.spoken.connect(listener)

    def _listen(self, listener: Callable[[Intent], None]) -> None:
        self._listener = listener

    def _show(self) -> None:
        if self._size is None:
            self.window.setCursor(Qt.CursorShape.BlankCursor)
            self.window.resize(self.window.screen().size())  # the first picture already, before a compositor says so
            self.window.showFullScreen()
        else:
            self.window.resize(*self._size)
            self.window.show()
        self.window.repaint()


def _nobody_listens(intent: Intent) -> None:
    if not isinstance(intent, Active):
        _log.warning("%s before the visit began", type(intent).__name__)


def main(arguments: Sequence[str], on_window: Callable[[Window], None] | None = None) -> int:
    """Play one visit; the last argument is the channel's file descriptor. Return the exit status.

    ``on_window`` is told of the window before anything is shown: the demo's scripted person sits there.
    """
    parser = argparse.ArgumentParser(prog="townhall visit")
    parser.add_argument("--size", type=_size, default=None, help="WIDTHxHEIGHT in pixels; default: the whole panel")
    parser.add_argument("--ppi", type=float, default=0.0, help="pixels an inch of the panel; default: as it says")
    parser.add_argument("channel", type=int)
    options = parser.parse_args(arguments)
    live_as_child()
    application = QApplication([])
    app = VisitApp(application, size=options.size, ppi=options.ppi)
    if on_window is not None:
        on_window(app.window)
    lock = partial(sandbox.lock, sandbox.Rights.NOTHING_NEW)
    stage = Stage(KeeperLink(take_end(arguments)), app.panel(), Path(FONT_DIRECTORY), lock)
    loop = qasync.QEventLoop(application)
    loop.set_exception_handler(_end_on_bug)
    manager = ServiceManager()
    beating = loop.create_task(manager.beat())  # a window that does not answer any more is ended from outside
    try:
        loop.run_until_complete(stage.run())
    except ChannelClosedError:
        return 0
    finally:
        beating.cancel()
        manager.close()
    return 0


def _end_on_bug(_loop: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
    """Leave at once: leaving is the wipe. The error's text may hold an answer: only its type and place are logged."""
    error = context.get("exception")
    if isinstance(error, ChannelClosedError):
        os._exit(0)
    trace = traceback.extract_tb(error.__traceback__) if isinstance(error, BaseException) else []
    where = " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(trace))
    _log.critical("bug in the visit: %s at %s", type(error).__name__, where)
    os._exit(EXIT_BUG)


def _size(text: str) -> tuple[int, int]:
    width, height = text.split("x")
    return int(width), int(height)
