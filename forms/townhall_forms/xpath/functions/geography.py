# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Distances and areas on a sphere with the radius of the equator, and where points lie."""

import math
from collections.abc import Mapping
from itertools import pairwise
from typing import TypeAlias

from townhall_forms.xpath.functions.signature import Arguments, Function, of_strings, texts
from townhall_forms.xpath.scope import Scope
from townhall_forms.xpath.values import Value

_RADIUS_M = 6_378_100.0
_CIRCUMFERENCE_M = 2 * math.pi * _RADIUS_M
_MAX_POINTS = 10_000
_MAX_EDGES = 500  # of a line that is tested against itself, each edge with each

Point: TypeAlias = tuple[float, float]  # latitude and longitude in degrees


def read_points(trace: str) -> list[Point] | None:
    """Read `lat lon alt acc; lat lon alt acc; ...`, or return None if it is no such list."""
    parts = [part for part in trace.split(";") if part.strip()]
    points = [_point(part) for part in parts[:_MAX_POINTS]]
    return None if None in points else [point for point in points if point is not None]


def _point(text: str) -> Point | None:
    try:
        numbers = [float(each) for each in text.split()]
    except ValueError:
        return None
    if not 2 <= len(numbers) <= 4 or not all(math.isfinite(each) for each in numbers):
        return None
    latitude, longitude = numbers[:2]
    return (latitude, longitude) if abs(latitude) <= 90 and abs(longitude) <= 180 else None


def _line(scope: Scope, arguments: Arguments) -> list[Point] | None:
    return read_points(";".join(texts(scope, arguments)))


def _distance_between(one: Point, other: Point) -> float:
    """Return the great-circle distance in metres, by the formula of the other engines: the digits are stored."""
    latitude, other_latitude = math.radians(one[0]), math.radians(other[0])
    aside = math.cos(math.radians(other[1] - one[1]))
    cosine = math.sin(latitude) * math.sin(other_latitude) + math.cos(latitude) * math.cos(other_latitude) * aside
    return _RADIUS_M * math.acos(max(-1.0, min(1.0, cosine)))


def _distance(scope: Scope, arguments: Arguments) -> Value:
    points = _line(scope, arguments)
    if points is None:
        return math.nan
    return float(sum(_distance_between(one, other) for one, other in pairwise(points)))


def _area(scope: Scope, arguments: Arguments) -> Value:
    """Return square metres, of triangles between the first point and each edge, as the other engines measure."""
    points = _line(scope, arguments)
    if points is None:
        return math.nan
    if len(points) < 3:
        return 0.0
    origin = points[0]
    flat = [
        (
            (latitude - origin[0]) * _CIRCUMFERENCE_M / 360,
            (longitude - origin[1]) * _CIRCUMFERENCE_M * math.cos(math.radians(latitude)) / 360,
        )
        for latitude, longitude in points[1:]
    ]
    return abs(sum((one[0] * other[1] - one[1] * other[0]) / 2 for one, other in pairwise(flat)))


def _geofence(point: str, shape: str) -> bool:
    """Say whether a point lies inside a closed line, by counting the edges that a ray from it crosses."""
    points, corners = read_points(point), read_points(shape)
    if not points or not corners:
        return False
    latitude, longitude = points[0]
    is_inside = False
    for (lat_1, lon_1), (lat_2, lon_2) in pairwise(corners):
        if (lat_1 > latitude) != (lat_2 > latitude):
            crossing = lon_1 + (latitude - lat_1) / (lat_2 - lat_1) * (lon_2 - lon_1)
            is_inside ^= longitude < crossing
    return is_inside


def _intersects(line: str) -> bool:
    """Say whether a line crosses itself; ends that meet, as those of a shape do, are no crossing."""
    edges = list(pairwise((read_points(line) or [])[: _MAX_EDGES + 1]))
    last = len(edges) - 1
    return any(
        _cross(one, edges[second])
        for first, one in enumerate(edges)
        for second in range(first + 2, len(edges))
        if not (first == 0 and second == last and one[0] == edges[second][1])
    )


def _cross(one: tuple[Point, Point], other: tuple[Point, Point]) -> bool:
    (a, b), (c, d) = one, other
    return _side(a, b, c) * _side(a, b, d) <= 0 and _side(c, d, a) * _side(c, d, b) <= 0


def _side(start: Point, end: Point, point: Point) -> float:
    return (end[0] - start[0]) * (point[1] - start[1]) - (end[1] - start[1]) * (point[0] - start[0])


GEOGRAPHY: Mapping[str, Function] = {
    "area": Function(_area, 1),
    "distance": Function(_distance, 1),
    "geofence": of_strings(_geofence, 2, 2),
    "intersects": of_strings(_intersects, 1, 1),
}
