# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the kiosk asks of the world; each port has an adapter and a simulator that pass the same contract tests.

Two ports live with the part that asks: ``CentralService`` in ``townhall_sync.central_service`` and ``DeviceKey`` in
``townhall_crypto.device_key``.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from townhall_crypto.card_signature import CardAlgorithm
from townhall_kiosk.receipt import SignedReceipt
from townhall_kiosk.speech.voice import Voice
from townhall_kiosk.staff.messages import Answer, ToOffice
from townhall_kiosk.voting.messages import FromPolls, ToPolls
from townhall_smartcard.camera.messages import ImageRefusal, ZoneSeen
from townhall_smartcard.emrtd.lds.pictures import Picture
from townhall_smartcard.emrtd.mrz_entry import ZoneRefused
from townhall_smartcard.emrtd.pace import PacePassword
from townhall_smartcard.messages import (
    AgreementOutcome,
    AtReader,
    DocumentOutcome,
    PinOutcome,
    PinRole,
    Reader,
    ReadersChanged,
    ReadOutcome,
    ReplacementOutcome,
    ServiceChanged,
)
from townhall_smartcard.picture.messages import PictureRefusal, Pixels
from townhall_smartcard.pin_replacement import PinReplacement
from townhall_ui.screens import Screen
from townhall_ui.ways import Ways


class CardReader(Protocol):
    """Readers and the cards in them."""

    @property
    def readers(self) -> tuple[Reader, ...]:
        """All readers as they were last heard to be."""

    async def next_event(self) -> ReadersChanged | ServiceChanged:
        """Wait for a card or reader to come or go; raises ``ChannelClosedError`` when the card process ended."""


class IdentityCard(Protocol):
    """What a card tells of its holder."""

    async def read(self, reader: str) -> ReadOutcome:
        """Read everything that needs no PIN; the outcome may be that the card's access number is needed."""

    async def open(self, reader: str, access_number: bytearray) -> ReadOutcome:
        """Open the card with its access number, and read it; wipes ``access_number``."""

    async def authenticate(
        self, reader: str, pin: bytearray | AtReader, digest: bytes, *, last_try_confirmed: bool = False
    ) -> PinOutcome:
        """Sign ``digest`` (48 bytes) after PIN 1; wipes ``pin``, or has it entered at the reader."""


class SigningCard(Protocol):
    """What a card signs for its holder."""

    async def sign(
        self, reader: str, pin: bytearray | AtReader, digest: bytes, *, last_try_confirmed: bool = False
    ) -> PinOutcome:
        """Sign ``digest`` (48 bytes) after PIN 2; wipes ``pin``, or has it entered at the reader."""


class AgreeingCard(Protocol):
    """What a card agrees on with nobody listening."""

    async def agree(
        self, reader: str, pin: bytearray, point: bytes, *, last_try_confirmed: bool = False, challenge_bytes: int = 0
    ) -> AgreementOutcome:
        """Agree with ``point`` (ECDH) by the authentication key after PIN 1; wipes ``pin``.

        Then ask the card for so many bytes of its generator; one that has none gives none.
        """


class PinKeepingCard(Protocol):
    """Whose PINs their holder replaces."""

    async def replace_pin(
        self, reader: str, asked: PinReplacement, *, last_try_confirmed: bool = False
    ) -> ReplacementOutcome:
        """Give a PIN a new value by right of the present one or of the PUK; wipes both codes."""

    async def replace_pin_at_reader(
        self, reader: str, role: PinRole, keys: AtReader, *, is_code_puk: bool = False, last_try_confirmed: bool = False
    ) -> ReplacementOutcome:
        """The same, with the code and the new PIN entered at the reader."""


class DocumentCard(Protocol):
    """A document with a chip, passport or card, in whichever reader."""

    async def open_document(self, reader: str, password: PacePassword) -> DocumentOutcome:
        """Open it with the password that is printed on it, and read it; wipes ``password``."""


class Cards(CardReader, IdentityCard, SigningCard, AgreeingCard, PinKeepingCard, DocumentCard, Protocol):
    """All of them, as one card process offers them."""


class PictureOpener(Protocol):
    """Unpacks pictures where nothing else is."""

    async def open_picture(self, picture: Picture) -> Pixels | PictureRefusal:
        """Return the pixels of an untrusted picture, or why there are none."""


class MrzCamera(Protocol):
    """A camera before which a document lies."""

    async def look(self) -> ZoneSeen | ZoneRefused | ImageRefusal:
        """Return its zone, if every check digit holds; whoever uses it has a person say that it is so."""


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
        algorithm: CardAlgorithm,
    ) -> bytes:
        """Return the signed document."""


class ContainerSigner(Protocol):
    """Puts files into a signed container with one signature of a card."""

    async def __call__(
        self,
        files: Mapping[str, bytes],
        *,
        certificate: bytes,
        sign_digest: Callable[[bytes], Awaitable[bytes]],
        signed_at: datetime,
        algorithm: CardAlgorithm,
    ) -> bytes:
        """Return the container (ETSI EN 319 162-1)."""


class Outbox(Protocol):
    """Makes sealed payloads durable."""

    async def commit(self, sealed: bytes, service: str) -> SignedReceipt | str:
        """Return the receipt once the payload is durable, or the code of why it is not."""


class Printer(Protocol):
    """Puts receipts on paper."""

    async def print(self, pdf: bytes) -> str:
        """Print one PDF; return an empty text, or the code of why not."""


class RegisterRecords(Protocol):
    """The sealed records of registers' extracts."""

    async def seek(self, register: str, name: bytes) -> bytes:
        """Return the sealed record of that name, or nothing where there is none."""


class StaffOffice(Protocol):
    """The keeper's counter for staff, as a visit sees it."""

    async def ask_office(self, message: ToOffice, on_progress: Callable[[int, int], None] | None = None) -> Answer:
        """Ask, and return the one answer."""

    async def tell_office(self, message: ToOffice) -> None:
        """Tell something that has no answer."""


class PollsOffice(Protocol):
    """The keeper's polling station, as a visit sees it."""

    async def ask_polls(self, message: ToPolls) -> FromPolls:
        """Ask, and return the one answer."""


class Display(Protocol):
    """Shows screens; what the person does comes back as intents."""

    def show_screen(self, screen: Screen) -> None:
        """Show ``screen`` in place of what was there."""

    def use(self, ways: Ways) -> None:
        """Look and be used like this from now on."""


class Speech(Protocol):
    """Reads texts aloud, one after another; whoever asks never waits and never sees it fail."""

    def say(self, text: str, language: str, *, is_urgent: bool) -> None:
        """Say ``text`` (BCP 47 ``language``) next; an urgent one takes the place of what is being said or waits."""

    def stop(self) -> None:
        """Be silent at once."""

    def use(self, voice: Voice) -> None:
        """Speak like this from the next text on."""


class Headphones(Protocol):
    """Whether somebody can hear what only they should hear."""

    async def changes(self, told: Callable[[bool], Awaitable[None]]) -> None:
        """Tell whether headphones are plugged in, and then each change; returns where that cannot be known any more."""


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
