# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""NIST Ballot Definitions: ours are valid and come back whole, and what cannot be held is refused by its name."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema_rs
import msgspec
import pytest
import yaml

from townhall_voting.errors import DefinitionRefusedError
from townhall_voting.exports.ballot_definition import write_ballot_definition
from townhall_voting.exports.cdf import Issue
from townhall_voting.mode import Mode
from townhall_voting.package.authored import read_authored
from townhall_voting.package.contests import Presentation
from townhall_voting.package.definition import Definition
from townhall_voting.package.nist_definition import read_ballot_definition

ISSUE = Issue("Tamme town", datetime(2026, 11, 1, 12, tzinfo=UTC))
SCHEMA = json.loads((Path(__file__).parent / "data" / "nist-cdf" / "NIST_V1_ballot_definition.json").read_bytes())
EXAMPLE = Path(__file__).parents[2] / "elections" / "small-town" / "election.yaml"
Document = dict[str, Any]  # JSON of another's format, changed at will


@pytest.fixture
def document(town: Definition) -> Document:
    read: Document = json.loads(write_ballot_definition(town, ISSUE))
    return read


def check(document: Document) -> None:
    jsonschema_rs.Draft7Validator(SCHEMA, validate_formats=True).validate(document)


def rest_of_the_example() -> bytes:
    written = yaml.load(EXAMPLE.read_bytes(), Loader=yaml.BaseLoader)  # noqa: S506 - strings and nothing else
    written["version"], written["rules"]["minimum_tally"] = 1, 10
    rest = {name: each for name, each in written.items() if name not in {"title", "contests", "styles", "districts"}}
    return json.dumps(rest).encode()


def test_what_we_write_is_valid_by_the_published_schema(document: Document) -> None:
    check(document)
    assert document["IsTest"] is True
    assert document["Election"][0]["Contest"][1]["VotesAllowed"] == 3
    assert [unit["@id"] for unit in document["GpUnit"]][:2] == ["scope", "district-harbour"]


def test_the_schema_would_have_refused_something_else(document: Document) -> None:
    document["Election"][0]["Contest"][0]["VotesAllowed"] = "one"
    with pytest.raises(jsonschema_rs.ValidationError):
        check(document)


def test_an_election_comes_back_whole_with_the_rest_of_its_file(town: Definition, document: Document) -> None:
    given = read_ballot_definition("bd.json", json.dumps(document).encode())
    assert read_authored("rest.json", rest_of_the_example(), given) == town


def test_the_order_by_lot_and_the_official_mode_come_back_too(town: Definition) -> None:
    shuffled = tuple(msgspec.structs.replace(each, presentation=Presentation.SHUFFLED) for each in town.contests)
    other = msgspec.structs.replace(town, contests=shuffled, mode=Mode.OFFICIAL)
    given = read_ballot_definition("bd.json", write_ballot_definition(other, ISSUE))
    assert (given.contests, given.is_test) == (shuffled, False)


def test_neither_file_may_say_what_the_other_says(document: Document) -> None:
    given = read_ballot_definition("bd.json", json.dumps(document).encode())
    with pytest.raises(DefinitionRefusedError, match=r"election.yaml, line .*: title: stands in the Ballot"):
        read_authored("election.yaml", EXAMPLE.read_bytes(), given)
    official = rest_of_the_example().replace(b'"test"', b'"official"')
    with pytest.raises(DefinitionRefusedError, match=r"mode: the Ballot Definition is for the other mode"):
        read_authored("rest.json", official, given)


def contest(document: Document) -> Document:
    found: Document = document["Election"][0]["Contest"][0]
    return found


def election(document: Document) -> Document:
    found: Document = document["Election"][0]
    return found


def straight_party(document: Document) -> None:
    contest(document).update({"@type": "BallotDefinition.StraightPartyContest"})


def ranks(document: Document) -> None:
    contest(document)["VoteVariation"] = "rcv"


def ranks_allowed(document: Document) -> None:
    contest(document)["RanksAllowed"] = 3


def write_in(document: Document) -> None:
    contest(document)["ContestOption"][0]["IsWriteIn"] = True


def ticket(document: Document) -> None:
    both = [each["@id"] for each in election(document)["Candidate"][:2]]
    contest(document)["ContestOption"][0]["CandidateIds"] = both


def runoff(document: Document) -> None:
    contest(document)["NumberRunoff"] = 2


def primary(document: Document) -> None:
    contest(document)["PrimaryPartyIds"] = ["party-1"]


def own_order(document: Document) -> None:
    options = [each["@id"] for each in contest(document)["ContestOption"]]
    ordered = election(document)["BallotStyle"][0]["OrderedContent"][0]
    ordered["OrderedContestOptionIds"] = options[::-1]


def header(document: Document) -> None:
    headed = {"@type": "BallotDefinition.OrderedHeader", "HeaderId": "header-1"}
    election(document)["BallotStyle"][0]["OrderedContent"][0] = headed


def second_election(document: Document) -> None:
    document["Election"].append(document["Election"][0])


def stranger(document: Document) -> None:
    contest(document)["ContestOption"][0]["CandidateIds"] = ["candidate-nobody"]


def no_unit(document: Document) -> None:
    election(document)["BallotStyle"][0]["GpUnitIds"] = ["district-moon"]


def version(document: Document) -> None:
    document["Version"] = "2.0.0"


CANNOT_BE_HELD: list[tuple[Callable[[Document], None], str]] = [
    (straight_party, "StraightPartyContest"),
    (ranks, "VoteVariation rcv cannot be held"),
    (ranks_allowed, "RanksAllowed"),
    (write_in, "IsWriteIn of option-mayor-tamm"),
    (ticket, "CandidateIds: Expected `array` of length <= 1"),
    (runoff, "NumberRunoff"),
    (primary, "PrimaryPartyIds"),
    (own_order, "OrderedContestOptionIds of contest-mayor"),
    (header, "OrderedHeader"),
    (second_election, "Election: Expected `array` of length <= 1"),
    (stranger, "there is no Candidate candidate-nobody"),
    (no_unit, "there is no such GpUnit: district-moon"),
    (version, "another version than 1.0.0"),
]


@pytest.mark.parametrize(("change", "named"), CANNOT_BE_HELD, ids=[each.__name__ for each, _ in CANNOT_BE_HELD])
def test_what_cannot_be_held_is_refused_by_its_name(
    document: Document, change: Callable[[Document], None], named: str
) -> None:
    change(document)
    with pytest.raises(DefinitionRefusedError) as caught:
        read_ballot_definition("bd.json", json.dumps(document).encode())
    assert named in str(caught.value)
    assert str(caught.value).startswith("bd.json: ")


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff", b'{"@type": "BallotDefinition.Election"}', b"[" * 100_000])
def test_what_is_no_ballot_definition_is_refused(content: bytes) -> None:
    with pytest.raises(DefinitionRefusedError, match=r"^bd\.json: "):
        read_ballot_definition("bd.json", content)


def test_a_foreign_file_with_parties_measures_and_paper_is_held(document: Document) -> None:
    """As other systems write it: names that are not ours, parties, a measure, a layout on paper."""
    text = {"@type": "BallotDefinition.InternationalizedText", "Text": contest(document)["BallotTitle"]["Text"]}
    document["Party"] = [{"@id": "p1", "@type": "BallotDefinition.Party", "Name": text}]
    first = election(document)["Candidate"][0]
    first.pop("CampaignSlogan")
    first.update({"PartyId": "p1", "IsIncumbent": True})
    options = [
        {"@id": f"Answer_{answer}", "@type": "BallotDefinition.BallotMeasureOption", "Selection": text}
        for answer in ("Yes", "No")
    ]
    measure = {
        "@id": "Measure_1",
        "@type": "BallotDefinition.BallotMeasureContest",
        "Name": "Bridge",
        "ElectionDistrictId": "scope",
        "BallotTitle": text,
        "ContestOption": options,
        "Type": "referendum",
    }
    election(document)["Contest"].append(measure)
    ordered = {"@type": "BallotDefinition.OrderedContest", "ContestId": "Measure_1", "Physical": []}
    election(document)["BallotStyle"][0]["OrderedContent"].append(ordered)
    check(document)
    given = read_ballot_definition("bd.json", json.dumps(document).encode())
    assert given.contests[0].candidates[0].second_line == given.contests[0].title
    bridge = given.contests[2]
    assert (bridge.id, bridge.minimum, bridge.maximum, bridge.blank) == ("measure-1", 0, 1, False)
    assert [candidate.id for candidate in bridge.candidates] == ["answer-yes", "answer-no"]
    assert given.styles[0].contests == ("mayor", "council", "measure-1")
