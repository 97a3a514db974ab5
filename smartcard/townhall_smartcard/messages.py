# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a visit and its card process say to each other.

Every request is answered by exactly one ``Outcome`` with the same ``request`` number. ``ReadersChanged`` and
``ServiceChanged`` come unasked. A PIN travels in ``Authenticate``, ``Sign`` and ``Agree`` only, an access number in
``OpenCard`` only, as bytes that can be wiped, never as text.
"""

import enum
from typing import Final

import msgspec


class CardFamily(enum.Enum):
    """What a card in a slot is, as far as its ATR and the AID probe tell."""

    ESTEID_2018 = "esteid-2018"
    ESTEID_2018_BEHIND_PACE = "esteid-2018-behind-pace"  # held to a reader: shows nothing before its access number
    ESTEID_2025 = "esteid-2025"
    LATEID_2012 = "lateid-2012"
    LATEID_2019 = "lateid-2019"
    FINEID_3 = "fineid-3"
    FINEID_4 = "fineid-4"
    TOO_OLD = "too-old"  # a withdrawn national generation that we know by its ATR
    FOREIGN = "foreign"  # a card that works, but none that this kiosk serves
    DEAD = "dead"  # no ATR: upside down, unpowered or broken


SERVED_FAMILIES: Final = frozenset({CardFamily.ESTEID_2018, CardFamily.ESTEID_2018_BEHIND_PACE})
"""What a kiosk can read and sign with."""
ACCESS_NUMBER_DIGITS: Final = 6


class PinRole(enum.Enum):
    """Which of the card's secrets is meant."""

    AUTHENTICATION = "pin1"
    SIGNATURE = "pin2"
    UNBLOCKING = "puk"


class PinTries(msgspec.Struct, frozen=True):
    """Tries left and the maximum that the card allows."""

    left: int
    maximum: int
    is_activated: bool = True
    """False: the card was never used with this PIN, and wants its holder to set one first."""


class StatedData(msgspec.Struct, frozen=True):
    """The personal data file: stated by the card, not signed by anybody."""

    surname: str
    given_names: str
    sex: str
    citizenship: str
    birth: str  # as printed: "08 01 1980 EST"
    personal_code: str
    document_number: str
    expiry_date: str  # as printed: "DD MM YYYY"
    issuing_date: str

    def __repr__(self) -> str:
        """Show no personal data."""
        return "StatedData(...)"


class Reader(msgspec.Struct, frozen=True):
    """A reader by its name (its index changes), and the card in it."""

    name: str
    card: CardFamily | None
    atr: bytes = b""


# Unasked


class ReadersChanged(msgspec.Struct, frozen=True, tag=True):
    """All readers as they are now."""

    readers: tuple[Reader, ...]


class ServiceChanged(msgspec.Struct, frozen=True, tag=True):
    """The PC/SC service went away or came back."""

    is_running: bool


# Requests


class ReadCard(msgspec.Struct, frozen=True, tag=True):
    """Read the personal data file, both certificates and all retry counters; no PIN."""

    request: int
    reader: str


class OpenCard(msgspec.Struct, frozen=True, tag=True):
    """Open the card with its access number (PACE with the CAN), then read it as ``ReadCard`` does.

    The number is kept for what follows until the card leaves.
    """

    request: int
    reader: str
    access_number: bytearray  # ASCII digits; both ends wipe theirs

    def __repr__(self) -> str:
        """Show no access number."""
        return f"{type(self).__name__}(request={self.request}, reader={self.reader!r})"


class Authenticate(msgspec.Struct, frozen=True, tag=True):
    """Sign ``digest`` (SHA-384 of the challenge, 48 bytes) with the authentication key after PIN 1."""

    request: int
    reader: str
    pin: bytearray  # both ends wipe theirs
    digest: bytes
    last_try_confirmed: bool = False

    def __repr__(self) -> str:
        """Show neither the PIN nor its length."""
        return f"{type(self).__name__}(request={self.request}, reader={self.reader!r})"


class Sign(msgspec.Struct, frozen=True, tag=True):
    """Sign ``digest`` (SHA-384, 48 bytes) with the signature key after PIN 2."""

    request: int
    reader: str
    pin: bytearray  # both ends wipe theirs
    digest: bytes
    last_try_confirmed: bool = False

    def __repr__(self) -> str:
        """Show neither the PIN nor its length."""
        return f"{type(self).__name__}(request={self.request}, reader={self.reader!r})"


class Agree(msgspec.Struct, frozen=True, tag=True):
    """Agree (ECDH) with ``point`` (P-384, uncompressed, 97 bytes) by the authentication key after PIN 1.

    Then read ``challenge_bytes`` of the chip's generator.
    """

    request: int
    reader: str
    pin: bytearray  # both ends wipe theirs
    point: bytes
    last_try_confirmed: bool = False
    challenge_bytes: int = 0

    def __repr__(self) -> str:
        """Show neither the PIN nor its length."""
        return f"{type(self).__name__}(request={self.request}, reader={self.reader!r})"


# Outcomes


class CardContents(msgspec.Struct, frozen=True, tag=True):
    """What a card says without a PIN."""

    request: int
    stated: StatedData
    authentication_certificate: bytes  # DER
    signature_certificate: bytes  # DER
    tries: dict[PinRole, PinTries]

    def __repr__(self) -> str:
        """Show no personal data."""
        return f"CardContents(request={self.request}, tries={self.tries})"


class AccessNumberNeeded(msgspec.Struct, frozen=True, tag=True):
    """This card shows nothing before its access number is given: ask for it and ``OpenCard``."""

    request: int


class AccessNumberWrong(msgspec.Struct, frozen=True, tag=True):
    """The number does not open this card. The card counts nothing, but takes longer after each wrong one."""

    request: int


class Signed(msgspec.Struct, frozen=True, tag=True):
    """A signature value: r || s, 96 bytes for P-384."""

    request: int
    signature: bytes


class Agreed(msgspec.Struct, frozen=True, tag=True):
    """What a card agreed to: the x of the product, 48 bytes for P-384; and bytes of its generator, if it gives any."""

    request: int
    shared_x: bytes
    challenges: bytes = b""

    def __repr__(self) -> str:
        """Show no secret."""
        return f"{type(self).__name__}(request={self.request})"


class PinWrong(msgspec.Struct, frozen=True, tag=True):
    """The card refused the PIN."""

    request: int
    tries_left: int


class PinBlocked(msgspec.Struct, frozen=True, tag=True):
    """No tries are left; only the unblocking code helps."""

    request: int


class PinLengthRefused(msgspec.Struct, frozen=True, tag=True):
    """The PIN is shorter or longer than this card allows; no try was used."""

    request: int


class LastTryUnconfirmed(msgspec.Struct, frozen=True, tag=True):
    """One try is left and the request did not say that the person knows; no try was used."""

    request: int


class Failure(enum.Enum):
    """Why a request could not be done, by what the person or the staff can do about it."""

    CARD_REMOVED = "card-removed"
    CARD_RESET = "card-reset"  # another program reset the card: ask again
    READER_BUSY = "reader-busy"  # another program holds the card exclusively
    CARD_MUTE = "card-mute"  # no answer within the deadline: take the card out
    CARD_UNSUPPORTED = "card-unsupported"
    CARD_UNREADABLE = "card-unreadable"  # torn, malformed or impossible answers
    NO_SERVICE = "no-service"


class Failed(msgspec.Struct, frozen=True, tag=True):
    """The request was not done; ``status`` is the card's status word, or 0."""

    request: int
    failure: Failure
    status: int = 0


WithPin = Authenticate | Sign | Agree
Request = ReadCard | OpenCard | WithPin
ReadOutcome = CardContents | AccessNumberNeeded | AccessNumberWrong | Failed
PinRefused = PinWrong | PinBlocked | PinLengthRefused | LastTryUnconfirmed | Failed
PinOutcome = Signed | PinRefused
AgreementOutcome = Agreed | PinRefused
Outcome = ReadOutcome | PinOutcome | Agreed
FromCard = ReadersChanged | ServiceChanged | Outcome


def secret_of(request: Request) -> bytearray | None:
    """Return what both ends of the channel wipe once it is sent or used: a PIN, an access number, or nothing."""
    match request:
        case OpenCard(access_number=number):
            return number
        case Authenticate(pin=pin) | Sign(pin=pin) | Agree(pin=pin):
            return pin
        case ReadCard():
            return None
