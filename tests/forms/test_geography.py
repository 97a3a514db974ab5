# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Places in expressions: lengths and areas that a sphere gives by itself, and where points and lines lie."""

import math
from collections.abc import Callable

import pytest

from townhall_forms.xpath.values import Value

Evaluate = Callable[..., Value]
RADIUS_M = 6_378_100.0
SQUARE = "0 0; 0 1; 1 1; 1 0; 0 0"


@pytest.mark.parametrize(
    ("line", "metres"),
    [
        ("'0 0; 0 90'", math.pi / 2 * RADIUS_M),  # a quarter of the equator
        ("'0 0; 0 90', '0 180'", math.pi * RADIUS_M),  # half of it, from two arguments
        ("'90 17 12.5 3; -90 -120 0 0'", math.pi * RADIUS_M),  # from pole to pole, whatever the meridians
        ("'10 179.5; 10 -179.5'", 2 * RADIUS_M * math.asin(math.cos(math.radians(10)) * math.sin(math.radians(0.5)))),
        ("'58.38 26.72'", 0.0),
        ("''", 0.0),
    ],
)
def test_a_distance_is_that_of_great_circles(evaluate: Evaluate, line: str, metres: float) -> None:
    assert evaluate(f"distance({line})") == pytest.approx(metres, rel=1e-9, abs=0.2)


def test_an_area_is_that_of_the_sphere_as_long_as_it_is_small(evaluate: Evaluate) -> None:
    on_sphere = RADIUS_M**2 * math.radians(1) * math.sin(math.radians(1))
    assert evaluate(f"area('{SQUARE}')") == pytest.approx(on_sphere, rel=1e-4)
    other_way_round = "; ".join(reversed(SQUARE.split("; ")))
    assert evaluate(f"area('{other_way_round}')") == pytest.approx(on_sphere, rel=1e-4)
    assert evaluate("area('0 0; 0 1')") == 0.0


@pytest.mark.parametrize("place", ["north 0", "91 0", "0 181", "1", "1 2 3 4 5", "nan 0", "0 inf"])
def test_what_is_no_place_has_no_length_and_no_area_and_lies_nowhere(evaluate: Evaluate, place: str) -> None:
    for function in ("distance", "area"):
        value = evaluate(f"{function}('0 0; {place}; 1 1')")
        assert isinstance(value, float)
        assert math.isnan(value)
    assert evaluate(f"geofence('{place}', '{SQUARE}')") is False
    assert evaluate(f"geofence('0.5 0.5', '{SQUARE}; {place}')") is False


@pytest.mark.parametrize(
    ("place", "is_inside"),
    [
        ("0.5 0.5", True),
        ("0.5 0.5 7 1", True),
        ("0.5 1.5", False),
        ("0.5 -0.5", False),
        ("1.5 0.5", False),
        ("", False),
    ],
)
def test_a_place_is_inside_of_a_shape_or_not(evaluate: Evaluate, place: str, *, is_inside: bool) -> None:
    assert evaluate(f"geofence('{place}', '{SQUARE}')") is is_inside


def test_the_bay_of_a_shape_is_outside_of_it(evaluate: Evaluate) -> None:
    horseshoe = "0 0; 0 3; 3 3; 3 2; 1 2; 1 1; 3 1; 3 0; 0 0"
    assert evaluate(f"geofence('2 1.5', '{horseshoe}')") is False
    assert evaluate(f"geofence('2 0.5', '{horseshoe}')") is True
    assert evaluate(f"geofence('2 2.5', '{horseshoe}')") is True


@pytest.mark.parametrize(
    ("line", "crosses"),
    [
        (SQUARE, False),  # its ends meet, and that is no crossing
        ("0 0; 1 1; 0 1; 1 0", True),
        ("0 0; 1 1; 0 1; 1 0; 0 0", True),
        ("0 0; 0 1; 1 1; 1 0", False),
        ("0 0; 1 1", False),
        ("no line", False),
    ],
)
def test_a_line_crosses_itself_or_not(evaluate: Evaluate, line: str, *, crosses: bool) -> None:
    assert evaluate(f"intersects('{line}')") is crosses
