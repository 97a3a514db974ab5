# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a visit and its card process say to each other.

Every request is answered by exactly one ``Outcome`` with the same ``request`` number. ``ReadersChanged`` and
``ServiceChanged`` come unasked. A PIN travels in ``Authenticate``, ``Sign``, ``Agree`` and ``ReplacePin`` only (of one
that is entered at a reader, only that it is), an access number in ``OpenCard`` only, a document's password in
``OpenDocument`` only: as bytes that can be wiped.
"""

import enum
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Final

import msgspec

from townhall_crypto.card_signature import CardAlgorithm, Digest
from townhall_smartcard.emrtd.messages import DocumentClosed, DocumentOpened, OpenDocument
from townhall_smartcard.pin_rules import NewPinFault


class CardFamily(enum.Enum):
    """What a card in a slot is, as far as its ATR and the AID probe tell."""

    ESTEID_2018 = "esteid-2018"
    ESTEID_2018_BEHIND_PACE = "esteid-2018-behind-pace"  # held to a reader: shows nothing before its access number
    ESTEID_2025 = "esteid-2025"
    LATEID_2012 = "lateid-2012"
    LATEID_2019 = "lateid-2019"
    FINEID_3 = "fineid-3"
    FINEID_4 = "fineid-4"
    BELPIC = "belpic"
    LTEID = "lteid"  # Lithuania's, and the two below: they show nothing before their access number
    EDO = "edo"  # Poland's
    EOI = "eoi"  # Slovenia's
    SRBID = "srbid"  # read at a desk; its keys are not used
    NPA = "npa"  # Germany's: its PIN at a desk; whom it names it tells to terminal certificates alone
    PIV = "piv"  # of an employer: its certificates seldom name a person by number
    PKCS15 = "pkcs15"  # of anybody who writes to the standard: its directories tell what it has
    PKCS11 = "pkcs11"  # only its vendor's module can use it: at a desk, where an operator named one
    TOO_OLD = "too-old"  # a withdrawn national generation that we know by its ATR
    FOREIGN = "foreign"  # a card that works, but none that this kiosk serves
    DEAD = "dead"  # no ATR: upside down, unpowered or broken


_UNSERVED: Final = (
    CardFamily.SRBID,
    CardFamily.NPA,
    CardFamily.PIV,
    CardFamily.PKCS15,
    CardFamily.PKCS11,
    CardFamily.TOO_OLD,
    CardFamily.FOREIGN,
    CardFamily.DEAD,
)
SERVED_FAMILIES: Final = frozenset(CardFamily).difference(_UNSERVED)
"""What visits read and sign with."""
ACCESS_NUMBER_DIGITS: Final = 6
DIGEST_SIZES: Final = frozenset(each.size_bytes for each in Digest)
"""How long what a card signs may be; each card wants one of them."""


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
    is_counted: bool = True
    """False: the card tells nobody before a PIN is wrong; ``left`` is then what a PIN has that never was."""


@dataclass(frozen=True, slots=True)
class CardStatement:
    """What a card states about its holder, in plain files. Empty or None: this card says nothing of it."""

    surname: str = field(default="", repr=False)
    given_names: str = field(default="", repr=False)
    sex: str = field(default="", repr=False)
    """"F", "M" or "X"; or as the card spells it, where it knows others."""
    nationality: str = field(default="", repr=False)
    birth_date: date | None = field(default=None, repr=False)
    birth_place: str = field(default="", repr=False)
    personal_code: str = field(default="", repr=False)
    document_number: str = field(default="", repr=False)
    expiry_date: date | None = field(default=None, repr=False)
    issuing_date: date | None = field(default=None, repr=False)
    address: tuple[str, ...] = field(default=(), repr=False)
    """Line by line, as the card has it."""
    untrusted_photo: bytes = field(default=b"", repr=False)
    """JPEG or JPEG 2000, never decoded in this process."""


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


class _WithSecret(msgspec.Struct, frozen=True):
    """A request that carries what nobody may read in a log."""

    request: int
    reader: str

    def __repr__(self) -> str:
        """Show no secret, and not how long it is."""
        return f"{type(self).__name__}(request={self.request}, reader={self.reader!r})"


class OpenCard(_WithSecret, frozen=True, tag=True):
    """Open the card with its access number (PACE with the CAN) and read it; the number is kept until it leaves."""

    access_number: bytearray  # ASCII digits; both ends wipe theirs


class AtReader(msgspec.Struct, frozen=True):
    """In place of a PIN: it is entered at the reader's own keys, and nobody here ever has it."""

    language: str  # of the reader's messages: "et"
    timeout_s: Annotated[int, msgspec.Meta(ge=1, le=255)] = 30  # what a reader waits before it gives up


class Authenticate(_WithSecret, frozen=True, tag=True):
    """Sign the challenge's ``digest`` (as the card's algorithm wants it) with the authentication key after PIN 1."""

    pin: bytearray | AtReader  # both ends wipe theirs
    digest: bytes
    last_try_confirmed: bool = False


class Sign(_WithSecret, frozen=True, tag=True):
    """Sign ``digest`` (as the card's algorithm wants it) with the signature key after PIN 2."""

    pin: bytearray | AtReader  # both ends wipe theirs
    digest: bytes
    last_try_confirmed: bool = False


class Agree(_WithSecret, frozen=True, tag=True):
    """Agree (ECDH) with ``point`` (P-384, 97 bytes) after PIN 1; read ``challenge_bytes`` of the chip's generator."""

    pin: bytearray | AtReader  # both ends wipe theirs
    point: bytes
    last_try_confirmed: bool = False
    challenge_bytes: int = 0


class ReplacePinAtReader(msgspec.Struct, frozen=True, tag=True):
    """Give the PIN of ``role`` a new value, which is entered at the reader with the code that gives the right to it."""

    request: int
    reader: str
    role: PinRole
    keys: AtReader
    is_code_puk: bool = False
    last_try_confirmed: bool = False


class ReplacePin(_WithSecret, frozen=True, tag=True):
    """Give the PIN of ``role`` the value ``new`` by right of ``code``; one made of the last two fields is refused."""

    role: PinRole
    code: bytearray  # the present PIN or the PUK; both ends wipe theirs, and of ``new``
    new: bytearray
    is_code_puk: bool = False
    last_try_confirmed: bool = False
    birth_date: date | None = None  # as the card states it, and the next too
    personal_code: str = ""


# Outcomes


class CardContents(msgspec.Struct, frozen=True, tag=True):
    """What a card says without a PIN."""

    request: int
    stated: CardStatement
    authentication_certificate: bytes  # DER
    signature_certificate: bytes  # DER
    tries: dict[PinRole, PinTries]
    algorithms: dict[PinRole, CardAlgorithm]  # what each of the two keys does with which digest
    replaceable: tuple[PinRole, ...] = ()  # which of its codes the holder can replace by ``ReplacePin``
    at_reader: tuple[PinRole, ...] = ()  # of which keys the PIN can be entered ``AtReader``
    replaceable_at_reader: tuple[PinRole, ...] = ()  # which of its codes ``ReplacePinAtReader`` can replace

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
    """A signature value in the form of the algorithm's scheme: r || s, or as long as an RSA modulus."""

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


class PinReplaced(msgspec.Struct, frozen=True, tag=True):
    """The card has the new PIN, with all its tries."""

    request: int


class NewPinUnfit(msgspec.Struct, frozen=True, tag=True):
    """The new PIN will not do, for these reasons; no try is lost by it."""

    request: int
    faults: tuple[NewPinFault, ...]


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


class NoEntry(enum.Enum):
    """Why nothing was entered at the reader's own keys that a card could have seen."""

    TIMED_OUT = "timed-out"
    CANCELLED = "cancelled"
    DIFFERED = "differed"  # a new PIN, entered twice and not alike


class PinNotEntered(msgspec.Struct, frozen=True, tag=True):
    """No PIN came from the reader's own keys; no try was used."""

    request: int
    reason: NoEntry


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
    CARD_NOT_ACTIVATED = "card-not-activated"  # a PIN was never set
    PIN_PAD = "pin-pad"  # the reader's own keys take no PIN, though it says so: staff switch them off
    CARD_UNREADABLE = "card-unreadable"  # torn, malformed or impossible answers
    NO_SERVICE = "no-service"


class Failed(msgspec.Struct, frozen=True, tag=True):
    """The request was not done; ``status`` is the card's status word, or 0."""

    request: int
    failure: Failure
    status: int = 0


WithPin = Authenticate | Sign | Agree | ReplacePin | ReplacePinAtReader
CardRequest = ReadCard | OpenCard | WithPin
Request = CardRequest | OpenDocument
ReadOutcome = CardContents | AccessNumberNeeded | AccessNumberWrong | Failed
PinRefused = PinWrong | PinBlocked | PinLengthRefused | PinNotEntered | LastTryUnconfirmed | Failed
PinOutcome = Signed | PinRefused
AgreementOutcome = Agreed | PinRefused
ReplacementOutcome = PinReplaced | NewPinUnfit | PinRefused
DocumentOutcome = DocumentOpened | DocumentClosed | Failed
Outcome = ReadOutcome | PinOutcome | Agreed | PinReplaced | NewPinUnfit | DocumentOutcome
FromCard = ReadersChanged | ServiceChanged | Outcome


def secrets_of(request: Request) -> tuple[bytearray, ...]:
    """Return what both ends of the channel wipe once it is sent or used: PINs, an access number, or nothing."""
    match request:
        case OpenCard(access_number=number):
            return (number,)
        case Authenticate(pin=pin) | Sign(pin=pin) | Agree(pin=pin):
            return (pin,) if isinstance(pin, bytearray) else ()
        case ReplacePin(code=code, new=new):
            return code, new
        case OpenDocument(secret=secret):
            return (secret,)
        case ReadCard() | ReplacePinAtReader():
            return ()
