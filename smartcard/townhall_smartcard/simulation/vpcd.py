# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A slot of a virtual PC/SC reader, seen from the card's side: the vpcd protocol over TCP.

A message is two bytes of length and that many bytes. The reader sends one byte to control the power (0 off, 1 on,
2 reset) or to ask for the ATR (4), anything longer is a command; ATR and answers go back in the same form.
"""

import socket
import threading
from types import TracebackType
from typing import Final, Protocol, Self

from townhall_smartcard.connection import RawCommand
from townhall_smartcard.errors import CardMisuseError, CardMuteError, CardRemovedError

_POWER_OFF: Final = b"\x00"
_POWER_ON: Final = b"\x01"
_RESET: Final = b"\x02"
_GET_ATR: Final = b"\x04"

_RETRY_S: Final = 0.02
_DIAL_S: Final = 0.25  # the driver's queue has one place; the kernel would try a full one again only after a second
_NOTICED_WITHIN_S: Final = 5.0  # the service looks every 0.4 s; one that is halted never does
_UNHEARD_S: Final = 5.0
"""A driver asks for the ATR each 0.4 s. Two of its threads that accept at once may lose a line between them: it stays
open and nobody ever reads it. One that hears nothing for so long is dialled anew."""
_NO_ATR: Final = bytes(34)
"""One byte more than an ATR may have: the reader sees a card in the slot that gives no ATR when powered."""


class VirtualCard(Protocol):
    """What a virtual reader needs of a card. An empty ``atr`` is a dead card."""

    @property
    def atr(self) -> bytes:
        """Answer to reset."""
        ...

    def transmit(self, command: RawCommand) -> bytes:
        """Answer one command.

        Raises:
            CardMuteError: the card never answers this command.
            CardRemovedError: the card was pulled at this command.
        """
        ...

    def reset(self) -> None:
        """Lose what a card loses without power."""
        ...


class VirtualReader:
    """One slot. All methods may be called from any thread; the card is only used by the slot's own thread.

    The slot dials the reader driver and keeps dialling while a card is in it, so the PC/SC service may come later,
    go away and return.
    """

    def __init__(self, card: VirtualCard | None, host: str, port: int) -> None:
        """Take the driver's address; with a card it is put in at once."""
        self._address: Final = (host, port)
        self._lock: Final = threading.Lock()
        self._insertion: _Insertion | None = None
        if card is not None:
            self.insert(card)

    def __enter__(self) -> Self:
        """Return the slot itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the card out, slowly."""
        self.close()

    @property
    def card(self) -> VirtualCard | None:
        """The card in the slot."""
        insertion = self._insertion
        return None if insertion is None or insertion.is_over else insertion.card

    def insert(self, card: VirtualCard) -> None:
        """Put a card in. The service notices within half a second.

        Raises:
            CardMisuseError: there is a card in the slot.
        """
        with self._lock:
            if self.card is not None:
                raise CardMisuseError("one slot holds one card")
            if self._insertion is not None:
                self._insertion.end()
            card.reset()
            self._insertion = _Insertion(card, self._address)
            self._insertion.start()

    def remove(self) -> None:
        """Take the card out, if there is one; also in the middle of a command. Returns when it is out."""
        with self._lock:
            if self._insertion is not None:
                self._insertion.end()
            self._insertion = None

    def remove_slowly(self) -> None:
        """Take the card out as a hand does: when this returns, the service has seen the slot empty, if it runs.

        A program that pulls a card and goes on in no time meets a service that still tells of the old one.
        """
        with self._lock:
            if self._insertion is not None:
                self._insertion.end_slowly()
            self._insertion = None

    def close(self) -> None:
        """Take the card out for good; slowly, because the next card may be another slot's."""
        self.remove_slowly()


class _Insertion(threading.Thread):
    """One card in the slot, from putting in to taking out."""

    def __init__(self, card: VirtualCard, address: tuple[str, int]) -> None:
        super().__init__(name="virtual-reader", daemon=True)
        self.card: Final = card
        self._address: Final = address
        self._over: Final = threading.Event()
        self._lock: Final = threading.Lock()
        self._line: socket.socket | None = None

    @property
    def is_over(self) -> bool:
        return self._over.is_set()

    def end(self) -> None:
        """Take the card out and wait for the thread."""
        self._over.set()
        with self._lock:
            if self._line is not None:
                _shut(self._line, socket.SHUT_RDWR)
        if self is not threading.current_thread():
            self.join()

    def end_slowly(self) -> None:
        """Answer nothing any more, and wait until the driver has found that out and hung up."""
        self._over.set()
        with self._lock:
            if self._line is not None:
                _shut(self._line, socket.SHUT_WR)
        self.join(_NOTICED_WITHIN_S)
        self.end()

    def run(self) -> None:
        while not self.is_over:
            try:
                line = socket.create_connection(self._address, timeout=_DIAL_S)
            except OSError:  # the service is not there (yet, or any more)
                self._over.wait(_RETRY_S)
                continue
            with line:
                self._serve(line)

    def _serve(self, line: socket.socket) -> None:
        line.settimeout(_UNHEARD_S)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._lock:
            if self.is_over:  # taken out while it was dialling: nobody would ever shut this line
                return
            self._line = line
        try:
            while (message := _receive(line)) is not None:
                if not self.is_over:
                    self._answer(line, message)
        except CardRemovedError:
            self._over.set()
        except OSError:  # the service ended or lost the line, or the card was taken out while we wrote
            pass
        finally:
            with self._lock:
                self._line = None

    def _answer(self, line: socket.socket, message: bytes) -> None:
        if message == _GET_ATR:
            _send(line, self.card.atr or _NO_ATR)
        elif message in (_POWER_OFF, _RESET):
            self.card.reset()
        elif message != _POWER_ON:
            self._answer_command(line, message)

    def _answer_command(self, line: socket.socket, command: bytes) -> None:
        try:
            answer = self.card.transmit(command)
        except CardMuteError:
            line.settimeout(None)
            while _receive(line) is not None:  # until the card is taken out or the service ends
                pass
            return
        _send(line, answer)


def _receive(line: socket.socket) -> bytes | None:
    """Return one message, None at the end of the line."""
    length = _receive_exactly(line, 2)
    return None if length is None else _receive_exactly(line, int.from_bytes(length, "big"))


def _receive_exactly(line: socket.socket, count: int) -> bytes | None:
    received = b""
    while len(received) < count:
        part = line.recv(count - len(received))
        if not part:
            return None
        # The driver writes length and body apart and waits for our acknowledgement in between. Linux forgets this
        # option at will, so it is set again after every read: 0.1 ms a command instead of 44.
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        received += part
    return received


def _send(line: socket.socket, message: bytes) -> None:
    line.sendall(len(message).to_bytes(2, "big") + message)


def _shut(line: socket.socket, how: int) -> None:
    try:
        line.shutdown(how)
    except OSError:  # the other side was faster
        return
