# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Points: judged by OpenSSL where it tells them whole, and by the textbook's double-and-add everywhere."""

import subprocess
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from townhall_smartcard.emrtd import ladder
from townhall_smartcard.emrtd.curves import CURVES
from townhall_smartcard.emrtd.elliptic import Curve, Point
from townhall_smartcard.errors import CardMisuseError, CardUnreadableError
from townhall_smartcard.tlv import encode

OPENSSL_NAMES = {
    8: "prime192v1",
    9: "brainpoolP192r1",
    10: "secp224r1",
    11: "brainpoolP224r1",
    12: "prime256v1",
    13: "brainpoolP256r1",
    14: "brainpoolP320r1",
    15: "secp384r1",
    16: "brainpoolP384r1",
    17: "brainpoolP512r1",
    18: "secp521r1",
}
every_curve = pytest.mark.parametrize("number", CURVES)


def textbook_sum(curve: Curve, one: Point, other: Point) -> Point:
    if one == other:
        slope = (3 * one.x**2 + curve.standard.a) * pow(2 * one.y, -1, curve.prime)
    else:
        slope = (other.y - one.y) * pow(other.x - one.x, -1, curve.prime)
    x = (slope**2 - one.x - other.x) % curve.prime
    return Point(x, (slope * (one.x - x) - one.y) % curve.prime)


def textbook_multiple(curve: Curve, scalar: int, point: Point) -> Point:
    result = point
    for bit in bin(scalar)[3:]:
        result = textbook_sum(curve, result, result)
        if bit == "1":
            result = textbook_sum(curve, result, point)
    return result


def scalars(curve: Curve, data: st.DataObject) -> int:
    return data.draw(st.integers(3, curve.order - 3) | st.integers(3, 100))


@every_curve
def test_the_parameters_are_those_that_openssl_prints(number: int) -> None:
    curve = CURVES[number]
    command = ["openssl", "ecparam", "-name", OPENSSL_NAMES[number], "-param_enc", "explicit", "-outform", "DER"]
    printed = subprocess.run(command, capture_output=True, check=True).stdout
    length = curve.coordinate_bytes
    for value in (curve.prime, curve.standard.a, curve.standard.b, curve.generator.x, curve.generator.y, curve.order):
        assert value.to_bytes(length, "big") in b"\0" + printed


def openssl_public_key(number: int, scalar: int) -> bytes:
    """Let the openssl program make the public key of a private one: it knows the curves that its library hides."""
    curve, name = CURVES[number], OPENSSL_NAMES[number]
    private = scalar.to_bytes((curve.order.bit_length() + 7) // 8, "big")
    identifier = subprocess.run(
        ["openssl", "ecparam", "-name", name, "-outform", "DER"], capture_output=True, check=True
    )
    key = encode(0x30, b"\x02\x01\x01" + encode(0x04, private) + encode(0xA0, identifier.stdout))
    command = ["openssl", "ec", "-inform", "DER", "-pubout", "-outform", "DER"]
    made = subprocess.run(command, input=key, capture_output=True, check=True).stdout
    return made[-curve.key_bytes :]


@every_curve
@settings(max_examples=3, deadline=None)
@given(data=st.data())
def test_a_public_key_is_the_one_that_the_openssl_program_makes(number: int, data: st.DataObject) -> None:
    curve = CURVES[number]
    scalar = data.draw(st.integers(1, curve.order - 2))
    assert curve.encode(curve.multiply(scalar, curve.generator)) == openssl_public_key(number, scalar)


@every_curve
@settings(max_examples=10)
@given(data=st.data())
def test_a_multiple_of_the_generator_is_what_openssl_makes_it(number: int, data: st.DataObject) -> None:
    curve = CURVES[number]
    scalar = scalars(curve, data)
    assert curve.multiply(scalar, curve.multiple_of_generator(1)) == curve.multiple_of_generator(scalar)


@every_curve
@settings(max_examples=10)
@given(data=st.data())
def test_a_multiple_of_any_point_is_the_textbooks(number: int, data: st.DataObject) -> None:
    curve = CURVES[number]
    point = curve.multiple_of_generator(scalars(curve, data))
    scalar = scalars(curve, data)
    assert curve.multiply(scalar, point) == textbook_multiple(curve, scalar, point)


@every_curve
@settings(max_examples=10)
@given(data=st.data())
def test_a_sum_is_the_multiple_by_the_sum(number: int, data: st.DataObject) -> None:
    curve = CURVES[number]
    one = scalars(curve, data)
    other = data.draw(st.integers(1, curve.order - 1).filter(lambda each: each not in (one, curve.order - one)))
    points = curve.multiple_of_generator(one), curve.multiple_of_generator(other)
    assert curve.add(*points) == curve.multiple_of_generator((one + other) % curve.order)


@every_curve
@settings(max_examples=10)
@given(data=st.data())
def test_both_partners_share_one_secret(number: int, data: st.DataObject) -> None:
    curve = CURVES[number]
    one, other = scalars(curve, data), scalars(curve, data)
    ours = curve.multiply(one, curve.multiple_of_generator(other))
    theirs = curve.multiply(other, curve.multiple_of_generator(one))
    assert curve.secret(ours) == curve.secret(theirs)
    assert len(curve.secret(ours)) == curve.coordinate_bytes


@every_curve
@pytest.mark.parametrize("distance", [1, 2])
def test_the_smallest_and_the_largest_scalars_are_taken(number: int, distance: int) -> None:
    curve = CURVES[number]
    generator = curve.multiple_of_generator(1)
    assert curve.multiply(distance, generator) == curve.multiple_of_generator(distance)
    last = curve.order - 1 - distance
    assert curve.multiply(last, generator) == curve.multiple_of_generator(last)


@every_curve
def test_random_scalars_reach_from_one_to_what_multiply_takes(number: int) -> None:
    curve = CURVES[number]
    assert curve.random_scalar(bytes) == 1
    assert curve.random_scalar(lambda count: (curve.order - 3).to_bytes(count, "big")) == curve.order - 2
    assert curve.random_scalar(lambda count: (curve.order - 2).to_bytes(count, "big")) == 1


@every_curve
def test_a_point_comes_back_from_its_bytes(number: int) -> None:
    curve = CURVES[number]
    point = curve.multiple_of_generator(7)
    assert curve.decode(curve.encode(point)) == point


@every_curve
@settings(max_examples=10)
@given(data=st.data())
def test_what_is_no_point_of_the_curve_is_refused(number: int, data: st.DataObject) -> None:
    curve = CURVES[number]
    raw = bytearray(curve.encode(curve.multiple_of_generator(7)))
    raw[data.draw(st.integers(1, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(CardUnreadableError):
        curve.decode(bytes(raw))


@pytest.mark.parametrize("form", ["", "00", "02", "03", "04", "06"])
def test_infinity_and_other_forms_are_refused(form: str) -> None:
    with pytest.raises(CardUnreadableError):
        CURVES[12].decode(bytes.fromhex(form) + bytes(32))


def test_a_coordinate_beyond_the_field_is_refused() -> None:
    curve = CURVES[13]
    point = curve.multiple_of_generator(7)
    for shifted in (Point(point.x + curve.prime, point.y), Point(point.x, point.y + curve.prime)):
        if max(shifted.x, shifted.y) < 1 << 256:
            with pytest.raises(CardUnreadableError):
                curve.decode(curve.encode(shifted))


def test_equal_and_opposite_points_are_not_added() -> None:
    curve = CURVES[12]
    point = curve.multiple_of_generator(7)
    for other in (point, Point(point.x, curve.prime - point.y)):
        with pytest.raises(CardUnreadableError):
            curve.add(point, other)


@every_curve
@settings(max_examples=10)
@given(data=st.data())
def test_a_number_becomes_a_point_of_the_curve(number: int, data: st.DataObject) -> None:
    curve = CURVES[number]
    drawn = data.draw(st.integers(2, curve.prime - 2))
    if curve.prime % 4 == 1:
        with pytest.raises(CardMisuseError):
            curve.element_of(drawn)
        return
    point = curve.element_of(drawn)
    assert curve.decode(curve.encode(point)) == point
    assert curve.element_of(curve.prime - drawn).x == point.x, "the encoding takes the square alone"
    assert point.x in both_candidates(curve, drawn)


def both_candidates(curve: Curve, number: int) -> tuple[int, int]:
    alpha = -(number**2) % curve.prime
    inverse = pow(alpha + alpha**2, -1, curve.prime)
    one = -curve.standard.b * pow(curve.standard.a, -1, curve.prime) * (1 + inverse) % curve.prime
    return one, alpha * one % curve.prime


@pytest.mark.parametrize("number", [0, 1, -1])
def test_numbers_that_lead_nowhere_are_refused(number: int) -> None:
    with pytest.raises(CardUnreadableError):
        CURVES[13].element_of(number % CURVES[13].prime)


@pytest.mark.parametrize("number", [9, 11, 14])
def test_the_ladder_takes_the_same_steps_for_every_number(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    curve, steps = CURVES[number], []
    count = ladder._sum

    def counted(*points: Any) -> Any:  # noqa: ANN401 - hands on what it is given
        steps.append(1)
        return count(*points)

    monkeypatch.setattr(ladder, "_sum", counted)
    taken = set()
    for scalar in (1, 2, 1 << 100, curve.order // 2, curve.order - 2):
        steps.clear()
        curve.multiply(scalar, curve.generator)
        taken.add(len(steps))
    assert taken == {1 + 2 * curve.order.bit_length()}


def test_no_point_shows() -> None:
    assert repr(CURVES[12].multiple_of_generator(7)) == "Point()"
