# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The list of staff: read strictly, and one answer to who is what, where and when."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from townhall_kiosk.staff.errors import RosterRefusedError
from townhall_kiosk.staff.roster import MAX_ROSTER_BYTES, Roster, StaffRole, fingerprint

PAGE = Path(__file__).resolve().parents[2] / "docs" / "formats" / "staff.md"
CARD, OTHER = b"a certificate", b"another certificate"
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
ENTRY = {
    "certificate": fingerprint(CARD),
    "role": "clerk",
    "places": ["Tamme Library"],
    "not_before": "2026-11-25T12:00:00Z",
    "expires": "2026-11-25T14:00:00+01:00",
}


def listed(*entries: object, version: object = 1) -> bytes:
    return json.dumps({"version": version, "staff": entries}).encode()


def test_a_person_on_the_list_has_their_role_at_their_place() -> None:
    roster = Roster.read(listed(ENTRY))
    assert roster.role_of(CARD, "Tamme Library", NOON) is StaffRole.CLERK


@pytest.mark.parametrize("place", ["Other Library", "tamme library", "Tamme Library ", "", "all"])
def test_at_another_place_they_are_nobody(place: str) -> None:
    assert Roster.read(listed(ENTRY)).role_of(CARD, place, NOON) is None


def test_another_certificate_is_nobodys() -> None:
    assert Roster.read(listed(ENTRY)).role_of(OTHER, "Tamme Library", NOON) is None


def test_a_line_holds_from_its_first_moment_to_just_before_its_last() -> None:
    roster, second = Roster.read(listed(ENTRY)), timedelta(seconds=1)
    asked = {at: roster.role_of(CARD, "Tamme Library", at) is not None for at in (NOON - second, NOON)}
    assert asked == {NOON - second: False, NOON: True}
    end = NOON + timedelta(hours=1)
    assert roster.role_of(CARD, "Tamme Library", end - second) is StaffRole.CLERK
    assert roster.role_of(CARD, "Tamme Library", end) is None


def test_all_places_are_all_places() -> None:
    roster = Roster.read(listed({**ENTRY, "places": "all"}))
    assert roster.role_of(CARD, "anywhere", NOON) is StaffRole.CLERK


def test_of_several_lines_that_hold_the_one_that_allows_more_counts() -> None:
    here, there = {**ENTRY, "role": "administrator"}, {**ENTRY, "role": "administrator", "places": ["Other Library"]}
    assert Roster.read(listed(ENTRY, here)).role_of(CARD, "Tamme Library", NOON) is StaffRole.ADMINISTRATOR
    assert Roster.read(listed(here, ENTRY)).role_of(CARD, "Tamme Library", NOON) is StaffRole.ADMINISTRATOR
    assert Roster.read(listed(ENTRY, there)).role_of(CARD, "Tamme Library", NOON) is StaffRole.CLERK


def test_nobody_stands_on_the_empty_list() -> None:
    assert Roster().role_of(CARD, "Tamme Library", NOON) is None
    assert Roster.read(listed()).role_of(CARD, "Tamme Library", NOON) is None


def test_everybody_may_what_a_clerk_may_and_nobody_what_another_may() -> None:
    for role in StaffRole:
        assert {other for other in StaffRole if role.includes(other)} == {role, StaffRole.CLERK}


def test_who_is_administrator_and_officer_counts_as_administrator_alone() -> None:
    lines = [{**ENTRY, "role": role} for role in ("clerk", "officer", "administrator")]
    assert Roster.read(listed(*lines[:2])).role_of(CARD, "Tamme Library", NOON) is StaffRole.OFFICER
    assert Roster.read(listed(*lines)).role_of(CARD, "Tamme Library", NOON) is StaffRole.ADMINISTRATOR


def without(name: str) -> dict[str, object]:
    return {key: value for key, value in ENTRY.items() if key != name}


@pytest.mark.parametrize(
    "untrusted",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff\xfe",
        b'{"version": 1, "staff": [',
        b'{"staff": []}',
        listed(version=2),
        listed(version="1"),
        listed(version=None),
        json.dumps({"version": 1, "staff": [], "more": 1}).encode(),
        *(listed(without(name)) for name in ENTRY),
        listed({**ENTRY, "name": "Kadri"}),
        listed({**ENTRY, "certificate": fingerprint(CARD).upper()}),
        listed({**ENTRY, "certificate": fingerprint(CARD)[:-1]}),
        listed({**ENTRY, "certificate": fingerprint(CARD) + "\n"}),
        listed({**ENTRY, "certificate": ""}),
        listed({**ENTRY, "role": "root"}),
        listed({**ENTRY, "role": "Clerk"}),
        listed({**ENTRY, "places": []}),
        listed({**ENTRY, "places": ""}),
        listed({**ENTRY, "places": "Tamme Library"}),
        listed({**ENTRY, "places": [""]}),
        listed({**ENTRY, "places": [1]}),
        listed({**ENTRY, "not_before": "2026-11-25T12:00:00"}),
        listed({**ENTRY, "not_before": "2026-11-25"}),
        listed({**ENTRY, "not_before": 0}),
        listed({**ENTRY, "expires": None}),
        listed({**ENTRY, "expires": ENTRY["not_before"]}),
        listed({**ENTRY, "expires": "2026-11-25T13:00:00+01:00"}),
        listed(ENTRY, "another"),
        b"[" * 200_000,
        b" " * (MAX_ROSTER_BYTES + 1),
    ],
)
def test_a_list_that_is_not_exactly_as_its_format_says_is_refused_whole(untrusted: bytes) -> None:
    with pytest.raises(RosterRefusedError):
        Roster.read(untrusted)


@given(st.binary(max_size=200))
def test_bytes_are_refused_or_the_very_list_that_they_say(untrusted: bytes) -> None:
    try:
        roster = Roster.read(untrusted)
    except RosterRefusedError:
        return
    said = json.loads(untrusted)  # Hypothesis tries what stands in the sources too: an empty list is one
    assert said["version"] == 1
    assert sum(map(len, roster.entries.values())) == len(said["staff"])


def test_an_empty_list_names_nobody() -> None:
    assert Roster.read(b'{"version":1,"staff":[]}') == Roster()


def test_the_example_of_the_page_is_read_as_the_page_says() -> None:
    (example,) = re.findall(r"```json\n(.*?)```", PAGE.read_text(), re.DOTALL)
    roster = Roster.read(example.encode())
    at = datetime(2026, 12, 24, tzinfo=UTC)
    assert roster.role_of(b"\x00", "Tamme Library", at) is StaffRole.CLERK
    assert roster.role_of(b"\x00", "Elsewhere", at) is None
    assert roster.role_of(b"\x01", "Elsewhere", at) is StaffRole.ADMINISTRATOR
