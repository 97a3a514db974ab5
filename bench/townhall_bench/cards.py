# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Card operations through a real pcscd, beside the same APDUs sent bare, and beside OpenSC's count of APDUs."""

import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Final

from townhall_bench.pairing import in_turns
from townhall_bench.row import Budget, Held, Row
from townhall_smartcard.call_clock import CallClock
from townhall_smartcard.connection import CardConnection, RawCommand
from townhall_smartcard.messages import Authenticate, CardRequest, ReadCard, Sign
from townhall_smartcard.operations import perform
from townhall_smartcard.pcsc import card_transaction
from townhall_smartcard.processors import processors_for
from townhall_smartcard.simulation.estonian_card import EstonianCard
from townhall_smartcard.simulation.estonian_card_person import KADRI
from townhall_smartcard.simulation.pcscd import PrivatePcscd
from townhall_smartcard.simulation.pki import TestPki
from townhall_smartcard.simulation.stack import virtual_reader_name
from townhall_smartcard.simulation.vpcd import VirtualReader

_DIGEST: Final = bytes(48)
_ROUNDS: Final = 40
_MS: Final = 1000.0
_DEADLINE_S: Final = 30.0
_MODULE: Final = "opensc-pkcs11.so"


def rows() -> Iterator[Row]:
    """Measure."""
    card = CountingCard(EstonianCard(KADRI, TestPki().issue_card_keys(KADRI)))
    with ExitStack() as stack:
        service = stack.enter_context(PrivatePcscd())
        stack.enter_context(VirtualReader(card, "127.0.0.1", service.ports[0]))
        os.environ.update(service.environment)  # libpcsclite reads it at the first call
        _said(service, "opensc-tool", "--wait", "--atr")
        reader = virtual_reader_name(0)
        operations: tuple[tuple[str, Callable[[], CardRequest]], ...] = (
            ("read a card", lambda: ReadCard(1, reader)),
            ("authenticate with PIN 1", lambda: Authenticate(1, reader, bytearray(b"1234"), _DIGEST)),
            ("sign with PIN 2", lambda: Sign(1, reader, bytearray(b"12345"), _DIGEST)),
        )
        for name, request in operations:
            yield beside_raw(name, reader, partial(_perform, request))
        card.count = 0
        _once(reader, operations[2][1])
        ours, card.count = card.count, 0
        yield Row("APDUs of a signature", ours, "APDUs", "pkcs11-tool", _opensc_signs(service, card), _no_more())


class CountingCard:
    """A simulated card that counts what it is asked."""

    def __init__(self, card: EstonianCard) -> None:
        """Count for ``card``."""
        self._card = card
        self.count = 0

    @property
    def atr(self) -> bytes:
        """As the card's."""
        return self._card.atr

    def transmit(self, command: RawCommand) -> bytes:
        """Count, and ask the card."""
        self.count += 1
        return self._card.transmit(command)

    def reset(self) -> None:
        """As the card's."""
        self._card.reset()


class _Recording:
    """Keeps the commands of one operation, to send them again bare."""

    def __init__(self, connection: CardConnection) -> None:
        self._connection = connection
        self.commands: list[bytes] = []

    def transmit(self, command: RawCommand) -> bytes:
        self.commands.append(bytes(command))
        return self._connection.transmit(command)


def beside_raw(name: str, reader: str, work: Callable[[CardConnection], object]) -> Row:
    """Return a card operation beside the very same commands sent bare; each time it must send the same ones."""
    with card_transaction(reader, CallClock(_DEADLINE_S)) as connection:
        recording = _Recording(connection)
        work(recording)
        commands = recording.commands

    def ours() -> float:
        with card_transaction(reader, CallClock(_DEADLINE_S)) as connection:
            begun = time.perf_counter()
            work(connection)
            return time.perf_counter() - begun

    def bare() -> float:
        with card_transaction(reader, CallClock(_DEADLINE_S)) as connection:
            begun = time.perf_counter()
            for command in commands:
                connection.transmit(command)
            return time.perf_counter() - begun

    value, floor = in_turns(ours, bare, _ROUNDS)
    return Row(
        f"{name} ({len(commands)} APDUs)",
        value * _MS,
        "ms",
        "the same APDUs sent bare (floor)",
        floor * _MS,
        Budget(1.05, Held.RATIO),
    )


def _perform(request: Callable[[], CardRequest], connection: CardConnection) -> None:
    perform(request(), processors_for(connection))


def _once(reader: str, request: Callable[[], CardRequest]) -> None:
    with card_transaction(reader, CallClock(_DEADLINE_S)) as connection:
        _perform(request, connection)


def _opensc_signs(service: PrivatePcscd, card: CountingCard) -> int:
    with tempfile.TemporaryDirectory() as folder:
        digest, signature = Path(folder) / "digest", Path(folder) / "signature"
        digest.write_bytes(_DIGEST)
        _said(
            service,
            *("pkcs11-tool", "--module", _MODULE, "--slot-index", "1", "--login", "--pin", "12345"),
            *("--sign", "--mechanism", "ECDSA", "--id", "02"),
            *("--input-file", str(digest), "--output-file", str(signature)),
        )
    return card.count


def _no_more() -> Budget:
    return Budget(1, Held.RATIO)


def _said(service: PrivatePcscd, *command: str) -> None:
    subprocess.run(command, env=service.environment, check=True, capture_output=True, timeout=_DEADLINE_S)
