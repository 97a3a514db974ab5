# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""trustees.json of the tool is read and checked, and a list changed in any place is refused with the reason."""

import copy
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from townhall_voting.errors import TrusteesRefusal, TrusteesRefusedError
from townhall_voting.schnorr_group import BELENIOS_2048
from townhall_voting.trustees.threshold import Layout
from townhall_voting.trustees.trustee_list import Trustees, check_trustees_of, parse_trustees

if TYPE_CHECKING:
    from tests.voting.trustees.conftest import NewCount, NewToolTrustees, SingleTrustees

    NewSingles = Callable[..., SingleTrustees]

Entry = Any  # JSON, to be spoiled at any place
MINUS_ONE = str(BELENIOS_2048.modulus - 1)  # of order 2: no element


@pytest.fixture
def mixed(new_tool_trustees: "NewToolTrustees", single_trustees: "NewSingles") -> Trustees:
    """A single trustee of ours and three of the tool's."""
    single, threshold = single_trustees(1).trustees.data, new_tool_trustees(2, 3).trustees.data
    return parse_trustees(BELENIOS_2048, single[:-1] + b"," + threshold[1:])


def test_owners_count_over_the_whole_list_and_the_tool_multiplies_the_same_key(
    mixed: Trustees, new_count: "NewCount"
) -> None:
    assert len(mixed.keys) == 4
    assert mixed.keys[0].name == "Trustee 0"
    assert mixed.layout is Layout.PLAIN
    check_trustees_of(new_count(mixed).election, mixed)


def test_an_election_of_other_trustees_is_refused(new_count: "NewCount", single_trustees: "NewSingles") -> None:
    election = new_count(single_trustees(1).trustees).election
    with pytest.raises(TrusteesRefusedError) as refused:
        check_trustees_of(election, single_trustees(1).trustees)
    assert refused.value.reason is TrusteesRefusal.OTHER_ELECTION


def test_a_list_changed_in_any_member_is_refused_with_the_reason_and_the_trustee(mixed: Trustees) -> None:
    for reason, owner, data in changes(json.loads(mixed.data)):
        with pytest.raises(TrusteesRefusedError) as refused:
            parse_trustees(BELENIOS_2048, data)
        assert (refused.value.reason, refused.value.owner) == (reason, owner), data[:300]


def changes(entries: Entry) -> list[tuple[TrusteesRefusal, int | None, bytes]]:
    single, threshold = entries[0][1], entries[1][1]

    def spoiled(*path: str | int, by: object) -> bytes:
        changed = copy.deepcopy(entries)
        place = changed
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = by
        return compact(changed)

    def reworded(list_name: str, member: str, by: object) -> bytes:
        message = json.loads(threshold[list_name][1]["message"]) | {member: by}
        return spoiled(1, 1, list_name, 1, "message", by=compact(message).decode())

    keys = threshold["verification_keys"]
    exponents = json.loads(threshold["coefexps"][1]["message"])["coefexps"]
    other_exponents = json.loads(threshold["coefexps"][0]["message"])["coefexps"]
    reason = TrusteesRefusal
    return [
        (reason.MALFORMED, None, compact([])),
        (reason.MALFORMED, None, compact(entries) + b"\n"),
        (reason.MALFORMED, None, compact([["Weighted", single]])),
        (reason.MALFORMED, None, spoiled(0, 1, "more", by=1)),
        (reason.MALFORMED, None, spoiled(0, 1, "signature", by=single["pok"])),
        (reason.MALFORMED, None, spoiled(1, 1, "threshold", by=0)),
        (reason.MALFORMED, None, spoiled(1, 1, "threshold", by=-2)),
        (reason.MALFORMED, None, spoiled(1, 1, "threshold", by=3)),
        (reason.MALFORMED, None, spoiled(1, 1, "threshold", by=4)),
        (reason.MALFORMED, None, spoiled(1, 1, "verification_keys", by=keys[:2])),
        (reason.MALFORMED, None, spoiled(1, 1, "coefexps", by=threshold["coefexps"][:2])),
        (reason.MALFORMED, None, spoiled(1, 1, "verification_keys", 0, "signature", by=single["pok"])),
        (reason.MALFORMED, None, reworded("coefexps", "coefexps", [*exponents, exponents[0]])),
        (reason.MALFORMED, None, spoiled(0, 1, "public_key", by="-1")),
        (reason.MEMBERSHIP, None, spoiled(0, 1, "public_key", by="0")),
        (reason.MEMBERSHIP, None, spoiled(0, 1, "public_key", by=MINUS_ONE)),
        (reason.MEMBERSHIP, None, reworded("coefexps", "coefexps", [exponents[0], MINUS_ONE])),
        (reason.MEMBERSHIP, None, reworded("certs", "encryption", MINUS_ONE)),
        (reason.MEMBERSHIP, 1, spoiled(0, 1, "public_key", by="1")),
        (reason.MEMBERSHIP, 3, reworded("certs", "encryption", "1")),
        (reason.MEMBERSHIP, 3, reworded("coefexps", "coefexps", ["1", exponents[1]])),
        (reason.KEY_PROOF, 1, spoiled(0, 1, "pok", "response", by="1")),
        (reason.KEY_PROOF, 1, spoiled(0, 1, "public_key", by=keys[0]["public_key"])),
        (reason.CERTIFICATE, 3, spoiled(1, 1, "certs", 1, "signature", "response", by="1")),
        (reason.CERTIFICATE, 3, reworded("certs", "encryption", exponents[0])),
        (reason.REPEATED, None, spoiled(1, 1, "certs", 1, by=threshold["certs"][0])),
        (reason.COMMITMENT, 3, spoiled(1, 1, "coefexps", 1, "signature", "response", by="1")),
        (reason.COMMITMENT, 3, spoiled(1, 1, "coefexps", 1, by=threshold["coefexps"][0])),
        (reason.COMMITMENT, 3, reworded("coefexps", "coefexps", other_exponents)),
        (reason.KEY, 3, spoiled(1, 1, "verification_keys", 1, by=keys[0])),
        (reason.KEY_PROOF, 3, spoiled(1, 1, "verification_keys", 1, "pok", by=keys[0]["pok"])),
        (reason.REPEATED, None, compact([entries[0], entries[0]])),
        (reason.REPEATED, None, compact([entries[1], entries[1]])),
    ]


def compact(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
