# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the kiosk asks of the world; each port has an adapter and a simulator that pass the same contract tests.

Two ports live with the part that asks: ``CentralService`` in ``townhall_sync.central_service`` and ``DeviceKey`` in
``townhall_crypto.device_key``.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Protocol

from townhall_kiosk.receipt import SignedReceipt
from townhall_smartcard.messages import CardContents, Failed, PinOutcome, ReadersChanged, ServiceChanged
from townhall_ui.screens import Screen


class CardReader(Protocol):
    """Readers and the cards in them."""

    async def next_event(self) -> ReadersChanged | ServiceChanged:
        """Wait for a card or reader to come or go; raises ``ChannelClosedError`` when the card process ended."""


class IdentityCard(Protocol):
    """What a card tells of its holder."""

    async def read(self, reader: str) -> CardContents | Failed:
        """Read everything that needs no PIN."""

    async def authenticate(
        self, reader: str, pin: bytearray, digest: bytes, *, last_try_confirmed: bool = False
    ) -> PinOutcome:
        """Sign ``digest`` (48 bytes) after PIN 1; wipes ``pin``."""


class SigningCard(Protocol):
    """What a card signs for its holder."""

    async def sign(self, reader: str, pin: bytearray, digest: bytes, *, last_try_confirmed: bool = False) -> PinOutcome:
        """Sign ``digest`` (48 bytes) after PIN 2; wipes ``pin``."""


class Cards(CardReader, IdentityCard, SigningCard, Protocol):
    """All three, as one card process offers them."""


class DocumentSigner(Protocol):
    """Turns a document into a signed one with one signature of a card."""

    async def __call__(  # noqa: PLR0913  # keyword-only; what ETSI EN 319 142-1 asks for
        self,
        pdf: bytes,
        *,
        certificate: bytes,
        chain: Sequence[bytes],
        sign_digest: Callable[[bytes], Awaitable[bytes]],
        signed_at: datetime,
        tooltip: str,
    ) -> bytes:
        """Return the signed document."""


class Outbox(Protocol):
    """Makes sealed payloads durable."""

    async def commit(self, sealed: bytes, service: str) -> SignedReceipt | str:
        """Return the receipt once the payload is durable, or the code of why it is not."""


class Printer(Protocol):
    """Puts receipts on paper."""

    async def print(self, pdf: bytes) -> str:
        """Print one PDF; return an empty text, or the code of why not."""


class Display(Protocol):
    """Shows screens; what the person does comes back as intents."""

    def show_screen(self, screen: Screen) -> None:
        """Show ``screen`` in place of what was there."""


class Clock(Protocol):
    """The time; wrong clocks happen, so nothing depends on it alone."""

    def now(self) -> datetime:
        """Return the local time, with its offset."""

    def wall(self) -> int:
        """Return Unix seconds."""

    def monotonic_ns(self) -> int:
        """Return nanoseconds that only grow while the machine runs."""


class Randomness(Protocol):
    """Bytes that nobody can guess."""

    def __call__(self, count: int, /) -> bytes:
        """Return ``count`` random bytes."""


class Alarm(Protocol):
    """One pending call of a ``Timer``."""

    def cancel(self) -> None:
        """Do not call any more."""


class Timer(Protocol):
    """Calls back later, in the loop of the caller."""

    def call_later(self, delay: float, callback: Callable[[], None], /) -> Alarm:
        """Call ``callback`` once after ``delay`` seconds."""
