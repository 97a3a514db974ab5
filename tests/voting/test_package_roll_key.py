# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The roll key: any two of the officers' cards open it together, and nothing else does."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA384
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from townhall_crypto.secret import Secret
from townhall_voting.errors import MalformedError, ProgrammingError, RollKeyRefusedError
from townhall_voting.mode import Mode
from townhall_voting.package.definition import Definition
from townhall_voting.package.roll_key import (
    Share,
    WrappedRollKey,
    read_wrapped,
    request_share,
    unwrap_roll_key,
    wrap_roll_key,
)

KEY = bytes(range(32))


class OfficerCard:
    """The key on an officer's card, and its certificate; what real cards do stands in tests/smartcard."""

    def __init__(self, curve: ec.EllipticCurve | None = None) -> None:
        self.key = ec.generate_private_key(curve or ec.SECP384R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "officer")])
        builder = x509.CertificateBuilder(name, name, self.key.public_key(), x509.random_serial_number())
        begins = datetime(2026, 1, 1, tzinfo=UTC)
        builder = builder.not_valid_before(begins).not_valid_after(begins + timedelta(days=365))
        self.certificate = builder.sign(self.key, SHA384()).public_bytes(Encoding.DER)

    def agree(self, point: bytes) -> bytes:
        return self.key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP384R1(), point))


@pytest.fixture(scope="module")
def officers() -> list[OfficerCard]:
    return [OfficerCard() for _ in range(3)]


@pytest.fixture
def wrapped(officers: list[OfficerCard], town: Definition) -> WrappedRollKey:
    return wrap_roll_key(Secret(KEY), [officer.certificate for officer in officers], town)


def share_of(officer: OfficerCard, wrapped: WrappedRollKey, town: Definition) -> Share:
    holder = wrapped.holder_of(officer.certificate)
    assert holder is not None
    request = request_share(wrapped, holder, town)
    return request.share(officer.agree(request.point))


@pytest.mark.parametrize("pair", list(permutations(range(3), 2)))
def test_any_two_officers_open_it_in_either_order(
    officers: list[OfficerCard], wrapped: WrappedRollKey, town: Definition, pair: tuple[int, int]
) -> None:
    one, other = (share_of(officers[at], wrapped, town) for at in pair)
    assert unwrap_roll_key(wrapped, (one, other), town) == Secret(KEY)
    assert one.secret.is_wiped
    assert other.secret.is_wiped


def test_one_officer_twice_opens_nothing(
    officers: list[OfficerCard], wrapped: WrappedRollKey, town: Definition
) -> None:
    shares = (share_of(officers[0], wrapped, town), share_of(officers[0], wrapped, town))
    with pytest.raises(RollKeyRefusedError, match="two different officers"):
        unwrap_roll_key(wrapped, shares, town)


def test_one_officer_posing_as_two_opens_nothing(
    officers: list[OfficerCard], wrapped: WrappedRollKey, town: Definition
) -> None:
    mine = share_of(officers[0], wrapped, town)
    for forged in (Share(1, Secret(bytes(48))), Share(1, Secret(mine.secret.reveal()))):
        own = share_of(officers[0], wrapped, town)
        with pytest.raises(RollKeyRefusedError):
            unwrap_roll_key(wrapped, (own, forged), town)


def test_another_card_asked_for_an_officers_share_opens_nothing(
    officers: list[OfficerCard], wrapped: WrappedRollKey, town: Definition
) -> None:
    request = request_share(wrapped, 1, town)
    forged = request.share(OfficerCard().agree(request.point))
    with pytest.raises(RollKeyRefusedError):
        unwrap_roll_key(wrapped, (share_of(officers[0], wrapped, town), forged), town)


def test_shares_of_a_test_open_nothing_of_the_official_election(
    officers: list[OfficerCard], wrapped: WrappedRollKey, town: Definition
) -> None:
    official = msgspec.structs.replace(town, mode=Mode.OFFICIAL)
    shares = (share_of(officers[0], wrapped, official), share_of(officers[1], wrapped, official))
    with pytest.raises(RollKeyRefusedError):
        unwrap_roll_key(wrapped, shares, official)


def test_who_is_no_officer_has_no_place_in_it(wrapped: WrappedRollKey) -> None:
    assert wrapped.holder_of(OfficerCard().certificate) is None


def test_the_file_has_one_spelling_and_lists_each_pair_once(wrapped: WrappedRollKey) -> None:
    data = wrapped.to_bytes()
    assert read_wrapped(data) == wrapped
    fewer = msgspec.structs.replace(wrapped, wraps=wrapped.wraps[:-1]).to_bytes()
    twice = msgspec.structs.replace(wrapped, holders=(wrapped.holders[0],) * 3).to_bytes()
    for other in (data + b"\n", data.replace(b":", b": ", 1), fewer, twice, b"{}", b"\xff"):
        with pytest.raises(MalformedError):
            read_wrapped(other)


def test_every_byte_of_a_wrap_is_held(officers: list[OfficerCard], wrapped: WrappedRollKey, town: Definition) -> None:
    first = wrapped.wraps[0]
    for at in range(len(first.wrapped)):
        flipped = bytearray(first.wrapped)
        flipped[at] ^= 1
        wraps = (msgspec.structs.replace(first, wrapped=bytes(flipped)), *wrapped.wraps[1:])
        changed = msgspec.structs.replace(wrapped, wraps=wraps)
        shares = (share_of(officers[0], changed, town), share_of(officers[1], changed, town))
        with pytest.raises(RollKeyRefusedError):
            unwrap_roll_key(changed, shares, town)


def test_it_takes_two_different_officers_with_cards_that_can(officers: list[OfficerCard], town: Definition) -> None:
    alone = [officers[0].certificate]
    for too_few in (alone, alone * 2):
        with pytest.raises(ProgrammingError):
            wrap_roll_key(Secret(KEY), too_few, town)
    with pytest.raises(MalformedError, match="P-384"):
        wrap_roll_key(Secret(KEY), [*alone, OfficerCard(ec.SECP256R1()).certificate], town)


def test_nothing_of_a_share_or_of_the_key_shows(
    officers: list[OfficerCard], wrapped: WrappedRollKey, town: Definition
) -> None:
    share = share_of(officers[0], wrapped, town)
    assert bytes(share.secret.reveal()).hex() not in repr(share)
    assert KEY not in wrapped.to_bytes()
