# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""``townhall verify``: how it ends, what it writes for people and for programs, in every language."""

import os
import pty
import re
import string
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pikepdf
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from lxml import etree
from tests.voting.conftest import RepeatableRandomness
from tests.voting.false_records import another_stored_tally, old_ballot_replayed
from tests.voting.forger import Forger
from tests.voting.our_election import (
    BOX_PRIVATE,
    BRIDGE,
    CHAIR,
    LOG_KEY,
    UUID,
    GoodRecord,
    OurElection,
    archive,
    good_record,
    published,
)

from townhall_forms.document import extract_report
from townhall_kiosk.cli import main
from townhall_kiosk.verify.words import LANGUAGES, load_words, load_words_catalog
from townhall_voting.board.log import LoggedBallot
from townhall_voting.hashing import fingerprint
from townhall_voting.record.log_check import PublishedFiles
from townhall_voting.record.reasons import Concern, Refusal
from townhall_voting.record.report import VerificationReport

OUTCOMES = ("complete", "good-so-far", "refused")


@pytest.fixture(scope="module")
def good() -> GoodRecord:
    return good_record(RepeatableRandomness("a record to report on"))


@dataclass(frozen=True, slots=True)
class Desk:
    """A folder with a record and what belongs beside it."""

    folder: Path
    record: Path

    def lay(self, good: GoodRecord, data: bytes | None = None) -> "Desk":
        self.record.write_bytes(good.data if data is None else data)
        for owner, side_car in good.side_cars.items():
            (self.folder / f"{UUID}.side-car.{owner}.json").write_bytes(side_car)
        return self

    def verify(self, *arguments: str) -> int:
        return main(["verify", str(self.record), "--processes", "1", *arguments])


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path, tmp_path / f"{UUID}.bel")


def said(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().out


def test_a_good_record_ends_with_zero_and_says_the_result(
    desk: Desk, good: GoodRecord, capsys: pytest.CaptureFixture[str]
) -> None:
    assert desk.lay(good).verify() == 0
    told = said(capsys)
    assert "Everything in the record holds, and it is complete." in told
    assert "Concern W105" in told
    assert re.search(r"Who chairs\?\n  Ada: 2\n  Bo: 1\n  Çelik: 2\nBuild the bridge\?\n  Blank: 1\n", told)


def test_a_record_on_its_way_ends_with_three(desk: Desk, good: GoodRecord, capsys: pytest.CaptureFixture[str]) -> None:
    assert desk.lay(good, archive(good.events[:5])).verify() == 3
    assert "voting has ended" in said(capsys)


def test_a_false_record_ends_with_four_and_names_reason_and_place(
    desk: Desk, good: GoodRecord, capsys: pytest.CaptureFixture[str]
) -> None:
    assert desk.lay(good, old_ballot_replayed(Forger(good)).data).verify() == 4
    told = said(capsys)
    assert "Reason R402: A second ballot by the same voting key." in told
    assert re.search(r"Where: event 4, byte \d+", told)
    assert "How far the election is: ballots are taken" in told


def test_a_record_without_side_cars_is_refused_unless_none_are_asked_for(
    desk: Desk, good: GoodRecord, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.lay(good)
    for side_car in desk.folder.glob("*.side-car.*"):
        side_car.unlink()
    assert desk.verify() == 4
    assert "R605" in said(capsys)
    assert desk.verify("--without-side-cars") == 0
    assert "W104" in said(capsys)


def test_what_the_box_published_is_compared_under_its_keys(
    desk: Desk, good: GoodRecord, capsys: pytest.CaptureFixture[str], certificate: Path
) -> None:
    desk.lay(good)
    keys = ("--published", str(desk.folder), "--log-key", LOG_KEY.verifier.vkey, "--box-key", str(certificate))
    lay_published(desk, good.published)
    assert desk.verify(*keys) == 0
    told = said(capsys)
    assert "W105" not in told
    assert "Ballots published during the vote: 3" in told
    one_more = LoggedBallot(fingerprint(b"one"), fingerprint(b"more"))
    logged = [LoggedBallot(each.ballot.tracker, each.ballot.hash) for each in good.votes]
    lay_published(desk, published(good.town.election.fingerprint, [*logged, one_more]))
    assert desk.verify(*keys) == 4
    assert "R803" in said(capsys)


def lay_published(desk: Desk, files: PublishedFiles) -> None:
    (desk.folder / "log.jsonl").write_bytes(files.log)
    (desk.folder / "checkpoint").write_text(files.checkpoint, "utf-8")
    (desk.folder / f"{UUID}.rejected.json").write_bytes(files.rejected)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "box")])
    begins = datetime(2026, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(BOX_PRIVATE.public_key())
    builder = builder.serial_number(1).not_valid_before(begins).not_valid_after(begins + timedelta(days=90))
    path = tmp_path / "box.der"
    path.write_bytes(builder.sign(BOX_PRIVATE, SHA256()).public_bytes(Encoding.DER))
    return path


@pytest.mark.parametrize(
    "change",
    [
        lambda keys: keys[:4],
        lambda keys: keys[2:],
        lambda keys: [*keys[:3], keys[3].replace("+", "-"), *keys[4:]],
        lambda keys: [*keys[:3], keys[3][:-4] + "AAA=", *keys[4:]],
        lambda keys: [*keys[:5], keys[5] + ".pem"],
    ],
    ids=["no certificate", "no folder", "no key", "a mistyped key", "no such certificate"],
)
def test_what_cannot_be_read_is_told_and_ends_with_one(
    desk: Desk,
    good: GoodRecord,
    certificate: Path,
    capsys: pytest.CaptureFixture[str],
    change: Callable[[list[str]], list[str]],
) -> None:
    desk.lay(good)
    lay_published(desk, good.published)
    keys = ["--published", str(desk.folder), "--log-key", LOG_KEY.verifier.vkey, "--box-key", str(certificate)]
    assert desk.verify(*change(keys)) == 1
    told = capsys.readouterr()
    assert told.err.startswith("TH-KIOS-")
    assert not told.out


@pytest.mark.parametrize("count", ["0", "-1", "two"])
def test_no_processes_check_nothing(desk: Desk, good: GoodRecord, count: str) -> None:
    with pytest.raises(SystemExit):
        desk.lay(good).verify("--processes", count)


def test_a_record_that_is_not_there_ends_with_one(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert desk.verify() == 1
    assert capsys.readouterr().err.startswith("TH-KIOS-")


def test_only_what_is_new_is_checked_the_second_time(
    desk: Desk, good: GoodRecord, capsys: pytest.CaptureFixture[str]
) -> None:
    memory = desk.folder / "memory.json"
    assert desk.lay(good, archive(good.events[:3])).verify("--remember", str(memory)) == 3
    assert "Of them checked before: 0" in said(capsys)
    assert desk.lay(good).verify("--remember", str(memory)) == 0
    assert "Of them checked before: 2" in said(capsys)
    kept = memory.read_bytes()
    assert desk.lay(good, another_stored_tally(Forger(good)).data).verify("--remember", str(memory)) == 4
    assert "Of them checked before: 3" in said(capsys)
    assert memory.read_bytes() == kept
    memory.write_bytes(kept[:-10])
    assert desk.lay(good).verify("--remember", str(memory)) == 0
    assert "Of them checked before: 0" in said(capsys)
    assert memory.read_bytes() == kept


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_report_is_written_for_people_and_for_programs(desk: Desk, good: GoodRecord, language: str) -> None:
    folder = desk.folder / "reports"
    assert (
        desk.lay(good, old_ballot_replayed(Forger(good)).data).verify("--report", str(folder), "--language", language)
        == 4
    )
    html, pdf, content = (folder / f"{UUID}.verification.{suffix}" for suffix in ("html", "pdf", "json"))
    report = msgspec.json.decode(content.read_bytes(), type=VerificationReport)
    assert (report.outcome, report.ballots) == ("refused", 3)
    assert report.reason is not None
    assert (report.reason.code, report.reason.height) == ("R402", 4)
    assert extract_report(pdf.read_bytes()) == content.read_bytes()
    with pikepdf.open(pdf) as opened:
        assert opened.Root.MarkInfo.Marked
        assert str(opened.Root.Lang) == language
        assert "/StructTreeRoot" in opened.Root
    page = etree.fromstring(html.read_bytes(), etree.HTMLParser())
    assert page.get("lang") == language
    assert page.get("dir") == ("rtl" if language == "ar" else "ltr")
    words = " ".join(page.itertext())
    assert load_words(language)("reason.R402") in words
    assert load_words(language)("verdict.refused") in words
    assert report.last_event is not None
    assert report.last_event in words


def test_the_page_needs_nothing_from_elsewhere_and_runs_nothing(desk: Desk, good: GoodRecord) -> None:
    desk.lay(good).verify("--report", str(desk.folder))
    html = (desk.folder / f"{UUID}.verification.html").read_bytes()
    page = etree.fromstring(html, etree.HTMLParser())
    addresses = [value for each in page.iter() for name, value in each.items() if name in {"href", "src", "action"}]
    assert len(addresses) == 1
    assert addresses[0].startswith("data:application/json;base64,")
    assert not page.xpath("//script | //img | //link | //iframe | //*[@onclick]")
    assert b"default-src 'none'" in html


def test_words_of_a_hostile_election_are_shown_as_words(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    script, rows = "\x1b[2J</title><script>alert(1)</script>", '#pdf.attach("x") <b>\u202eevil\u202c'
    question = replace(CHAIR, text=script, answers=(rows, "Bo", "& co"))
    town = OurElection(RepeatableRandomness("hostile words"), questions=(question, BRIDGE))
    votes = [town.vote(((1, 0, 0), (0, 1, 0)))]
    record = GoodRecord(town, tuple(votes), tuple(town.events(votes)), town.side_cars, town.published(votes))
    assert desk.lay(record).verify("--report", str(desk.folder)) == 0
    told = said(capsys)
    assert all(each.isprintable() or each == "\n" for each in told)
    assert "\ufffd[2J</title><script>alert(1)</script>" in told
    html = (desk.folder / f"{UUID}.verification.html").read_bytes()
    page = etree.fromstring(html, etree.HTMLParser())
    assert not page.xpath("//script | //b")
    assert script[4:] in " ".join(page.itertext())
    assert (desk.folder / f"{UUID}.verification.pdf").read_bytes().startswith(b"%PDF")


def test_a_terminal_sees_a_bar_and_a_file_does_not(desk: Desk, good: GoodRecord) -> None:
    desk.lay(good)
    command = [str(Path(sys.executable).parent / "townhall"), "verify", str(desk.record)]
    ours, theirs = pty.openpty()
    shown = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=theirs, timeout=120, check=True)
    os.close(theirs)
    drawn = os.read(ours, 100_000).decode()
    os.close(ours)
    assert shown.returncode == 0
    assert "100 %" in drawn
    percents = [int(each) for each in re.findall(r"(\d+) %", drawn)]
    assert percents == sorted(percents)
    quiet = subprocess.run(command, capture_output=True, timeout=120, check=True)
    assert quiet.stderr == b""


def test_a_larger_record_is_checked_in_processes_of_its_own(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """From a megabyte on; that they were started is seen by what happens when they cannot be."""
    town = OurElection(RepeatableRandomness("a larger record"), questions=(CHAIR, BRIDGE))
    votes = [town.vote(((1, 0, 0), (0, 1, 0))) for _ in range(90)]
    setup, *cast = town.events_of_votes(votes)
    desk.record.write_bytes(archive([setup, *cast]))
    assert desk.record.stat().st_size > 1 << 20
    command = ["verify", str(desk.record), "--processes", "2"]
    assert main(command) == 3
    monkeypatch.setattr(sys, "executable", str(desk.folder / "nothing"))
    assert main(command) == 1


def test_the_page_of_the_format_has_the_schema_of_the_report() -> None:
    page = (Path(__file__).parents[2] / "docs" / "formats" / "verification-report.md").read_text("utf-8")
    _, _, rest = page.partition("```json\n")
    stated = msgspec.json.decode(rest.partition("```")[0])
    assert stated == msgspec.json.schema(VerificationReport)


# The words


def ids(language: str) -> dict[str, str]:
    found = {}
    for message in load_words_catalog(language):
        if message.id:
            assert isinstance(message.id, str)
            assert isinstance(message.string, str)
            found[message.id] = message.string
    return found


def facts(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_every_language_has_every_text_with_the_same_facts() -> None:
    english = ids("en")
    for language in LANGUAGES:
        texts = ids(language)
        assert texts.keys() == english.keys()
        for text_id, text in texts.items():
            assert text.strip() == text
            assert text
            assert facts(text) == facts(english[text_id]), (language, text_id)


def test_every_reason_and_concern_has_its_sentence_and_no_other_does() -> None:
    coded = {text_id for text_id in ids("en") if text_id.startswith(("reason.", "concern."))}
    assert coded == {f"reason.{each.code}" for each in Refusal} | {f"concern.{each.code}" for each in Concern}
    assert {text_id for text_id in ids("en") if text_id.startswith("verdict.")} == {
        f"verdict.{each}" for each in OUTCOMES
    }


def test_arabic_texts_are_in_arabic() -> None:
    assert all(re.search("[\u0600-\u06ff]", text) for text in ids("ar").values())
