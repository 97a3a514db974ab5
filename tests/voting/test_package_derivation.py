# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The election.json of each ballot style follows from the definition, and a test's never from an official one."""

import msgspec
import pytest

from townhall_voting.election import HomomorphicQuestion, parse_election
from townhall_voting.group import Element
from townhall_voting.mode import Mode
from townhall_voting.nonces import Randomness, draw_scalar
from townhall_voting.package.definition import BallotStyle, Definition
from townhall_voting.package.derivation import derive_elections
from townhall_voting.schnorr_group import BELENIOS_2048

TRUSTEES = b'["a list of trustees"]'


@pytest.fixture
def key(randomness: Randomness) -> Element:
    return BELENIOS_2048.secret_power(BELENIOS_2048.generator, draw_scalar(randomness, BELENIOS_2048))


def test_the_election_has_the_contests_as_its_questions(town: Definition, key: Element) -> None:
    election = derive_elections(town, TRUSTEES, key)["town"]
    mayor, council = election.questions
    assert mayor == HomomorphicQuestion(
        "Mayor",
        ("101 Liis Tamm (Harbour list)", "102 Jaan Kask (Green town)", "103 Aino Saar (Independent)"),
        1,
        1,
        True,
    )
    assert isinstance(council, HomomorphicQuestion)
    assert (council.minimum, council.maximum, council.is_blank_allowed) == (0, 3, False)
    assert election.public_key == key
    assert parse_election(election.data) == election


def test_the_same_facts_give_the_same_bytes(town: Definition, key: Element) -> None:
    assert derive_elections(town, TRUSTEES, key)["town"].data == derive_elections(town, TRUSTEES, key)["town"].data


def test_a_test_shares_no_uuid_and_no_fingerprint_with_the_official_election(town: Definition, key: Element) -> None:
    official = msgspec.structs.replace(town, mode=Mode.OFFICIAL)
    one, other = (derive_elections(each, TRUSTEES, key)["town"] for each in (town, official))
    assert one.uuid != other.uuid
    assert one.fingerprint != other.fingerprint
    assert one.name == "TEST - Tamme town elections 2026"
    assert other.name == "Tamme town elections 2026"


def test_other_trustees_or_other_texts_make_another_election(town: Definition, key: Element) -> None:
    changed = msgspec.structs.replace(town, title={**town.title, "ar": "انتخابات"})
    uuids = {
        derive_elections(definition, trustees, key)["town"].uuid
        for definition, trustees in ((town, TRUSTEES), (town, b"[]"), (changed, TRUSTEES))
    }
    assert len(uuids) == 3


def test_each_ballot_style_is_an_election_of_its_own(town: Definition, key: Element) -> None:
    hill = BallotStyle("hill", ("mayor",))
    districts = tuple(
        msgspec.structs.replace(each, style="hill") if each.id == "hill" else each for each in town.districts
    )
    two = msgspec.structs.replace(town, styles=(*town.styles, hill), districts=districts)
    elections = derive_elections(two, TRUSTEES, key)
    assert [len(elections[style].questions) for style in ("town", "hill")] == [2, 1]
    assert elections["town"].uuid != elections["hill"].uuid
