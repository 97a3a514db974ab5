# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A scripted person in front of the kiosk: looks, touches or types, and keeps pictures of what they see."""

import base64
import enum
import json
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from townhall_kiosk.errors import KioskError

_LOOK_EVERY_S = 0.01
_ANSWER_WITHIN_S = 20.0
_ACTS = frozenset({"touch", "reach", "scan", "step", "type", "stroke", "key"})


class PersonLostError(KioskError):
    """The person did not see what they waited for."""

    code = "TH-KIOS-005"


class Hands(enum.Enum):
    """How the person uses the window."""

    TOUCH = "touch"
    KEYBOARD = "reach"
    SWITCH = "scan"  # one switch and the mark that goes through the screen
    SWITCHES = "step"  # two: one moves the mark, the other takes what is marked

    @property
    def have_keyboard(self) -> bool:
        """Whether there is a keyboard of the desk to type on."""
        return self not in {Hands.SWITCH, Hands.SWITCHES}


@dataclass(frozen=True, slots=True)
class Sight:
    """What the person sees: the kind of screen, its heading, its step and its failure code."""

    kind: str
    heading: str
    step: str = ""
    code: str = ""


def _never(_seen: Sight) -> bool:
    return False


class Person:
    """Meets one visit window after another at ``socket_path``; the newest visible one is in front of them."""

    def __init__(self, socket_path: Path, hands: Hands = Hands.TOUCH) -> None:
        """Wait for windows in the background."""
        self.socket_path = socket_path
        self.hands = hands
        self.gives_up: Callable[[Sight], bool] = _never
        """Whether to stop waiting at this sight, because nothing better will come."""
        self._server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._server.bind(str(socket_path))
        self._server.listen()
        self._windows: list[socket.socket] = []
        self._mine: socket.socket | None = None
        self._lock = threading.Lock()
        threading.Thread(target=self._meet, daemon=True).start()

    def _meet(self) -> None:
        while True:
            try:
                window, _address = self._server.accept()
            except OSError:
                return
            window.settimeout(_ANSWER_WITHIN_S)
            with self._lock:
                self._windows.append(window)

    def close(self) -> None:
        """Go away."""
        self._server.close()
        with self._lock:
            for window in self._windows:
                window.close()

    def look(self) -> Sight:
        """Return what is on the newest visible window."""
        return self._look()[1]

    def _look(self) -> tuple[socket.socket | None, Sight]:
        for window in self._newest_first():
            seen = self._order(window, "look")
            if seen is not None and seen["kind"]:
                return window, Sight(**{key: str(value) for key, value in seen.items()})
        return None, Sight("", "")

    def wait_for(self, kind: str, heading: str = "", *, within_s: float = 30.0) -> Sight:
        """Look until a screen of ``kind`` (and ``heading``, if given) is there.

        Raises:
            PersonLostError: it did not come.
        """
        return self.wait_until(
            lambda seen: seen.kind == kind and (not heading or seen.heading == heading), f"{kind} {heading!r}", within_s
        )

    def wait_for_next_visit(self, *, within_s: float = 60.0) -> Sight:
        """Look until the attract screen of another visit is there than the one in which something was done last.

        The visit that ends shows one as well, for as long as its keeper needs to note that it is over: whoever switches
        the kiosk off in that instant cuts it off.

        Raises:
            PersonLostError: it did not come.
        """

        def is_next(_seen: Sight) -> bool:
            window, seen = self._look()
            return seen.kind == "AttractScreen" and window is not self._mine

        return self.wait_until(is_next, "the next visit", within_s)

    def wait_until(self, is_it: Callable[[Sight], bool], what: str, within_s: float = 30.0) -> Sight:
        """Look until ``is_it`` holds.

        Raises:
            PersonLostError: it did not come to hold.
        """
        deadline = time.monotonic() + within_s
        while True:
            window, seen = self._look()
            if is_it(seen):
                return seen
            if time.monotonic() > deadline or self.gives_up(seen):
                read = self._order(window, "read") if window is not None else None
                words = read["text"] if read is not None else ""
                raise PersonLostError(f"waited for {what}, saw {seen.kind} {seen.heading!r} {seen.code}: {words!r}")
            time.sleep(_LOOK_EVERY_S)

    def press(self, name: str) -> None:
        """Press the control that a screen reader calls ``name``, by touch or by keyboard alone.

        Raises:
            PersonLostError: there is no such control, or it is asleep.
        """
        if not self._front(self.hands.value, name)["done"]:
            raise PersonLostError(f"found nothing called {name!r} on {self.look()}")

    def type(self, text: str) -> None:
        """Type on the keyboard of the desk; who has switches only presses keys on the glass."""
        if self.hands.have_keyboard:
            self._front("type", text)
        else:
            self.press_signs(text.replace("\t", ""))

    def scan(self, code: str) -> None:
        """Hold a code to the scanner, which types it and ends with Enter, whatever the person's own hands do."""
        self._front("type", code)
        self.key("Return")

    def press_signs(self, signs: str) -> None:
        """Press keys on the glass; turn to the other page of the keyboard where a sign is not on this one."""
        for sign in signs:
            if sign not in self.read().splitlines():
                self.press("123" if sign.isdecimal() else "ABC")
            self.press(sign)

    def key(self, name: str) -> None:
        """Press one key of a keyboard, by Qt's name for it."""
        self._front("stroke", name)

    def press_keys(self, sequence: str) -> None:
        """Press keys of the desk's keyboard together, such as Ctrl+C."""
        self._front("key", sequence)

    def read(self) -> str:
        """Return all words in the window, as a screen reader finds them."""
        return str(self._front("read")["text"])

    def standby_window(self) -> Callable[[], str]:
        """Return what tells the kind of screen in the window that connected last; empty while that is hidden."""
        window = self._newest_first()[0]

        def shown() -> str:
            seen = self._order(window, "look")
            return str(seen["kind"]) if seen is not None else ""

        return shown

    def touches(self) -> list[float]:
        """Return, for each touch of the window in front, the seconds until what followed from it was painted."""
        seconds = self._front("touches")["seconds"]
        return [float(each) for each in seconds] if isinstance(seconds, list) else []

    def picture(self) -> bytes:
        """Return the window as PNG."""
        return base64.b64decode(str(self._front("picture")["png"]))

    def _front(self, order: str, argument: str = "") -> dict[str, object]:
        """Give an order to the window in front; between two visits there is none for a moment."""
        deadline = time.monotonic() + _ANSWER_WITHIN_S
        while time.monotonic() < deadline:
            for window in self._newest_first():
                seen = self._order(window, "look")
                answer = self._order(window, order, argument) if seen is not None and seen["kind"] else None
                if answer is not None:
                    self._mine = window if order in _ACTS else self._mine
                    return answer
            if self.gives_up(Sight("", "")):
                break
            time.sleep(_LOOK_EVERY_S)
        raise PersonLostError("no window is there")

    def _newest_first(self) -> list[socket.socket]:
        with self._lock:
            return list(reversed(self._windows))

    def _order(self, window: socket.socket, order: str, argument: str = "") -> dict[str, object] | None:
        try:
            window.sendall(json.dumps({"order": order, "argument": argument}).encode() + b"\n")
            return self._answer(window)
        except (OSError, ValueError):
            with self._lock:
                if window in self._windows:
                    self._windows.remove(window)
            window.close()
            return None

    @staticmethod
    def _answer(window: socket.socket) -> dict[str, object]:
        received = b""
        while not received.endswith(b"\n"):
            data = window.recv(1 << 20)
            if not data:
                raise ConnectionResetError
            received += data
        answer: dict[str, object] = json.loads(received)
        return answer
