# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Ears and fingers of somebody who cannot see: what is said is all they learn, keys are all they press.

What the window shows is never looked at.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from townhall_kiosk.demo.person import Person, PersonLostError
from townhall_kiosk.simulation.speech_server import Heard, SimulatedSpeechService

_WITHIN_S = 60.0
_MOST_TABS = 80
_KEY_NAMES = {" ": "Space", "-": "Minus", ",": "Comma", ".": "Period"}


@dataclass(slots=True)
class EarsAndFingers:
    """``ears`` is the service that would speak; of ``fingers`` the keys alone are used."""

    ears: SimulatedSpeechService
    fingers: Person
    select: str = "Space"
    """The key that presses what has the focus; a keypad has Return alone."""
    at_pins: list[str] = field(default_factory=list)
    """All that was said while a PIN or an access number was being entered."""
    _read_to: int = 0

    def enter(self, *beginnings: str, is_whole: bool = True) -> str:
        """Listen until a screen is read that begins with one of these words, and have it read again to the end.

        Raises:
            PersonLostError: it was not read. So do all methods here.
        """

        def found() -> str | None:
            new = self.ears.record[self._read_to :]
            texts = (heard.text for heard in new if heard is not None)
            return next((each for each in texts if each.startswith(beginnings)), None)

        self._wait(lambda: found() is not None, f"one of {beginnings}")
        told = found() or ""
        return self.press("F5") if is_whole else told

    def press_on(self, name: str) -> None:
        """Go on with the Tab key until the focus is told to be on ``name``, and press it: another screen follows."""
        self.go_to(name)
        self._read_to = len(self.ears.record)
        self.fingers.key(self.select)

    def choose(self, name: str, role: str, *, turning: str = "") -> str:
        """Go on until the focus is on a choice whose name has these words, press it, and return what is said then.

        ``role`` is what such a thing is called; ``turning`` is the button that leads to further ones, if there is one.
        """
        for _ in range(_MOST_TABS):
            told = self.press("Tab")
            said, is_one, _ = told.partition(f", {role},")
            if is_one and name in said:
                return self.press(self.select)
            if turning and told.startswith(f"{turning},"):
                heard = len(self.ears.texts)
                self.fingers.key(self.select)
                self._wait(partial(self._has_more_than, heard), "the next choices")
        raise PersonLostError(f"never heard {name!r}")

    def go_to(self, name: str) -> None:
        """Go on with the Tab key until the focus is told to be on ``name``."""
        for _ in range(_MOST_TABS):
            if self.press("Tab").startswith(f"{name},"):
                return
        raise PersonLostError(f"never heard {name!r}")

    def give_pin(self, heading: str, pin: str) -> None:
        """Enter digits where a screen of this heading asks for them."""
        self.enter(heading)
        before = len(self.ears.record)
        for digit in pin:
            heard = len(self.ears.texts)
            self.fingers.key(digit)
            self._wait(partial(self._has_more_than, heard), "a word about a digit")
        self.at_pins += [heard.text for heard in self.ears.record[before:] if heard is not None]
        self._read_to = len(self.ears.record)
        self.fingers.key("Return")

    def give_number(self, heading: str, number: str) -> None:
        """Enter a number that may be heard where a screen of this heading asks for it; each digit is said back."""
        self.enter(heading)
        for digit in number:
            if (said := self.press(digit)) != digit:
                raise PersonLostError(f"typed {digit!r} and heard {said!r}")
        if " ".join(number) not in (told := self.press("Backtab") + self.press("Tab")):
            raise PersonLostError(f"the whole number was not said: {told!r}")
        self.look_up()
        self.fingers.key("Return")

    def look_up(self) -> None:
        """Listen to what comes from now on."""
        self._read_to = len(self.ears.record)

    def type(self, words: str) -> None:
        """Type into the field that has the focus, sign by sign."""
        for sign in words:
            self.press(_KEY_NAMES.get(sign, sign.upper()), sign)

    def press(self, key: str, sign: str = "") -> str:
        """Press a key and return what is said then; letters are typed as they are."""
        silences = self.ears.record.count(None)

        def is_answered() -> bool:
            record = self.ears.record
            return record.count(None) > silences and record[-1] is not None

        if sign:
            self.fingers.type(sign)
        else:
            self.fingers.key(key)
        self._wait(is_answered, f"an answer to {key}")
        record = list(self.ears.record)
        last_silence = len(record) - 1 - record[::-1].index(None)
        first = record[last_silence + 1]
        return first.text if isinstance(first, Heard) else ""

    def _has_more_than(self, count: int) -> bool:
        return len(self.ears.texts) > count

    def _wait(self, is_it: Callable[[], bool], what: str) -> None:
        if not self.ears.wait_until(lambda _record: is_it(), _WITHIN_S):
            raise PersonLostError(f"listened for {what}; last heard: {self.ears.texts[-3:]}")
