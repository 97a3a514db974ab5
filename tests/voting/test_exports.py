# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Exports: valid by the published schemas, the same numbers in each, and nothing that does not belong together."""

import csv
import hashlib
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema_rs
import msgspec
import pytest
from tests.voting.our_election import LISTS, UUID, OurElection, archive

from townhall_crypto.secret import Secret
from townhall_voting.board.lists import EligibilityReport, PlaceCounts
from townhall_voting.eligibility.duplicates import RULE
from townhall_voting.errors import ExportRefusedError
from townhall_voting.exports.cast_votes import write_cast_votes
from townhall_voting.exports.cdf import Issue
from townhall_voting.exports.event_log import Disposition, LoggedDevice, LoggedEvent, write_event_log
from townhall_voting.exports.outcome import ChosenVotes, Outcome, RankedVotes, StyleOutcome, outcome_of
from townhall_voting.exports.results_report import Standing, write_results_report
from townhall_voting.exports.spreadsheet import write_elected, write_places, write_votes
from townhall_voting.hashing import Fingerprint, HexHash
from townhall_voting.mode import Mode
from townhall_voting.nonces import Randomness
from townhall_voting.package.contests import Candidate, Contest, Counting
from townhall_voting.package.definition import Definition, DeviceRole
from townhall_voting.package.derivation import derive_elections
from townhall_voting.package.package import ElectionPackage
from townhall_voting.package.roll import Roll, RollKeys, build_roll
from townhall_voting.package.roll_key import WrappedRollKey
from townhall_voting.record.ballot_judges import DirectJudge
from townhall_voting.record.findings import Verified
from townhall_voting.record.verifier import Evidence, verify_record
from townhall_voting.schnorr_group import RFC_3526_2048

SCHEMAS = Path(__file__).parent / "data" / "nist-cdf"
ISSUE = Issue("Tamme town", datetime(2026, 12, 1, 12, tzinfo=UTC))
MAYOR = ((0, 1, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (1, 0, 0, 0))  # the first one is "blank"
COUNCIL = ((1, 1, 1, 0, 0, 0, 0), (1, 0, 0, 0, 0, 0, 1), (0,) * 7, (0, 1, 0, 0, 0, 0, 0))
Document = dict[str, Any]  # JSON of another's format


def check(name: str, document: bytes) -> Document:
    schema = json.loads((SCHEMAS / name).read_bytes())
    draft7 = "draft-07" in schema["$schema"]
    validator = jsonschema_rs.Draft7Validator if draft7 else jsonschema_rs.Draft4Validator
    read: Document = json.loads(document)
    validator(schema, validate_formats=True).validate(read)
    return read


def package_of(definition: Definition, ours: OurElection) -> ElectionPackage:
    """A package as ``verify_package`` returns it; signing is tested elsewhere."""
    keys = RollKeys.derive(Secret(bytes(32)), definition)
    data = build_roll([], definition, keys)
    return ElectionPackage(
        sha256=HexHash("0" * 64),
        definition=definition,
        elections=derive_elections(definition, ours.trustees.data, ours.trustees.public_key(ours.group)),
        trustees=ours.trustees,
        roll=Roll.over(memoryview(data), definition),
        roll_version=HexHash(hashlib.sha256(data).hexdigest()),
        wrapped_roll_key=WrappedRollKey(1, (), ()),
        officers=(),
    )


def report_of(package: ElectionPackage, *places: PlaceCounts) -> EligibilityReport:
    return EligibilityReport(
        mode=package.mode,
        definition=HexHash(hashlib.sha256(package.definition.to_bytes()).hexdigest()),
        rule=RULE,
        roll_version=package.roll_version,
        roll_size=20,
        places=places,
        statements=(),
    )


PLACES = (
    PlaceCounts(place="library", received=2, accepted=1, duplicate=1, refused=0, void=0),
    PlaceCounts(place="town-hall", received=4, accepted=3, duplicate=0, refused=1, void=0),
)


def verified(ours: OurElection, package: ElectionPackage, choices: Sequence[tuple[tuple[int, ...], ...]]) -> Verified:
    """Vote, count, decrypt and write the record of the package's one election; then verify it."""
    (election,) = package.elections.values()
    ours.election = election
    data = archive(ours.events([ours.vote(each) for each in choices]))
    found = verify_record(io.BytesIO(data), Evidence(election.uuid, ours.side_cars), DirectJudge())
    assert isinstance(found, Verified), found
    return found


@pytest.fixture(scope="module")
def made(town: Definition, module_randomness: Randomness) -> tuple[ElectionPackage, Verified]:
    ours = OurElection(module_randomness)
    package = package_of(town, ours)
    return package, verified(ours, package, list(zip(MAYOR, COUNCIL, strict=True)))


@pytest.fixture(scope="module")
def outcome(made: tuple[ElectionPackage, Verified]) -> Outcome:
    package, record = made
    return outcome_of(package, [record], report_of(package, *PLACES))


def test_the_outcome_is_what_the_ballots_said(outcome: Outcome) -> None:
    mayor, council = outcome.definition.contests
    assert outcome.total(mayor) == ChosenVotes((2, 1, 0), 1)
    assert outcome.total(council) == ChosenVotes((2, 2, 1, 0, 0, 0, 1), 0)
    assert outcome.ballots == 4
    (style, votes), *_ = outcome.of(council)
    assert outcome.unused(council, style, votes) == 4 * 3 - 6


def test_the_results_report_is_valid_and_has_the_same_numbers(outcome: Outcome) -> None:
    report = check("NIST_V2_election_results_reporting.json", write_results_report(outcome, ISSUE, Standing.CERTIFIED))
    assert (report["Status"], report["IsTest"]) == ("certified", True)
    mayor, council = report["Election"][0]["Contest"]
    counts = [each["VoteCounts"][0]["Count"] for each in mayor["ContestSelection"]]
    assert counts == [2, 1, 0]
    assert mayor["ExternalIdentifier"][0]["Value"] == "1"
    assert council["OtherCounts"][0]["Undervotes"] == 6
    cast = {each["GpUnitId"]: each["BallotsCast"] for each in report["Election"][0]["BallotCounts"]}
    assert cast == {"scope": 4, "style-town": 4, "place-library": 1, "place-town-hall": 3}


def test_every_reference_in_the_results_report_leads_somewhere(outcome: Outcome) -> None:
    report = json.loads(write_results_report(outcome, ISSUE, Standing.COMPLETE))
    named = set[str]()
    referred = set[str]()

    def walk(value: object) -> None:
        if isinstance(value, list):
            for each in value:
                walk(each)
        if isinstance(value, dict):
            for key, each in value.items():
                if key == "@id":
                    assert each not in named, "named once"
                    named.add(each)
                if key in {"GpUnitId", "ElectionScopeId", "ElectionDistrictId"}:
                    referred.add(each)
                if key == "CandidateIds":
                    referred.update(each)
                walk(each)

    walk(report)
    assert referred <= named


def test_the_spreadsheets_have_the_same_numbers(outcome: Outcome) -> None:
    votes = list(csv.DictReader(io.StringIO(write_votes(outcome).decode())))
    assert {(row["contest"], row["choice"]): int(row["votes"]) for row in votes}[("mayor", "tamm")] == 2
    assert [row["votes"] for row in votes if row["choice_name"] == "blank"] == ["1"]
    places = list(csv.DictReader(io.StringIO(write_places(outcome).decode())))
    assert [(row["place_name"], row["accepted"]) for row in places] == [("Library", "1"), ("Town hall", "3")]


def test_a_name_that_a_spreadsheet_would_run_is_written_as_text(outcome: Outcome) -> None:
    mayor, council = outcome.definition.contests
    first = msgspec.structs.replace(mayor.candidates[0], name={"en": "=1+1"})
    changed = msgspec.structs.replace(mayor, candidates=(first, *mayor.candidates[1:]))
    definition = msgspec.structs.replace(outcome.definition, contests=(changed, council))
    assert b",'=1+1," in write_votes(replace(outcome, definition=definition))


def test_a_homomorphic_election_has_no_cast_vote_records(outcome: Outcome) -> None:
    with pytest.raises(ExportRefusedError, match="only sums are known"):
        write_cast_votes(outcome, ISSUE)


def ranked(town: Definition) -> Definition:
    parks = Contest(
        "parks",
        dict.fromkeys(town.languages, "Parks"),
        tuple(Candidate(each, dict.fromkeys(town.languages, each)) for each in ("east", "west")),
        0,
        2,
        blank=False,
        counting=Counting.STV,
    )
    mayor = town.contests[0]
    styles = (msgspec.structs.replace(town.styles[0], contests=("mayor", "parks")),)
    return msgspec.structs.replace(town, group=RFC_3526_2048.name, contests=(mayor, parks), styles=styles)


def test_a_ranked_contest_has_one_record_for_each_ranking_and_nothing_ties_it_to_another_contest(
    town: Definition, module_randomness: Randomness
) -> None:
    ours = OurElection(module_randomness, RFC_3526_2048, LISTS)
    package = package_of(ranked(town), ours)
    votes = [((0, 1, 0, 0), (1, 2)), ((0, 0, 1, 0), (2, 1)), ((1, 0, 0, 0), (1, 0))]
    outcome = outcome_of(package, [verified(ours, package, votes)], report_of(package, *PLACES))
    cast = check("NIST_V0_cast_vote_records.json", write_cast_votes(outcome, ISSUE))
    rankings = [
        {each["ContestSelectionId"]: each["Rank"] for each in contest["CVRContestSelection"]}
        for record in cast["CVR"]
        for contest in record["CVRSnapshot"][0]["CVRContest"]
    ]
    east, west = "option-parks-east", "option-parks-west"
    expected = [{east: 1, west: 2}, {east: 2, west: 1}, {east: 1}]
    assert sorted(map(sorted, (each.items() for each in rankings))) == sorted(
        map(sorted, (e.items() for e in expected))
    )
    assert all(len(record["CVRSnapshot"][0]["CVRContest"]) == 1 for record in cast["CVR"])
    assert "mayor" not in write_cast_votes(outcome, ISSUE).decode()
    assert b"parks" not in write_votes(outcome)


def counted(town: Definition, *ballots: tuple[int, ...], counting: Counting = Counting.STV) -> Outcome:
    """An outcome with these rankings of the parks, half of them in another ballot style."""
    definition = ranked(town)
    mayor, parks = definition.contests
    parks = msgspec.structs.replace(parks, counting=counting)
    definition = msgspec.structs.replace(definition, contests=(mayor, parks))
    styles = tuple(
        StyleOutcome(
            style, Fingerprint(style), len(half), {"mayor": ChosenVotes((0, 0, 0), 0), "parks": RankedVotes(half)}
        )
        for style, half in (("town", ballots[::2]), ("hill", ballots[1::2]))
    )
    return Outcome(definition, styles, (), 20)


def test_the_winner_of_a_ranked_contest_is_in_the_report_and_in_the_table(town: Definition) -> None:
    outcome = counted(town, (2, 1), (1, 2), (2, 1))
    report = check("NIST_V2_election_results_reporting.json", write_results_report(outcome, ISSUE, Standing.CERTIFIED))
    status = {each["@id"]: each.get("PostElectionStatus") for each in report["Election"][0]["Candidate"]}
    assert (status["candidate-parks-west"], status["candidate-parks-east"]) == ("winner", "defeated")
    assert status["candidate-mayor-tamm"] is None
    rows = list(csv.DictReader(io.StringIO(write_elected(outcome).decode())))
    assert [(row["contest"], row["choice"], row["outcome"], row["order"]) for row in rows] == [
        ("parks", "east", "not-elected", ""),
        ("parks", "west", "elected", "1"),
    ]


def test_a_tie_has_no_winner_in_the_report_and_says_how_many_seats_it_leaves_open(town: Definition) -> None:
    outcome = counted(town, (2, 1), (1, 2), counting=Counting.SCHULZE)
    report = check("NIST_V2_election_results_reporting.json", write_results_report(outcome, ISSUE, Standing.COMPLETE))
    assert all("PostElectionStatus" not in each for each in report["Election"][0]["Candidate"])
    parks = report["Election"][0]["Contest"][1]
    assert [(each["OtherType"], each["Value"]) for each in parks["ExternalIdentifier"]] == [
        ("townhall:undecided-seats", "1")
    ]
    assert write_elected(outcome).count(b",tied,") == 2


Change = Callable[[EligibilityReport], EligibilityReport]
OTHERS: dict[str, Change] = {
    "mode": lambda report: msgspec.structs.replace(report, mode=Mode.OFFICIAL),
    "definition": lambda report: msgspec.structs.replace(report, definition=HexHash("0" * 64)),
    "roll": lambda report: msgspec.structs.replace(report, roll_version=HexHash("0" * 64)),
    "place": lambda report: msgspec.structs.replace(report, places=(msgspec.structs.replace(PLACES[0], place="moon"),)),
}


@pytest.mark.parametrize("change", OTHERS.values(), ids=OTHERS)
def test_a_report_of_another_election_is_refused(made: tuple[ElectionPackage, Verified], change: Change) -> None:
    package, record = made
    with pytest.raises(ExportRefusedError):
        outcome_of(package, [record], change(report_of(package, *PLACES)))


def test_a_record_too_few_too_strange_or_unfinished_is_refused(made: tuple[ElectionPackage, Verified]) -> None:
    package, record = made
    report = report_of(package, *PLACES)
    with pytest.raises(ExportRefusedError, match="missing"):
        outcome_of(package, [], report)
    unfinished = replace(record, facts=replace(record.facts, result=None))
    with pytest.raises(ExportRefusedError, match="no result yet"):
        outcome_of(package, [unfinished], report)
    weighted = replace(record, facts=replace(record.facts, total_weight=record.facts.ballot_count + 1))
    with pytest.raises(ExportRefusedError, match="more than once"):
        outcome_of(package, [weighted], report)
    with pytest.raises(ExportRefusedError, match="without an election"):
        outcome_of(package, [replace(record, facts=replace(record.facts, election=None))], report)
    official = msgspec.structs.replace(package.definition, mode=Mode.OFFICIAL)
    ours = OurElection(Tape())
    with pytest.raises(ExportRefusedError, match="another election"):
        outcome_of(package_of(official, ours), [record], report)


def test_more_ballots_than_the_eligibility_board_accepted_are_no_result(
    made: tuple[ElectionPackage, Verified],
) -> None:
    package, record = made
    fewer = msgspec.structs.replace(PLACES[1], accepted=2, refused=2)
    with pytest.raises(ExportRefusedError, match="4 ballots are counted, and the eligibility board accepted 3"):
        outcome_of(package, [record], report_of(package, PLACES[0], fewer))


class Tape:
    """Bytes that are the same in each run."""

    def __init__(self) -> None:
        self._count = 0

    def read(self, size_bytes: int) -> bytes:
        self._count += 1
        return hashlib.shake_256(f"tape {self._count}".encode()).digest(size_bytes)


@pytest.fixture(scope="module")
def module_randomness() -> Randomness:
    return Tape()


def test_an_event_log_is_valid_and_names_nobody() -> None:
    at = datetime(2026, 11, 26, 9, 0, 1, tzinfo=UTC)
    events = [
        LoggedEvent(0, "KIOSK_STARTED", at, Disposition.NOT_APPLICABLE, "version=0.1.0", "ab" * 32),
        LoggedEvent(1, "STAFF_ACT_ENDED", at, Disposition.SUCCESS, "act=OPEN-POLLS outcome=DONE", "cd" * 32),
    ]
    devices = [
        LoggedDevice("kiosk-1", "0.1.0", DeviceRole.SINGLE, events),
        LoggedDevice("desk-1", "0.1.0", DeviceRole.DESK, ()),
        LoggedDevice("kiosk-2", "0.1.0", None, ()),
    ]
    log = check("NIST_V1_election_event_logging.json", write_event_log(devices, "small-town-2026", at))
    assert [device["Type"] for device in log["Device"]] == ["dre", "electronic-poll-book", "other"]
    assert log["Device"][0]["Event"][1]["Sequence"] == "1"
    assert log["Device"][0]["Event"][1]["Disposition"] == "success"
    assert log["ElectionId"] == "small-town-2026"
    assert UUID not in json.dumps(log)
