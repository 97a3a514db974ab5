# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Every family of cards through a real pcscd, beside the same APDUs sent bare; PACE's arithmetic beside OpenSSL's.

The virtual reader takes as long over each command as the line of a real one would.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec

from townhall_bench.cards import beside_raw
from townhall_bench.line import RADIO, CardOnTheLine, contact_line
from townhall_bench.pairing import in_turns, seconds
from townhall_bench.row import Budget, Held, Row
from townhall_smartcard.access_operations import perform_on
from townhall_smartcard.connection import CardConnection, RawCommand
from townhall_smartcard.emrtd.access import AccessRefused, MrzNeeded
from townhall_smartcard.emrtd.at_desk import find_document
from townhall_smartcard.emrtd.document import read_document
from townhall_smartcard.emrtd.lds.mrz import parse_mrz
from townhall_smartcard.emrtd.pace import PacePassword, PasswordReference
from townhall_smartcard.emrtd.session import EmrtdSession, open_emrtd
from townhall_smartcard.errors import CardUnreadableError
from townhall_smartcard.messages import CardContents, CardRequest, Outcome, PinRole, ReadCard, Sign
from townhall_smartcard.processors import processors_for
from townhall_smartcard.simulation import lds_files, states
from townhall_smartcard.simulation.documents import ACCESS_NUMBER, DocumentWish, document
from townhall_smartcard.simulation.emrtd_chip import ChipContents, EmrtdChip
from townhall_smartcard.simulation.every_family import EVERY_FAMILY, NationalSample
from townhall_smartcard.simulation.pcscd import PrivatePcscd
from townhall_smartcard.simulation.stack import virtual_reader_name
from townhall_smartcard.simulation.state_keys import CurveStateKey
from townhall_smartcard.simulation.vpcd import VirtualCard, VirtualReader

_MS: Final = 1000.0
_ROUNDS: Final = 40
_WAIT_S: Final = 30.0
_MULTIPLICATIONS: Final = 5
"""Of a point, at the kiosk: two for the mapping's own exchange, one to map, two to agree."""
_PICTURE: Final = bytes.fromhex("FFD8FFE0") + bytes(18_000)
"""As long as photographs in documents are."""

MakePassword = Callable[[], PacePassword]


def rows() -> Iterator[Row]:
    """Measure."""
    with PrivatePcscd() as service:
        os.environ.update(service.environment)  # libpcsclite reads it at the first call
        for name, make in EVERY_FAMILY.items():
            sample = make()
            with _inserted(service, CardOnTheLine(sample.card, contact_line(sample.card.atr))) as reader:
                yield from _national(name, sample, reader)
        for name, contents, password in _documents():
            with _inserted(service, CardOnTheLine(EmrtdChip(contents, randomness=_of_the_chip), RADIO)) as reader:
                yield beside_raw(f"{name}: open and read", reader, partial(_read, password))
    yield _arithmetic()


@contextmanager
def _inserted(service: PrivatePcscd, card: VirtualCard) -> Iterator[str]:
    with VirtualReader(card, "127.0.0.1", service.ports[0]):
        yield find_document(virtual_reader_name(0), _WAIT_S)


def _national(name: str, sample: NationalSample, reader: str) -> Iterator[Row]:
    def ask(request: CardRequest, connection: CardConnection) -> Outcome:
        number = bytearray(sample.access_number) if sample.access_number else None
        return perform_on(sample.family, request, processors_for(connection), number)

    contents = ask(ReadCard(1, reader), sample.card)
    sample.card.reset()
    if not isinstance(contents, CardContents):
        raise CardUnreadableError(type(contents).__name__)
    digest = bytes(contents.algorithms[PinRole.SIGNATURE].digest.size_bytes)

    def read(connection: CardConnection) -> None:
        ask(ReadCard(1, reader), connection)

    def sign(connection: CardConnection) -> None:
        ask(Sign(1, reader, bytearray(sample.pin2), digest), connection)

    yield beside_raw(f"{name}: read", reader, read)
    yield beside_raw(f"{name}: sign", reader, sign)


def _documents() -> Iterator[tuple[str, ChipContents, MakePassword]]:
    signer = states.document_signer(states.authority(CurveStateKey("secp256r1")))
    contents = document(DocumentWish(signer, picture=_PICTURE))
    by_number = partial(PacePassword, PasswordReference.CAN)
    yield "eMRTD by PACE", contents, lambda: by_number(bytearray(ACCESS_NUMBER))
    by_zone = parse_mrz(lds_files.td1(lds_files.Holder())).password
    yield "eMRTD by BAC", replace(contents, offers=()), by_zone


def _opened(password: MakePassword, connection: CardConnection) -> EmrtdSession:
    session = open_emrtd(processors_for(connection, is_extended=True), password(), _of_the_kiosk)
    if isinstance(session, AccessRefused | MrzNeeded):
        raise CardUnreadableError(type(session).__name__)
    return session


def _read(password: MakePassword, connection: CardConnection) -> None:
    read_document(_opened(password, connection))


def _arithmetic() -> Row:
    """Open by PACE with a chip whose answers are known already: what is left is the kiosk's own work."""
    ((_, contents, password), _) = _documents()
    remembering = _Remembering(EmrtdChip(contents, randomness=_of_the_chip))
    _opened(password, remembering)
    key = ec.generate_private_key(ec.BrainpoolP256R1())
    point = ec.generate_private_key(ec.BrainpoolP256R1()).public_key()

    def multiply() -> None:
        for _ in range(_MULTIPLICATIONS):
            key.exchange(ec.ECDH(), point)

    ours, floor = in_turns(
        seconds(lambda: _opened(password, _Remembered(iter(remembering.answers)))), seconds(multiply), _ROUNDS
    )
    name, peer = "PACE over brainpoolP256r1 at the kiosk", "OpenSSL: five multiplications of a point (floor)"
    return Row(name, ours * _MS, "ms", peer, floor * _MS, Budget(20, Held.VALUE))


@dataclass(slots=True)
class _Remembering:
    """A card, and what it answered."""

    card: CardConnection
    answers: list[bytes]

    def __init__(self, card: CardConnection) -> None:
        self.card, self.answers = card, []

    def transmit(self, command: RawCommand) -> bytes:
        self.answers.append(self.card.transmit(command))
        return self.answers[-1]


@dataclass(slots=True)
class _Remembered:
    """Answers without a card."""

    answers: Iterator[bytes]

    def transmit(self, command: RawCommand) -> bytes:  # noqa: ARG002  # the same command gets the same answer
        return next(self.answers)


def _of_the_kiosk(size_bytes: int) -> bytes:
    """Return the same bytes each time, so that the same commands can be sent bare."""
    return bytes(place % 251 + 1 for place in range(size_bytes))


def _of_the_chip(size_bytes: int) -> bytes:
    return _of_the_kiosk(size_bytes)[::-1]
