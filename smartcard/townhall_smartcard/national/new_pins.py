# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""How a PIN gets a new value, whatever the card: what is refused unsent, and what the card's answer means.

The person proves the right to it by a code: the PIN that is to be replaced, or the PUK. Either costs a try when wrong.
"""

import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias

from townhall_smartcard.apdu import CommandApdu, wipe
from townhall_smartcard.errors import UnexpectedStatusError
from townhall_smartcard.messages import PinRole
from townhall_smartcard.national.transaction import CardTransaction, refusal_by_counter
from townhall_smartcard.pin_format import PinFacts
from townhall_smartcard.pin_rules import NewPin, NewPinFault, weaknesses
from townhall_smartcard.pins import CountsTries, PinRefusal, ReaderKeys, refusal_before, refusal_of
from townhall_smartcard.status import StatusWord

_NOT_TAKEN: Final = frozenset(
    {StatusWord.WRONG_LENGTH, StatusWord.WRONG_DATA, StatusWord.CONDITIONS_NOT_SATISFIED}
)  # the last: some cards refuse the present value by it


@dataclass(frozen=True, slots=True)
class NewPinRefused:
    """The new PIN will not do; the code was right, or was not sent."""

    faults: tuple[NewPinFault, ...]


NewPinRefusal: TypeAlias = PinRefusal | NewPinRefused
"""A ``PinRefusal`` is about the code that was to prove the right, a ``NewPinRefused`` about the new PIN."""


class PinKeeper(Protocol):
    """A card whose PINs their holder can replace, in one transaction; every method begins with SELECT.

    Codes and new PINs are wiped and sent at most once. Before that the new PIN is judged and the code's counter read:
    with one try left the person must have confirmed to know. None is success. Raises what ``NationalCard`` does;
    whether a card that broke off has the old PIN or the new one, nobody knows before it is tried.
    """

    def change(
        self, role: PinRole, present: bytearray, new: NewPin, *, last_try_confirmed: bool
    ) -> NewPinRefusal | None:
        """Replace a PIN by one that its holder chose; the first change of a new card's PIN activates it."""
        ...

    def unblock(self, role: PinRole, puk: bytearray, new: NewPin, *, last_try_confirmed: bool) -> NewPinRefusal | None:
        """Replace a PIN, blocked or forgotten, under the PUK, and give it all its tries.

        Raises:
            CardUnsupportedError: nothing but itself replaces this code.
        """
        ...

    def pin_facts(self, role: PinRole) -> PinFacts:
        """Return how a PIN or the PUK is presented; the card is not asked."""
        ...

    def change_at_reader(self, role: PinRole, keys: ReaderKeys, *, last_try_confirmed: bool) -> NewPinRefusal | None:
        """As ``change``, with both PINs entered at the reader: nobody here can judge the new one."""
        ...

    def unblock_at_reader(self, role: PinRole, keys: ReaderKeys, *, last_try_confirmed: bool) -> NewPinRefusal | None:
        """As ``unblock``, with PUK and new PIN entered at the reader."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class CodeUse:
    """The code under which a PIN gets its new value."""

    facts: PinFacts
    count_tries: CountsTries

    def refusal_unsent(
        self, code: bytearray, new: NewPin, pin: PinFacts, *, last_try_confirmed: bool
    ) -> NewPinRefusal | None:
        """Return why the code is not to be sent; the counter is read last, for only then it says what holds now."""
        if refusal := refusal_before(code, self.facts.shortest, self.facts.longest):
            return refusal
        if faults := _faults(code, new, pin):
            return NewPinRefused(faults)
        return refusal_by_counter(self.count_tries(), last_try_confirmed=last_try_confirmed)

    def send_with_new(
        self, card: CardTransaction, header: tuple[int, int], code: bytearray, new: NewPin, pin: PinFacts
    ) -> NewPinRefusal | None:
        """Send the code and the new PIN in one command; ``header`` is its instruction and P1."""
        with _padded(code, self.facts) as first, _padded(new.digits, pin) as second:
            data = first + second
            try:
                status = card.ask(CommandApdu(0x00, *header, pin.reference, data)).status
            finally:
                wipe(data)
        return self._meaning(status)

    def counted(self, *, last_try_confirmed: bool) -> PinRefusal | None:
        """Return why nobody is asked for the code at a reader."""
        return refusal_by_counter(self.count_tries(), last_try_confirmed=last_try_confirmed)

    def enter_with_new(self, keys: ReaderKeys, header: tuple[int, int], pin: PinFacts) -> NewPinRefusal | None:
        """Have the code and the new PIN entered at a reader, which sends them in one command."""
        answered = keys.replace(header, self.facts, pin)
        return answered if isinstance(answered, PinRefusal) else self._meaning(answered)

    def _meaning(self, status: int) -> NewPinRefusal | None:
        return NewPinRefused((NewPinFault.NOT_TAKEN,)) if status in _NOT_TAKEN else refusal_of(status, self.count_tries)


def send_new(card: CardTransaction, header: tuple[int, int], new: NewPin, pin: PinFacts) -> NewPinRefused | None:
    """Send a new PIN to a card that has taken the code; ``header`` is the command's instruction and P1.

    Raises:
        UnexpectedStatusError: the card says neither yes nor that it does not like this PIN.
    """
    with _padded(new.digits, pin) as data:
        return _taken(card.ask(CommandApdu(0x00, *header, pin.reference, data)).status)


def enter_new(keys: ReaderKeys, header: tuple[int, int], pin: PinFacts) -> NewPinRefusal | None:
    """Have a new PIN entered at a reader whose card has taken the code; as ``send_new`` in all else."""
    answered = keys.replace(header, None, pin)
    return answered if isinstance(answered, PinRefusal) else _taken(answered)


def _taken(status: int) -> NewPinRefused | None:
    if status == StatusWord.OK:
        return None
    if status in _NOT_TAKEN:
        return NewPinRefused((NewPinFault.NOT_TAKEN,))
    raise UnexpectedStatusError("RESET RETRY COUNTER", status)


def _faults(code: bytearray, new: NewPin, pin: PinFacts) -> tuple[NewPinFault, ...]:
    if refusal_before(new.digits, pin.shortest, pin.longest):
        return (NewPinFault.LENGTH,)
    same = (NewPinFault.SAME,) if hmac.compare_digest(new.digits, code) else ()
    return same + weaknesses(new)


@contextmanager
def _padded(code: bytearray, facts: PinFacts) -> Iterator[bytearray]:
    """Lend a code as it travels, and wipe that when done."""
    block = facts.block(code)
    try:
        yield block
    finally:
        wipe(block)
