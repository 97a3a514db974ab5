# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""``townhall results``: what it writes of a whole election, sealed, and what it refuses to write anything of."""

import csv
import hashlib
import io
import json
import re
import shutil
import string
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jsonschema_rs
import msgspec
import pikepdf
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID
from tests.voting.conftest import RepeatableRandomness
from tests.voting.our_election import LISTS, OurElection, archive

from townhall_central.simulation.election import write_package
from townhall_crypto.device_key import FileDeviceKey
from townhall_crypto.pades_inspection import inspect
from townhall_forms.document import extract_report
from townhall_kiosk.cli import main
from townhall_kiosk.results.pages import Imprint, pages_of
from townhall_kiosk.results.words import LANGUAGES, load_words, load_words_catalog
from townhall_smartcard.simulation.estonian_card_person import JUHAN, KADRI
from townhall_smartcard.simulation.pki import TestPki
from townhall_voting.board.lists import EligibilityReport, PlaceCounts, sign_list
from townhall_voting.eligibility.duplicates import RULE
from townhall_voting.exports.outcome import Outcome, RankedVotes, StyleOutcome
from townhall_voting.hashing import Fingerprint, HexHash
from townhall_voting.package.authored import read_authored
from townhall_voting.package.contests import Counting
from townhall_voting.package.definition import Definition
from townhall_voting.package.derivation import derive_elections
from townhall_voting.package.roll import Voter
from townhall_voting.schnorr_group import RFC_3526_2048

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = ROOT / "tests" / "voting" / "data" / "nist-cdf" / "NIST_V2_election_results_reporting.json"
BOARD = ec.generate_private_key(ec.SECP256R1())
SEAL = ec.generate_private_key(ec.SECP384R1())
VOTES = (
    ((0, 1, 0, 0), (1, 1, 1, 0, 0, 0, 0)),
    ((0, 1, 0, 0), (1, 0, 0, 0, 0, 0, 1)),
    ((1, 0, 0, 0), (0,) * 7),
)
PLACES = (
    PlaceCounts(place="library", received=2, accepted=1, duplicate=1, refused=0, void=0),
    PlaceCounts(place="town-hall", received=2, accepted=2, duplicate=0, refused=0, void=0),
)


def certificate(key: ec.EllipticCurvePrivateKey, name: str) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    begins = datetime.now(UTC) - timedelta(days=1)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(begins).not_valid_after(begins + timedelta(days=90))
    return builder.sign(key, SHA256() if key.key_size == 256 else SHA384())


@dataclass(frozen=True)
class Town:
    """A counted election on the disk, and the command's arguments for it."""

    folder: Path

    def arguments(self, *others: str) -> list[str]:
        return [
            "results",
            str(self.folder / "package"),
            *("--content", str(self.folder / "content")),
            *(f"--record={path}" for path in self.folder.glob("*.bel")),
            *("--eligibility", str(self.folder / "eligibility.json")),
            *("--board-key", str(self.folder / "board.der")),
            *("--issuer", "Tamme town"),
            *("--processes", "1"),
            *others,
            str(self.folder / "out"),
        ]

    def seal(self) -> list[str]:
        return ["--seal", str(self.folder / "seal.pem"), "--seal-key", str(self.folder / "seal.key")]

    def private(self, name: str, content: bytes) -> Path:
        path = self.folder / name
        path.unlink(missing_ok=True)
        path.touch(mode=0o600)
        path.write_bytes(content)
        return path


def example() -> Definition:
    path = ROOT / "elections" / "small-town" / "election.yaml"
    return read_authored(path.name, path.read_bytes())


def ranked_example() -> Definition:
    """The example with one contest, two of whose candidates are ranked for one seat."""
    definition = example()
    council = definition.contests[1]
    council = msgspec.structs.replace(
        council, candidates=council.candidates[:2], minimum=0, maximum=2, seats=1, counting=Counting.SCHULZE
    )
    styles = tuple(msgspec.structs.replace(style, contests=(council.id,)) for style in definition.styles)
    return msgspec.structs.replace(definition, group=RFC_3526_2048.name, contests=(council,), styles=styles)


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> Town:
    ours = OurElection(RepeatableRandomness("results"))
    return counted_in(tmp_path_factory.mktemp("counted"), example(), ours, VOTES)


@pytest.fixture(scope="module")
def ranked(tmp_path_factory: pytest.TempPathFactory) -> Town:
    ours = OurElection(RepeatableRandomness("ranked results"), RFC_3526_2048, LISTS[1:])
    return counted_in(tmp_path_factory.mktemp("ranked"), ranked_example(), ours, (((2, 1),), ((2, 1),), ((1, 0),)))


def counted_in(
    folder: Path, definition: Definition, ours: OurElection, votes: Sequence[tuple[tuple[int, ...], ...]]
) -> Town:
    """Hold this election and lay everything of it into the folder."""
    town, pki = Town(folder), TestPki()
    officers = [pki.issue_card_keys(person) for person in (KADRI, JUHAN)]
    voters = [(Voter("EE", KADRI.personal_code), "hill")]
    made = write_package(
        folder / "elections", definition, trustees=ours.trustees.data, voters=voters, officers=officers
    )
    made.rename(folder / "package")
    ours.election = derive_elections(definition, ours.trustees.data, ours.trustees.public_key(ours.group))["town"]
    data = archive(ours.events([ours.vote(each) for each in votes]))
    (folder / f"{ours.election.uuid}.bel").write_bytes(data)
    for owner, side_car in ours.side_cars.items():
        (folder / f"{ours.election.uuid}.side-car.{owner}.json").write_bytes(side_car)
    report = EligibilityReport(
        mode=definition.mode,
        definition=HexHash(hashlib.sha256(definition.to_bytes()).hexdigest()),
        rule=RULE,
        roll_version=HexHash(hashlib.sha256((folder / "package" / "roll.bin").read_bytes()).hexdigest()),
        roll_size=1,
        places=PLACES,
        statements=(),
    )
    (folder / "eligibility.json").write_bytes(sign_list(report, FileDeviceKey(BOARD)))
    (folder / "board.der").write_bytes(certificate(BOARD, "board").public_bytes(Encoding.DER))
    (folder / "seal.pem").write_bytes(certificate(SEAL, "Tamme town").public_bytes(Encoding.PEM))
    town.private("seal.key", SEAL.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    for kind, found in (("anchors", pki.anchors_der), ("intermediates", pki.intermediates_der), ("crls", pki.crls_der)):
        (folder / "content" / "trust" / kind).mkdir(parents=True)
        for number, each in enumerate(found):
            (folder / "content" / "trust" / kind / f"{number}.der").write_bytes(each)
    lines = [
        {
            "certificate": hashlib.sha256(officer.authentication.certificate).hexdigest(),
            "role": "officer",
            "places": ["Town hall"],
            "not_before": "2020-01-01T00:00:00Z",
            "expires": "2090-01-01T00:00:00Z",
        }
        for officer in officers
    ]
    (folder / "content" / "staff").mkdir()
    (folder / "content" / "staff" / "staff.json").write_text(json.dumps({"version": 1, "staff": lines}))
    return town


@pytest.fixture
def town(counted: Town, tmp_path: Path) -> Town:
    return Town(Path(shutil.copytree(counted.folder, tmp_path / "town")))


def said(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout


def test_everything_is_written_in_each_language_and_sealed(town: Town) -> None:
    assert main(town.arguments(*town.seal(), "--standing", "certified")) == 0
    out = town.folder / "out"
    papers = {f"results.{language}.pdf" for language in LANGUAGES}
    tables = {"results.json", "ballot-definition.json", "votes.csv", "places.csv"}
    assert {path.name for path in out.iterdir()} == papers | tables
    report = json.loads((out / "results.json").read_bytes())
    jsonschema_rs.Draft4Validator(json.loads(SCHEMA.read_bytes()), validate_formats=True).validate(report)
    assert (report["Status"], report["Issuer"]) == ("certified", "Tamme town")
    votes = list(csv.DictReader(io.StringIO((out / "votes.csv").read_text())))
    assert [row["votes"] for row in votes if row["contest"] == "mayor"] == ["2", "0", "0", "1"]
    for name in papers:
        pdf = (out / name).read_bytes()
        assert inspect(pdf).certificate_der == certificate_of(town), name
        assert extract_report(pdf) == (out / "results.json").read_bytes()
        assert "Signature is Valid" in said(["pdfsig", "-nocert", str(out / name)])
        assert said(["qpdf", "--check", str(out / name)])


def certificate_of(town: Town) -> bytes:
    loaded = x509.load_pem_x509_certificate((town.folder / "seal.pem").read_bytes())
    return loaded.public_bytes(Encoding.DER)


def test_the_paper_says_that_it_is_of_a_test_and_what_was_counted(town: Town) -> None:
    assert main(town.arguments()) == 0
    text = said(["pdftotext", "-layout", str(town.folder / "out" / "results.en.pdf"), "-"])
    assert "Results of a test: Tamme town elections 2026" in text
    for words, number in (("101 Liis Tamm (Harbour list)", "2"), ("Blank", "1"), ("Accepted", "1")):
        assert any(line.strip().startswith(words) and line.split()[-1] == number for line in text.splitlines()), words
    assert "Votes of a place are not known" in " ".join(text.split())
    with pikepdf.open(town.folder / "out" / "results.ar.pdf") as pdf:
        assert str(pdf.Root.Lang) == "ar"


def test_who_is_elected_by_ranking_stands_on_paper_in_the_table_and_in_the_report(ranked: Town) -> None:
    assert main(ranked.arguments()) == 0
    out = ranked.folder / "out"
    rows = list(csv.DictReader(io.StringIO((out / "elected.csv").read_text())))
    names = [candidate.name["en"] for candidate in ranked_example().contests[0].candidates]
    assert [(row["choice_name"], row["outcome"]) for row in rows] == list(
        zip(names, ("not-elected", "elected"), strict=True)
    )
    report = json.loads((out / "results.json").read_bytes())
    jsonschema_rs.Draft4Validator(json.loads(SCHEMA.read_bytes()), validate_formats=True).validate(report)
    assert [each["PostElectionStatus"] for each in report["Election"][0]["Candidate"]] == ["defeated", "winner"]
    text = " ".join(said(["pdftotext", "-layout", str(out / "results.en.pdf"), "-"]).split())
    assert text.index(names[1]) < text.index("Elected, number 1") < text.index(names[0]) < text.index("Not elected")
    assert "Counted by Schulze's method" in text.replace("\u2019", "'")
    for language in LANGUAGES:
        assert said(["qpdf", "--check", str(out / f"results.{language}.pdf")])


def tie_words(language: str) -> list[str]:
    """What a paper says of rankings that tie, or leave a seat empty."""
    definition = ranked_example()
    (council,) = definition.contests
    words = load_words(language)
    told = []
    for counting, seats, ballots in (
        (Counting.SCHULZE, 1, ((1, 2), (2, 1))),
        (Counting.STV, 1, ((1, 2), (2, 1), (2, 2))),
        (Counting.STV, 2, ((1, 0),)),
    ):
        changed = msgspec.structs.replace(council, counting=counting, seats=seats)
        style = StyleOutcome("town", Fingerprint("f"), len(ballots), {council.id: RankedVotes(ballots)})
        outcome = Outcome(msgspec.structs.replace(definition, contests=(changed,)), (style,), (), 9)
        imprint = Imprint("Town", datetime(2026, 12, 1, tzinfo=UTC), "0" * 64, b"{}")
        table = next(each for each in pages_of(outcome, imprint, words).tables if each.title == council.title[language])
        told.append("\n".join(f"{line.label}: {line.shown}" for line in table.lines))
    return told


def test_ties_and_empty_seats_are_told() -> None:
    tied, by_order, vacant = tie_words("en")
    names = [candidate.name["en"] for candidate in ranked_example().contests[0].candidates]
    assert tied.count("Tied: more candidates than seats are left") == 2
    assert re.search(rf"Tie decided by the order on the ballot: .*{names[1]}.* leaves before .*{names[0]}", by_order)
    assert "Rankings that cannot be counted: 1" in by_order
    assert "Seats that nobody gets: 1" in vacant
    assert len({tuple(tie_words(language)) for language in LANGUAGES}) == len(LANGUAGES)


def test_a_seal_with_a_passphrase_is_opened_by_it(town: Town) -> None:
    encryption = BestAvailableEncryption(b"a passphrase")
    town.private("seal.key", SEAL.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption))
    passphrase = town.private("passphrase", b"a passphrase\n")
    assert main(town.arguments(*town.seal())) == 1
    assert main(town.arguments(*town.seal(), "--seal-passphrase", str(passphrase))) == 0


def other_board(town: Town) -> None:
    other = certificate(ec.generate_private_key(ec.SECP256R1()), "board")
    (town.folder / "board.der").write_bytes(other.public_bytes(Encoding.DER))


def other_bytes(town: Town) -> None:
    path = town.folder / "package" / "trustees.json"
    path.write_bytes(path.read_bytes() + b" ")


def no_officers(town: Town) -> None:
    (town.folder / "content" / "staff" / "staff.json").write_bytes(b'{"version": 1, "staff": []}')


def torn_record(town: Town) -> None:
    (path,) = town.folder.glob("*.bel")
    path.write_bytes(path.read_bytes()[:-512])


def no_side_cars(town: Town) -> None:
    for path in town.folder.glob("*.side-car.*"):
        path.unlink()


def no_report(town: Town) -> None:
    (town.folder / "eligibility.json").unlink()


def open_key(town: Town) -> None:
    (town.folder / "seal.key").chmod(0o644)


def foreign_key(town: Town) -> None:
    key = ec.generate_private_key(ec.SECP384R1())
    town.private("seal.key", key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def folder_taken(town: Town) -> None:
    (town.folder / "out").mkdir()
    (town.folder / "out" / "mine").touch()


HOSTILE: list[tuple[Callable[[Town], None], str]] = [
    (other_board, "TH-VOTE-133"),
    (other_bytes, "TH-VOTE-121"),
    (no_officers, "TH-VOTE-121"),
    (torn_record, "TH-VOTE-140"),
    (no_side_cars, "TH-VOTE-140"),
    (no_report, "TH-KIOS-001"),
    (open_key, "TH-KIOS-001"),
    (foreign_key, "TH-KIOS-001"),
    (folder_taken, "TH-KIOS-001"),
]


@pytest.mark.parametrize(("change", "code"), HOSTILE, ids=[change.__name__ for change, _ in HOSTILE])
def test_nothing_is_written_of_what_does_not_verify(
    town: Town, capsys: pytest.CaptureFixture[str], change: Callable[[Town], None], code: str
) -> None:
    change(town)
    before = sorted((town.folder / "out").glob("*"))
    assert main(town.arguments(*town.seal())) == 1
    assert code in capsys.readouterr().err
    assert sorted((town.folder / "out").glob("*")) == before


def test_every_language_has_every_text_with_the_same_facts() -> None:
    def facts(text: str) -> set[str | None]:
        return {field for _, field, _, _ in string.Formatter().parse(text) if field}

    english = {str(message.id): str(message.string) for message in load_words_catalog("en") if message.id}
    for language in LANGUAGES:
        found = {str(message.id): str(message.string) for message in load_words_catalog(language) if message.id}
        assert found.keys() == english.keys(), language
        assert all(facts(found[each]) == facts(english[each]) and found[each] for each in english), language
