# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The visit's side of the card process: asks, waits, and hears of cards that come and go."""

import asyncio
import itertools
from collections.abc import Callable

from townhall_process.channel import Channel
from townhall_process.errors import ChannelClosedError, ChannelMisuseError
from townhall_smartcard.apdu import wipe
from townhall_smartcard.emrtd.messages import OpenDocument
from townhall_smartcard.emrtd.pace import PacePassword
from townhall_smartcard.errors import CardMisuseError
from townhall_smartcard.estonia import POINT_BYTES
from townhall_smartcard.messages import (
    DIGEST_SIZES,
    Agree,
    AgreementOutcome,
    AtReader,
    Authenticate,
    DocumentOutcome,
    Failed,
    Failure,
    FromCard,
    OpenCard,
    Outcome,
    PinOutcome,
    PinRole,
    ReadCard,
    Reader,
    ReadersChanged,
    ReadOutcome,
    ReplacementOutcome,
    ReplacePinAtReader,
    Request,
    ServiceChanged,
    Sign,
    secrets_of,
)
from townhall_smartcard.pin_replacement import PinReplacement

Event = ReadersChanged | ServiceChanged


class CardClient:
    """Speaks with one card process over ``channel``, in the loop that owns the channel.

    Outcomes come as values. When the process ends, whatever was asked ends as ``Failed(NO_SERVICE)`` (a mute card's own
    request as ``Failed(CARD_MUTE)`` before that) and ``run`` and ``next_event`` raise: start a new process and client.
    """

    def __init__(self, channel: Channel[FromCard, Request]) -> None:
        self._channel = channel
        self._numbers = itertools.count(1)
        self._pending: dict[int, asyncio.Future[Outcome]] = {}
        self._events: asyncio.Queue[Event | None] = asyncio.Queue()
        self._readers: tuple[Reader, ...] = ()
        self._is_closed = False

    @property
    def readers(self) -> tuple[Reader, ...]:
        """All readers, as of the newest ``ReadersChanged`` received (``next_event`` may still lag behind)."""
        return self._readers

    async def run(self) -> None:
        """Take in what the card process says until it ends.

        Raises:
            ChannelClosedError: the process ended.
            ChannelMisuseError: it said something that it never says.
        """
        try:
            while True:
                self._take(await self._channel.receive())
        finally:
            self._end()

    async def next_event(self) -> Event:
        """Wait for the next change of readers or service; the first two after the start tell how things are.

        Raises:
            ChannelClosedError: the process ended, and every event before that was taken.
        """
        event = None if self._is_closed and self._events.empty() else await self._events.get()
        if event is None:
            raise ChannelClosedError
        return event

    async def read(self, reader: str) -> ReadOutcome:
        """Read the card in ``reader`` without a PIN; ``AccessNumberNeeded`` where it must be opened first."""
        return _as_read_outcome(await self._ask(lambda number: ReadCard(number, reader)))

    async def open(self, reader: str, access_number: bytearray) -> ReadOutcome:
        """Open the card in ``reader`` with its access number and read it; ``access_number`` is wiped."""
        try:
            return _as_read_outcome(await self._ask(lambda number: OpenCard(number, reader, access_number)))
        finally:
            wipe(access_number)

    async def authenticate(
        self, reader: str, pin: bytearray | AtReader, digest: bytes, *, last_try_confirmed: bool = False
    ) -> PinOutcome:
        """Sign ``digest`` (as the card wants it) with the authentication key after PIN 1; ``pin`` is wiped."""
        try:
            _check_digest(digest)
            return _as_pin_outcome(
                await self._ask(lambda number: Authenticate(number, reader, pin, digest, last_try_confirmed))
            )
        finally:
            _wipe_typed(pin)

    async def sign(
        self, reader: str, pin: bytearray | AtReader, digest: bytes, *, last_try_confirmed: bool = False
    ) -> PinOutcome:
        """Sign ``digest`` (as the card wants it) with the signature key after PIN 2; ``pin`` is wiped."""
        try:
            _check_digest(digest)
            return _as_pin_outcome(
                await self._ask(lambda number: Sign(number, reader, pin, digest, last_try_confirmed))
            )
        finally:
            _wipe_typed(pin)

    async def agree(
        self, reader: str, pin: bytearray, point: bytes, *, last_try_confirmed: bool = False, challenge_bytes: int = 0
    ) -> AgreementOutcome:
        """Agree with ``point`` (P-384, uncompressed) after PIN 1, then read ``challenge_bytes``; ``pin`` is wiped."""
        try:
            if len(point) != POINT_BYTES:
                raise CardMisuseError(f"point of {len(point)} bytes")
            outcome = await self._ask(
                lambda number: Agree(number, reader, pin, point, last_try_confirmed, challenge_bytes)
            )
        finally:
            wipe(pin)
        if not isinstance(outcome, AgreementOutcome):
            raise ChannelMisuseError(type(outcome).__name__)
        return outcome

    async def replace_pin(
        self, reader: str, asked: PinReplacement, *, last_try_confirmed: bool = False
    ) -> ReplacementOutcome:
        """Give a PIN a new value by right of the present one or of the PUK; both codes are wiped."""
        try:
            outcome = await self._ask(
                lambda number: asked.request(number, reader, last_try_confirmed=last_try_confirmed)
            )
        finally:
            asked.wipe()
        if not isinstance(outcome, ReplacementOutcome):
            raise ChannelMisuseError(type(outcome).__name__)
        return outcome

    async def replace_pin_at_reader(
        self, reader: str, role: PinRole, keys: AtReader, *, is_code_puk: bool = False, last_try_confirmed: bool = False
    ) -> ReplacementOutcome:
        """Have a PIN's new value entered at the reader, after the code that gives the right to it."""
        outcome = await self._ask(
            lambda number: ReplacePinAtReader(number, reader, role, keys, is_code_puk, last_try_confirmed)
        )
        if not isinstance(outcome, ReplacementOutcome):
            raise ChannelMisuseError(type(outcome).__name__)
        return outcome

    async def open_document(self, reader: str, password: PacePassword) -> DocumentOutcome:
        """Open the document in ``reader`` with a password and read it; a password that can be wiped is wiped."""
        secret = bytearray(password.secret)
        try:
            outcome = await self._ask(lambda number: OpenDocument(number, reader, password.reference, secret))
        finally:
            wipe(secret)
            password.wipe()
        if not isinstance(outcome, DocumentOutcome):
            raise ChannelMisuseError(type(outcome).__name__)
        return outcome

    async def _ask(self, make: Callable[[int], Request]) -> Outcome:
        number = next(self._numbers)
        if self._is_closed:
            return Failed(number, Failure.NO_SERVICE)
        answer: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._pending[number] = answer
        request = make(number)
        try:
            await self._channel.send(request)
            for secret in secrets_of(request):
                wipe(secret)
            return await answer
        except ChannelClosedError:
            return Failed(number, Failure.NO_SERVICE)
        finally:
            self._pending.pop(number, None)

    def _take(self, message: FromCard) -> None:
        if isinstance(message, ReadersChanged):
            self._readers = message.readers
        if isinstance(message, ReadersChanged | ServiceChanged):
            self._events.put_nowait(message)
            return
        # An outcome that nobody waits for any more: its task was cancelled, the person left.
        answer = self._pending.get(message.request)
        if answer is not None and not answer.done():
            answer.set_result(message)

    def _end(self) -> None:
        self._is_closed = True
        self._readers = ()
        self._events.put_nowait(None)
        for number, answer in self._pending.items():
            if not answer.done():
                answer.set_result(Failed(number, Failure.NO_SERVICE))


def _wipe_typed(pin: bytearray | AtReader) -> None:
    if isinstance(pin, bytearray):
        wipe(pin)


def _check_digest(digest: bytes) -> None:
    if len(digest) not in DIGEST_SIZES:
        raise CardMisuseError(f"digest of {len(digest)} bytes")


def _as_pin_outcome(outcome: Outcome) -> PinOutcome:
    if not isinstance(outcome, PinOutcome):
        raise ChannelMisuseError(type(outcome).__name__)
    return outcome


def _as_read_outcome(outcome: Outcome) -> ReadOutcome:
    if not isinstance(outcome, ReadOutcome):
        raise ChannelMisuseError(type(outcome).__name__)
    return outcome
