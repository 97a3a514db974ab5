# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Simulators of the kiosk's own ports: a time turned by hand, a display that remembers, an outbox and a printer.

Those of the other ports are in the parts that speak to the world: cards in ``townhall_smartcard.simulation``, the
centre in ``townhall_sync.simulator``.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from townhall_crypto.device_key import DeviceKey
from townhall_kiosk.receipt import ReceiptFacts, SignedReceipt, sign_receipt
from townhall_kiosk.speech.voice import Voice
from townhall_smartcard.emrtd.lds.pictures import Picture
from townhall_smartcard.picture.client import open_in_child
from townhall_smartcard.picture.messages import PictureRefusal, Pixels
from townhall_sync.clock import SimulatedClock
from townhall_ui.screens import Screen
from townhall_ui.ways import Ways


class HandAlarm:
    """Implements ``Alarm``."""

    def __init__(self, at_s: float, callback: Callable[[], None]) -> None:
        """Ring at ``at_s`` on the timer's own clock."""
        self.at_s = at_s
        self.callback = callback
        self.is_cancelled = False

    def cancel(self) -> None:
        """Never ring."""
        self.is_cancelled = True


class HandTimer:
    """Implements ``Timer``; its time passes when told."""

    def __init__(self) -> None:
        """Begin at 0 s."""
        self.now_s = 0.0
        self._alarms: list[HandAlarm] = []

    def call_later(self, delay: float, callback: Callable[[], None], /) -> HandAlarm:
        """Set an alarm."""
        alarm = HandAlarm(self.now_s + delay, callback)
        self._alarms.append(alarm)
        return alarm

    def pass_time(self, seconds: float) -> None:
        """Let time pass; alarms ring in their order, also those that others set."""
        until = self.now_s + seconds
        while alarm := self._next(until):
            self._alarms.remove(alarm)
            self.now_s = alarm.at_s
            alarm.callback()
        self.now_s = until

    @property
    def set_alarms(self) -> int:
        """How many alarms would still ring."""
        return sum(not alarm.is_cancelled for alarm in self._alarms)

    def _next(self, until: float) -> HandAlarm | None:
        due = (alarm for alarm in self._alarms if not alarm.is_cancelled and alarm.at_s <= until)
        return min(due, key=lambda alarm: alarm.at_s, default=None)


class StandingClock(SimulatedClock):
    """Implements ``Clock``; stands at one moment, by default this one."""

    def __init__(self, moment: datetime | None = None) -> None:
        """Stand at ``moment``, which has an offset."""
        self.moment = (moment or datetime.now(UTC).astimezone()).replace(microsecond=0)
        super().__init__(int(self.moment.timestamp()))

    def now(self) -> datetime:
        """Return the moment, moved on by what has passed since."""
        return self.moment + timedelta(seconds=self.seconds)


class RecordingDisplay:
    """Implements ``Display``; remembers all that was shown."""

    def __init__(self) -> None:
        """Show nothing yet."""
        self.screens: list[Screen] = []
        self.changed = asyncio.Event()
        """Set by every screen; whoever waits clears it."""
        self.ways = Ways()

    def use(self, ways: Ways) -> None:
        """Look like this."""
        self.ways = ways

    def show_screen(self, screen: Screen) -> None:
        """Show a screen."""
        self.screens.append(screen)
        self.changed.set()

    @property
    def current(self) -> Screen:
        """What is on the glass."""
        return self.screens[-1]


@dataclass(frozen=True, slots=True)
class Said:
    """One text that was read to a person."""

    text: str
    language: str
    is_urgent: bool
    voice: Voice


class RecordingSpeech:
    """Implements ``Speech``; remembers what was said, and when it fell silent (None)."""

    def __init__(self) -> None:
        """Say nothing yet."""
        self.record: list[Said | None] = []
        self.voice = Voice()

    def say(self, text: str, language: str, *, is_urgent: bool) -> None:
        """Remember a text."""
        if text.strip():
            self.record.append(Said(text, language, is_urgent, self.voice))

    def stop(self) -> None:
        """Remember the silence."""
        self.record.append(None)

    def use(self, voice: Voice) -> None:
        """Speak like this."""
        self.voice = voice

    @property
    def texts(self) -> list[str]:
        """What was said, in order."""
        return [said.text for said in self.record if said is not None]


class SimulatedOutbox:
    """Implements ``Outbox`` in memory."""

    def __init__(self, key: DeviceKey, place: str = "Library", kiosk: str = "kiosk-1") -> None:
        """Sign receipts with ``key``."""
        self._key = key
        self._place = place
        self._kiosk = kiosk
        self.sealed: list[bytes] = []
        self.refusal = ""
        """The code of why nothing can be stored; empty: it can."""
        self.is_open = asyncio.Event()
        """Cleared, the disk takes its time."""
        self.is_open.set()

    async def commit(self, sealed: bytes, service: str) -> SignedReceipt | str:
        """Keep the payload and return a receipt, or return ``refusal``."""
        await self.is_open.wait()
        if self.refusal:
            return self.refusal
        self.sealed.append(sealed)
        count = len(self.sealed)
        facts = ReceiptFacts(
            number=f"0000-0000-{count:04d}",
            service=service,
            place=self._place,
            date="2026-11-22T09:30+02:00",
            kiosk=self._kiosk,
            envelope=f"{count:064x}",
            checkpoint=f"kiosk-1/log\n{count}\n",
        )
        return sign_receipt(facts, self._key)


class SimulatedPrinter:
    """Implements ``Printer`` in memory."""

    def __init__(self) -> None:
        """Begin with an empty tray."""
        self.sheets: list[bytes] = []
        self.trouble = ""
        """The code of why nothing comes out; empty: it prints."""
        self.asked = 0
        self.changed = asyncio.Event()
        """Set by every request; whoever waits clears it."""

    async def print(self, pdf: bytes) -> str:
        """Put a sheet in the tray, or return the code of why not."""
        self.asked += 1
        self.changed.set()
        if self.trouble:
            return self.trouble
        self.sheets.append(pdf)
        return ""


class ChildPictures:
    """Implements ``PictureOpener`` with the very process that a kiosk has, as a child of this one."""

    async def open_picture(self, picture: Picture) -> Pixels | PictureRefusal:
        """Unpack a picture there."""
        return await open_in_child(picture)
