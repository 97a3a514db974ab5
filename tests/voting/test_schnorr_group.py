# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Powers that share their work are those that Python computes one by one, and membership is never taken on trust."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from townhall_voting.errors import MembershipError
from townhall_voting.group import Element, Scalar
from townhall_voting.schnorr_group import BELENIOS_2048, RFC_3526_2048, SchnorrGroup

GROUPS = st.sampled_from([BELENIOS_2048, RFC_3526_2048])
SEEDS = st.integers(0, 1 << 600)


def element(group: SchnorrGroup, seed: int) -> Element:
    return Element(pow(group.generator, seed % group.order, group.modulus))


@given(GROUPS, SEEDS, st.lists(SEEDS | st.integers(0, 3), max_size=6))
@settings(max_examples=40, deadline=None)
def test_powers_of_one_base_are_each_its_power(group: SchnorrGroup, seed: int, seeds: list[int]) -> None:
    base, exponents = element(group, seed), [group.scalar(each) for each in seeds]
    expected = tuple(pow(base, exponent, group.modulus) for exponent in exponents)
    assert group.powers(base, exponents) == expected
    assert group.checked_powers(base, exponents) == expected
    assert tuple(group.power(base, exponent) for exponent in exponents) == expected


@pytest.mark.parametrize("group", [BELENIOS_2048, RFC_3526_2048], ids=lambda group: group.name)
def test_the_largest_exponents_and_those_at_the_edges_of_rows(group: SchnorrGroup) -> None:
    edges = [Scalar(group.order - 1), *(Scalar((1 << bits) % group.order) for bits in range(0, 2048, 43)), Scalar(0)]
    for count in (1, 2, 3, 4, 5, 9):
        expected = tuple(pow(group.generator, exponent, group.modulus) for exponent in edges[:count])
        assert group.powers(group.generator, edges[:count]) == expected


def outsiders(group: SchnorrGroup) -> list[int]:
    """Numbers of small order, their products with elements, and numbers that are none of the group's."""
    modulus, cofactor = group.modulus, (group.modulus - 1) // group.order
    small = {pow(base, group.order * cofactor // order, modulus) for base in (2, 3, 5, 7) for order in _small(cofactor)}
    small = (small | {modulus - 1}) - {1}
    with_element = {number * element(group, 12345) % modulus for number in small}
    return [0, -1, modulus, modulus + 1, *sorted(small), *sorted(with_element)]


def _small(cofactor: int) -> list[int]:
    return [order for order in (2, 3, 6) if cofactor % order == 0]


@pytest.mark.parametrize("group", [BELENIOS_2048, RFC_3526_2048], ids=lambda group: group.name)
def test_a_number_outside_the_group_is_refused_with_and_without_powers(group: SchnorrGroup) -> None:
    numbers = outsiders(group)
    assert len(numbers) >= 6
    for number in numbers:
        assert not group.is_element(number)
        for exponents in ([], [Scalar(5)], [Scalar(5), Scalar(group.order - 1)]):
            with pytest.raises(MembershipError):
                group.checked_powers(number, exponents)


@given(GROUPS, SEEDS)
@settings(max_examples=40, deadline=None)
def test_membership_is_what_the_definition_says(group: SchnorrGroup, seed: int) -> None:
    number = seed % group.modulus
    assert group.is_element(number) == (number > 0 and pow(number, group.order, group.modulus) == 1)
    assert group.is_element(element(group, seed))


def test_the_cofactor_is_divisible_by_two_and_three_so_that_products_would_hide_outsiders() -> None:
    group = BELENIOS_2048
    assert len(_small((group.modulus - 1) // group.order)) == 3
    minus_one = Element(group.modulus - 1)
    assert group.is_element(group.multiply(minus_one, minus_one))
    assert not group.is_element(minus_one)
