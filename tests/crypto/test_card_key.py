# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Agreement with a card's key: the card finds the secret again, and whoever carries its answer does not."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from townhall_crypto.card_key import NUMBER_BYTES, BlindedPoint, agree, card_public_key, is_signature
from townhall_crypto.errors import MalformedError

CURVE = ec.SECP384R1()


@pytest.fixture
def card() -> ec.EllipticCurvePrivateKey:
    """The card's side: it answers a point with the x of its product, as ISO 7816-8 DECIPHER does."""
    return ec.generate_private_key(CURVE)


def answer(card: ec.EllipticCurvePrivateKey, point: bytes) -> bytes:
    return card.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(CURVE, point))


@pytest.mark.parametrize("attempt", range(8))
def test_the_card_finds_the_secret_through_the_blinded_point(card: ec.EllipticCurvePrivateKey, attempt: int) -> None:
    agreement = agree(card.public_key())
    blinded = BlindedPoint.of(agreement.ephemeral)
    assert blinded.unblind(answer(card, blinded.point)) == agreement.shared, f"attempt {attempt}: either sign of y"


def test_who_carries_point_and_answer_has_neither_the_secret_nor_the_authors_point(
    card: ec.EllipticCurvePrivateKey,
) -> None:
    agreement = agree(card.public_key())
    one, other = BlindedPoint.of(agreement.ephemeral), BlindedPoint.of(agreement.ephemeral)
    carried = {one.point, other.point, answer(card, one.point), answer(card, other.point)}
    assert len(carried) == 4, "fresh each time"
    assert agreement.ephemeral not in carried
    assert bytes(agreement.shared.reveal()) not in carried


def test_another_card_finds_another_secret(card: ec.EllipticCurvePrivateKey) -> None:
    agreement = agree(card.public_key())
    blinded = BlindedPoint.of(agreement.ephemeral)
    assert blinded.unblind(answer(ec.generate_private_key(CURVE), blinded.point)) != agreement.shared


@pytest.mark.parametrize("x", [b"", bytes(NUMBER_BYTES - 1), b"\xff" * NUMBER_BYTES, b"\x00" * (NUMBER_BYTES + 1)])
def test_an_answer_that_is_no_x_of_a_point_is_refused(card: ec.EllipticCurvePrivateKey, x: bytes) -> None:
    with pytest.raises(MalformedError):
        BlindedPoint.of(agree(card.public_key()).ephemeral).unblind(x)


@pytest.mark.parametrize("point", [b"", b"\x04" + bytes(96), b"\x02" + bytes(48), b"\x00" * 97])
def test_what_is_no_point_is_not_blinded(point: bytes) -> None:
    with pytest.raises(MalformedError):
        BlindedPoint.of(point)


def test_no_certificate_has_no_key_and_signed_nothing() -> None:
    with pytest.raises(MalformedError):
        card_public_key(b"no certificate")
    assert not is_signature(b"no certificate", bytes(48), bytes(96))
    assert not is_signature(b"no certificate", bytes(48), b"short")
