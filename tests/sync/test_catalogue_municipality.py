# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a municipality adds to services: read whole or refused."""

import json
from copy import deepcopy
from typing import Any

import pytest

from townhall_sync.catalogue_municipality import (
    MAX_MUNICIPALITY_BYTES,
    municipality_path,
    read_municipality,
)
from townhall_sync.catalogue_parts import Part, is_safe_path
from townhall_sync.catalogue_places import KioskPlace, Places, read_places
from townhall_sync.errors import MessageMalformedError

LANGUAGES = ("en", "et")
SERVICES = ("dog-licence", "event-permit")
GOOD: dict[str, Any] = {
    "version": 1,
    "names": {"en": "Tamme", "et": "Tamme"},
    "services": {
        "event-permit": {
            "fee": {"amount": "15.00", "currency": "EUR", "words": {"en": "Half for charities", "et": "Pool"}},
            "hours": {"en": "Mon to Fri 9 to 17", "et": "E-R 9-17"},
            "office": {"names": {"en": "Events office", "et": "Ürituste osakond"}, "address": "Raekoja plats 1"},
        }
    },
}


def read(description: object) -> object:
    return read_municipality(json.dumps(description).encode(), languages=LANGUAGES, services=SERVICES)


def changed(path: str, value: object) -> dict[str, Any]:
    """The good file with one place of it changed; None takes it away."""
    description = deepcopy(GOOD)
    inside: Any = description
    *steps, last = path.split("/")
    for step in steps:
        inside = inside[step]
    if value is None:
        del inside[last]
    else:
        inside[last] = value
    return description


PERMIT = "services/event-permit"


def test_a_good_file_is_read_and_everything_in_it_may_be_left_out() -> None:
    municipality = read_municipality(json.dumps(GOOD).encode(), languages=LANGUAGES, services=SERVICES)
    facts = municipality.services["event-permit"]
    assert facts.fee is not None
    assert (facts.fee.amount, facts.fee.currency) == ("15.00", "EUR")
    for each in ("fee", "hours", "office", "fee/words"):
        read(changed(f"{PERMIT}/{each}", None))
    read(changed("services", {}))
    read(changed(f"{PERMIT}/fee/amount", "0.00"))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("version", 2),
        ("version", None),
        ("names", None),
        ("names/et", None),
        ("names/en", ""),
        ("names/en", "  "),
        ("names/en", "T" * 101),
        ("surprise", 1),
        ("services", None),
        ("services/unknown", {}),
        ("services/..", {}),
        (f"{PERMIT}/surprise", 1),
        (f"{PERMIT}/fee/amount", 15),
        (f"{PERMIT}/fee/amount", "15"),
        (f"{PERMIT}/fee/amount", "15,00"),
        (f"{PERMIT}/fee/amount", "-1.00"),
        (f"{PERMIT}/fee/amount", "015.00"),
        (f"{PERMIT}/fee/amount", "15.00\n"),
        (f"{PERMIT}/fee/amount", "\u0663.\u0660\u0660"),
        (f"{PERMIT}/fee/amount", "99999999.00"),
        (f"{PERMIT}/fee/amount", None),
        (f"{PERMIT}/fee/currency", "eur"),
        (f"{PERMIT}/fee/currency", None),
        (f"{PERMIT}/fee/words/et", None),
        (f"{PERMIT}/hours/et", None),
        (f"{PERMIT}/hours/not a language", "x"),
        (f"{PERMIT}/hours", "9 to 17"),
        (f"{PERMIT}/office/names/et", None),
        (f"{PERMIT}/office/names", None),
        (f"{PERMIT}/office/address", None),
        (f"{PERMIT}/office/address", ""),
    ],
)
def test_what_does_not_hold_together_is_refused(path: str, value: object) -> None:
    with pytest.raises(MessageMalformedError):
        read(changed(path, value))


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff", b" " * (MAX_MUNICIPALITY_BYTES + 1)])
def test_what_is_no_such_file_is_refused(content: bytes) -> None:
    with pytest.raises(MessageMalformedError):
        read_municipality(content, languages=LANGUAGES, services=SERVICES)


def test_its_path_is_one_of_the_part_places() -> None:
    path = municipality_path("tamme")
    assert path == "places/tamme.json"
    assert is_safe_path(path)
    assert Part.PLACES.patterns == ("places/*",)


def test_a_kiosk_names_its_municipality_and_the_file_of_before_is_read_and_written_as_it_was() -> None:
    before = b'{"version":1,"languages":["en"],"groups":{"g":{"services":{}}},"kiosks":{"k":{"place":"P","group":"g"}}}'
    places = read_places(before)
    assert places.kiosks["k"].municipality == ""
    assert b"municipality" not in places.to_bytes()
    named = Places(1, ("en",), places.groups, {"k": KioskPlace("P", "g", "tamme")})
    assert read_places(named.to_bytes()) == named
    for wrong in ("Tamme", "../x", "a/b", "tamme\n"):
        content = before.replace(b'"place"', f'"municipality":{json.dumps(wrong)},"place"'.encode())
        with pytest.raises(MessageMalformedError):
            read_places(content)
