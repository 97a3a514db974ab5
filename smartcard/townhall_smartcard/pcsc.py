# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""PC/SC through pyscard: the only file that imports it.

Plain ``smartcard.scard`` functions, not pyscard's classes: its monitor ends for good when the service restarts, and its
connections know neither transactions nor deadlines.
"""

import contextlib
import logging
import math
from collections.abc import Iterator
from typing import Final

from smartcard.scard import (
    SCARD_LEAVE_CARD,
    SCARD_PCI_T0,
    SCARD_PCI_T1,
    SCARD_PROTOCOL_T0,
    SCARD_PROTOCOL_T1,
    SCARD_RESET_CARD,
    SCARD_SCOPE_USER,
    SCARD_SHARE_SHARED,
    SCARD_STATE_CHANGED,
    SCARD_STATE_IGNORE,
    SCARD_STATE_MUTE,
    SCARD_STATE_PRESENT,
    SCARD_STATE_UNAWARE,
    SCARD_STATE_UNKNOWN,
    SCardBeginTransaction,
    SCardCancel,
    SCardConnect,
    SCardControl,
    SCardDisconnect,
    SCardEndTransaction,
    SCardEstablishContext,
    SCardGetStatusChange,
    SCardListReaders,
    SCardReconnect,
    SCardReleaseContext,
    SCardTransmit,
)

from townhall_smartcard.apdu import is_pin_command, is_secure
from townhall_smartcard.call_clock import Call, CallClock
from townhall_smartcard.connection import RawCommand
from townhall_smartcard.errors import (
    CardError,
    CardRemovedError,
    CardResetError,
    CardUnreadableError,
    PinPadError,
    ReaderBusyError,
    ServiceGoneError,
)
from townhall_smartcard.slots import Slot

_log = logging.getLogger(__name__)

_NEW_READERS: Final = r"\\?PnP?\Notification"
_COUNTER_SHIFT: Final = 16  # the upper half of a state counts changes

_PROTOCOLS: Final = SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1
_RESETS_BORNE: Final = 3
_LOOKS: Final = 10
_LOOK_MS: Final = 100
_UNWATCHED_S: Final = math.inf  # the monitor has a thread to itself: nobody waits for it

_RESET: Final = 0x80100068
_NOT_TRANSACTED: Final = 0x80100016  # the first call after a card was pulled
_ERRORS: Final[dict[int, type[CardError]]] = {
    _NOT_TRANSACTED: CardRemovedError,
    0x80100069: CardRemovedError,  # SCARD_W_REMOVED_CARD: each later call
    0x8010000C: CardRemovedError,  # SCARD_E_NO_SMARTCARD
    0x80100009: CardRemovedError,  # SCARD_E_UNKNOWN_READER: unplugged
    0x80100017: CardRemovedError,  # SCARD_E_READER_UNAVAILABLE
    0x8010002E: CardRemovedError,  # SCARD_E_NO_READERS_AVAILABLE
    _RESET: CardResetError,
    0x8010000B: ReaderBusyError,  # SCARD_E_SHARING_VIOLATION
    0x8010001D: ServiceGoneError,  # SCARD_E_NO_SERVICE
    0x8010001E: ServiceGoneError,  # SCARD_E_SERVICE_STOPPED
    0x80100003: ServiceGoneError,  # SCARD_E_INVALID_HANDLE: the service restarted behind our back
    0x80100013: ServiceGoneError,  # SCARD_F_COMM_ERROR
    0x80100001: ServiceGoneError,  # SCARD_F_INTERNAL_ERROR
}
_TIMEOUT: Final = 0x8010000A
_CANCELLED: Final = 0x80100002
_UNKNOWN_READER: Final = 0x80100009
_NO_READERS: Final = 0x8010002E


class PcscConnection:
    """A card inside one transaction, for one operation, in one thread."""

    def __init__(self, card: int, protocol: int, calls: CallClock, presence: "_Presence") -> None:
        self._card = card
        self._calls = calls
        self._presence = presence
        self._header = SCARD_PCI_T0 if protocol == SCARD_PROTOCOL_T0 else SCARD_PCI_T1
        self._is_opened = False
        self._is_lost = False
        self.is_t0 = protocol == SCARD_PROTOCOL_T0

    def transmit(self, command: RawCommand) -> bytes:
        """Send one command; see ``CardConnection``."""
        self._is_opened = self._is_opened or is_pin_command(command) or is_secure(command)
        numbers = list(command)
        try:
            with self._calls.during(Call.TRANSMIT):
                result, answer = SCardTransmit(self._card, self._header, numbers)
            # A card pulled while it computes: some drivers call the broken exchange a success without a byte.
            _require(result if answer else _code(result) or _NOT_TRANSACTED)
        except CardRemovedError:
            self._is_lost = True
            raise
        finally:
            numbers[:] = [0] * len(numbers)
        return bytes(answer)

    def control(self, code: int, data: bytes, entry_s: float = 0.0) -> bytes:
        """Ask the reader itself; see ``ControlsReader``."""
        self._is_opened = self._is_opened or entry_s > 0
        with self._calls.during(Call.CONTROL, entry_s):
            result, answer = SCardControl(self._card, code, list(data))
        if (failure := _code(result)) == 0:
            return bytes(answer)
        known = None if failure == _NOT_TRANSACTED else _ERRORS.get(failure)
        # A reader whose card was pulled while somebody entered a PIN says no more than that it did not do it.
        if known is None and not (entry_s and self._presence.has_ended()):
            raise PinPadError(f"PC/SC {failure:08X}")
        error = known or CardRemovedError
        self._is_lost = self._is_lost or issubclass(error, CardRemovedError)
        raise error(f"PC/SC {failure:08X}")

    def release(self) -> None:
        """End the transaction and let go of the card; with a reset that closes what a PIN or PACE has opened.

        The reset is part of ending the transaction, so no other program gets at the card in between. A card that left
        closed it itself, and must not be reset: pcscd would take the slot for empty until the next removal, even if a
        card is put in at once.
        """
        is_reset = self._is_opened and not (self._is_lost and self._presence.has_ended())
        disposition = SCARD_RESET_CARD if is_reset else SCARD_LEAVE_CARD
        with self._calls.during(Call.RELEASE):
            ended = _code(SCardEndTransaction(self._card, disposition))
            left = _code(SCardDisconnect(self._card, disposition if ended else SCARD_LEAVE_CARD))
        if ended or left:
            _log.info("letting go of the card: %08X %08X", ended, left)


class _Presence:
    """One card's stay in a reader, as the service counts it."""

    def __init__(self, context: int, reader: str, calls: CallClock) -> None:
        self._context = context
        self._reader = reader
        self._calls = calls
        self._began = self._look(SCARD_STATE_UNAWARE)

    def has_ended(self) -> bool:
        """Tell whether the card left; waits for the service to notice, which looks at the slot a few times a second."""
        state = self._look(SCARD_STATE_UNAWARE)
        for _ in range(_LOOKS):
            if not state & SCARD_STATE_PRESENT or _changes(state) != _changes(self._began):
                return True
            state = self._look(state & ~SCARD_STATE_CHANGED)
        return False

    def _look(self, known: int) -> int:
        with self._calls.during(Call.REACH_SERVICE):
            result, states = SCardGetStatusChange(self._context, _LOOK_MS, [(self._reader, known)])
        if _code(result) == _TIMEOUT:
            return known
        state: int = states[0][1] if not _code(result) else SCARD_STATE_UNAWARE
        return state


@contextlib.contextmanager
def card_transaction(reader: str, calls: CallClock) -> Iterator[PcscConnection]:
    """Hold the card in ``reader`` in a transaction.

    Raises:
        CardRemovedError: there is no card, or no such reader.
        ReaderBusyError: another program holds the card for itself.
        CardUnreadableError: the card does not start.
        ServiceGoneError: the PC/SC service is not running.
    """
    with _context(calls) as context:
        presence = _Presence(context, reader, calls)
        with calls.during(Call.CONNECT):
            result, card, protocol = SCardConnect(context, reader, SCARD_SHARE_SHARED, _PROTOCOLS)
        _require(result)
        connection = PcscConnection(card, protocol, calls, presence)
        try:
            _begin(card, calls)
            yield connection
        finally:
            connection.release()


def _begin(card: int, calls: CallClock) -> None:
    """Begin a transaction; a reset by the program that held the card before costs nothing yet, so connect anew."""
    for _ in range(_RESETS_BORNE):
        with calls.during(Call.BEGIN_TRANSACTION):
            result = SCardBeginTransaction(card)
        if _code(result) != _RESET:
            break
        with calls.during(Call.CONNECT):
            reconnected, _protocol = SCardReconnect(card, SCARD_SHARE_SHARED, _PROTOCOLS, SCARD_LEAVE_CARD)
        _require(reconnected)
    _require(result)


class PcscSlots:
    """All readers, through one context of its own; one thread waits, others may cancel."""

    def __init__(self, context: int) -> None:
        self._context = context
        self._readers_state: int = SCARD_STATE_UNAWARE
        self._slots: dict[str, tuple[int, Slot]] = {}
        self._is_first = True

    def wait(self, timeout_s: float) -> tuple[Slot, ...]:
        """Wait for a change; see ``Slots``."""
        if self._is_first:
            self._is_first = False
            self._list_readers()
            timeout_s = 0
        states = [(_NEW_READERS, self._readers_state), *((name, state) for name, (state, _) in self._slots.items())]
        result, answers = SCardGetStatusChange(self._context, int(timeout_s * 1000), states)
        code = _code(result)
        if code in {_UNKNOWN_READER, _NO_READERS}:
            self._list_readers()
        elif code not in {_TIMEOUT, _CANCELLED}:
            _require_service(code)
            self._take(answers)
        return tuple(slot for _, slot in self._slots.values())

    def cancel(self) -> None:
        """End a ``wait``; see ``Slots``."""
        SCardCancel(self._context)

    def _take(self, answers: list[tuple[str, int, list[int]]]) -> None:
        is_new_list = False
        for name, state, atr in answers:
            if name == _NEW_READERS:
                is_new_list = is_new_list or bool(state & SCARD_STATE_CHANGED)
                self._readers_state = state & ~SCARD_STATE_CHANGED
            elif state & (SCARD_STATE_UNKNOWN | SCARD_STATE_IGNORE):
                is_new_list = True
            else:
                self._slots[name] = (state & ~SCARD_STATE_CHANGED, _slot(name, state, bytes(atr)))
        if is_new_list:
            self._list_readers()

    def _list_readers(self) -> None:
        result, names = SCardListReaders(self._context, [])
        code = _code(result)
        if code == _NO_READERS:
            names = []
        else:
            _require_service(code)
        self._slots = {
            name: self._slots.get(name, (SCARD_STATE_UNAWARE, Slot(name, is_occupied=False))) for name in names
        }


@contextlib.contextmanager
def open_slots() -> Iterator[PcscSlots]:
    """Open a look at all readers; see ``OpenSlots``."""
    with _context(CallClock(_UNWATCHED_S)) as context:
        yield PcscSlots(context)


def _slot(name: str, state: int, atr: bytes) -> Slot:
    return Slot(
        name,
        is_occupied=bool(state & SCARD_STATE_PRESENT),
        atr=atr if state & SCARD_STATE_PRESENT else b"",
        is_mute=bool(state & SCARD_STATE_MUTE),
        changes=_changes(state),
    )


def _changes(state: int) -> int:
    return (state >> _COUNTER_SHIFT) & 0xFFFF


def load_client() -> None:
    """Have the PC/SC client load all that it loads late, whether or not the service runs: a locked process cannot."""
    with contextlib.suppress(ServiceGoneError), _context(CallClock(_UNWATCHED_S)):
        pass


@contextlib.contextmanager
def _context(calls: CallClock) -> Iterator[int]:
    with calls.during(Call.REACH_SERVICE):
        result, context = SCardEstablishContext(SCARD_SCOPE_USER)
    _require_service(_code(result))
    try:
        yield context
    finally:
        with calls.during(Call.RELEASE):
            SCardReleaseContext(context)


def _require(result: int) -> None:
    code = _code(result)
    if code:
        raise _ERRORS.get(code, CardUnreadableError)(f"PC/SC {code:08X}")


def _require_service(code: int) -> None:
    """A call about readers, not about one card, has one way to fail: the service."""
    if code:
        raise ServiceGoneError(f"PC/SC {code:08X}")


def _code(result: int) -> int:
    """Return a result as the unsigned number of the specification."""
    return result & 0xFFFFFFFF
