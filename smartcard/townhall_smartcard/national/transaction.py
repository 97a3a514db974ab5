# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The steps that drivers of national cards share: select, read a file, count tries, present a PIN once."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from townhall_crypto.card_signature import CardAlgorithm
from townhall_smartcard.apdu import MAX_SHORT_LE, CommandApdu, Ins, ResponseApdu
from townhall_smartcard.errors import CardMisuseError, CardUnreadableError, UnexpectedStatusError
from townhall_smartcard.messages import PinTries
from townhall_smartcard.pin_format import PinFacts
from townhall_smartcard.pins import (
    BLOCKED,
    LAST_TRY_UNCONFIRMED,
    NOT_ACTIVATED,
    CountsTries,
    Pin,
    PinRefusal,
    present_pin,
    refusal_before,
)
from townhall_smartcard.processors import ApduProcessor
from townhall_smartcard.status import StatusWord
from townhall_smartcard.tlv import encoded_length, parse_all, value_at

_LONGEST_FILE: Final = 0x8000  # what the offset of READ BINARY can say
_LENGTH_TAGS: Final = (0x80, 0x81)  # without and with structural information (ISO/IEC 7816-4 §7.4.3)
_READ: Final = frozenset({StatusWord.OK, StatusWord.END_OF_FILE})
_SEQUENCE: Final = 0x30
_HEAD_BYTES: Final = 4


class CardTransaction:
    """One card, and what drivers do with it again and again."""

    def __init__(self, card: ApduProcessor) -> None:
        self._card = card

    def ask(self, command: CommandApdu) -> ResponseApdu:
        """Send a command whose answer may be a refusal."""
        return self._card.exchange(command)

    def expect(self, name: str, command: CommandApdu) -> bytes:
        """Send a command that this card must take, and return the answer's data.

        Raises:
            UnexpectedStatusError: it does not.
        """
        answer = self._card.exchange(command)
        if not answer.is_ok:
            raise UnexpectedStatusError(name, answer.status)
        return answer.data

    def select_application(self, identifier: bytes) -> None:
        """Select an application by its name."""
        self.expect("SELECT application", CommandApdu(0x00, Ins.SELECT, 0x04, 0x0C, identifier))

    def select_file(self, how: int, path: bytes) -> int:
        """Select a file and return its length as its control parameters say (62 / 80 or 81).

        Raises:
            CardUnreadableError: they say none, or one that no file has.
        """
        answer = self.expect("SELECT file", CommandApdu(0x00, Ins.SELECT, how, 0x04, path, le=MAX_SHORT_LE))
        lengths = [each.value for each in parse_all(value_at(answer, 0x62)) if each.tag in _LENGTH_TAGS]
        if not lengths or len(lengths[0]) != 2 or not 0 < int.from_bytes(lengths[0], "big") <= _LONGEST_FILE:
            raise CardUnreadableError("impossible length of a file")
        return int.from_bytes(lengths[0], "big")

    def read_selected(self, length: int, *blocks: int) -> bytes:
        """Read ``length`` bytes of the selected file, at most ``blocks[0]`` (1 to 256) at a time.

        A card that refuses the first block is asked once more with the next size of ``blocks``. 256 asks for whatever
        the card gives in one answer, and an answer may then be shorter than what is left.
        """
        content = bytearray()
        block = blocks[0]
        for block in blocks:
            answer = self._card.exchange(_read_binary(0, length, block))
            if answer.status in _READ:
                break
        content += _checked_block(answer, length, block)
        while len(content) < length:
            left = length - len(content)
            content += _checked_block(self._card.exchange(_read_binary(len(content), left, block)), left, block)
        return bytes(content)

    def read_certificate(self, length: int, *blocks: int) -> bytes:
        """Read a certificate from the selected file of ``length`` bytes, which may be longer than the certificate.

        Raises:
            CardUnreadableError: the file holds none.
        """
        content = self.read_selected(length, *blocks)
        if content[0] != _SEQUENCE or encoded_length(content) > len(content):
            raise CardUnreadableError("the certificate file holds no certificate")
        return content[: encoded_length(content)]

    def certificate_length(self) -> int:
        """Return how long the certificate in the selected file says that it is: for cards that do not tell of files."""
        head = self.expect("READ BINARY", CommandApdu(0x00, Ins.READ_BINARY, 0x00, 0x00, le=_HEAD_BYTES))
        if len(head) != _HEAD_BYTES or head[0] != _SEQUENCE or encoded_length(head) > _LONGEST_FILE:
            raise CardUnreadableError("the certificate file holds no certificate")
        return encoded_length(head)

    def set_environment(self, template: int, algorithm: int, key: int) -> None:
        """Name the algorithm and the key of what follows (MANAGE SECURITY ENVIRONMENT: SET)."""
        data = bytes((0x80, 0x01, algorithm, 0x84, 0x01, key))
        self.expect("MSE SET", CommandApdu(0x00, Ins.MANAGE_SECURITY_ENVIRONMENT, 0x41, template, data))

    def verify(self, facts: PinFacts, pin: Pin, count_tries: CountsTries) -> PinRefusal | None:
        """Present a PIN, once. ``count_tries`` is asked where the card's answer does not count."""
        return present_pin(self._card, facts, pin, count_tries)


def refusal_by_counter(tries: PinTries, *, last_try_confirmed: bool) -> PinRefusal | None:
    """Return why a code with so many tries left is not sent."""
    if tries.left == 0:
        return BLOCKED
    return LAST_TRY_UNCONFIRMED if tries.left == 1 and not last_try_confirmed else None


@dataclass(frozen=True, slots=True, eq=False)
class PinUse:
    """One PIN at one card: how it is presented, and what is done around that."""

    facts: PinFacts
    count_tries: CountsTries
    prepare: Callable[[], None]
    """What the card is told between the counter and the PIN."""

    def present(self, card: CardTransaction, pin: Pin, *, last_try_confirmed: bool) -> PinRefusal | None:
        """Present the PIN if that may help; return why it led to nothing. The card sees it once at most.

        Not sent: what no PIN of this card looks like, a PIN that is blocked or was never activated, and a last try that
        the person has not confirmed.
        """
        if refusal := refusal_before(pin, self.facts.shortest, self.facts.longest):
            return refusal
        tries = self.count_tries()
        if not tries.is_activated:
            return NOT_ACTIVATED
        if refusal := refusal_by_counter(tries, last_try_confirmed=last_try_confirmed):
            return refusal
        self.prepare()
        return card.verify(self.facts, pin, self.count_tries)


def require_digest(algorithm: CardAlgorithm, digest: bytes) -> None:
    """Check that a digest is of the algorithm's hash.

    Raises:
        CardMisuseError: it has another length.
    """
    if len(digest) != algorithm.digest.size_bytes:
        raise CardMisuseError(f"digest of {len(digest)} bytes")


def checked_signature(untrusted: bytes, *lengths: int) -> bytes:
    """Return a signature that is as long as one can be, and is not nothing but zeros in either half.

    Raises:
        CardUnreadableError: no key of this card signs like this.
    """
    half = len(untrusted) // 2
    if len(untrusted) not in lengths or not any(untrusted[:half]) or not any(untrusted[half:]):
        raise CardUnreadableError("impossible signature")
    return untrusted


def _read_binary(offset: int, left: int, block: int) -> CommandApdu:
    wanted = block if block == MAX_SHORT_LE else min(block, left)
    return CommandApdu(0x00, Ins.READ_BINARY, offset >> 8, offset & 0xFF, le=wanted)


def _checked_block(answer: ResponseApdu, left: int, block: int) -> bytes:
    if answer.status not in _READ:
        raise UnexpectedStatusError("READ BINARY", answer.status)
    wanted = min(block, left)
    if not answer.data or len(answer.data) > wanted or (block != MAX_SHORT_LE and len(answer.data) != wanted):
        raise CardUnreadableError(f"READ BINARY gave {len(answer.data)} bytes of {wanted}")
    return answer.data
