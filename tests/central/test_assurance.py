# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Documents come to prove themselves, against real services on the loopback that fail, lie and disappear."""

import asyncio
import io
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

import pytest
from asn1crypto import ocsp, tsp, x509

from townhall_central.inbox import store
from townhall_central.inbox.assurance import LEASE_S, AssuranceResult, run_assurance
from townhall_central.inbox.assurance_steps import RENEW_BEFORE_S, Archive
from townhall_central.inbox.assurance_store import read_archived, read_assurance, retry
from townhall_central.inbox.case import Assurance, Case, Level, Reason, Verdict
from townhall_central.inbox.home import InboxHome, TrustServices
from townhall_central.inbox.trust_line import HttpTrustLine
from townhall_crypto.asice import sign_asice
from townhall_crypto.asice_levels import validate_proved
from townhall_crypto.errors import ContainerRefusedError, DocumentRefusedError, OcspRefusedError, TimestampRefusedError
from townhall_crypto.pades import sign_pdf
from townhall_crypto.pades_archive import validate_archived
from townhall_fonts import FONT_DIRECTORY
from townhall_forms.document import Direction, DocumentModel, Line, render_document
from townhall_smartcard.simulation.estonian_card_keys import CertifiedKey
from townhall_smartcard.simulation.estonian_card_person import KADRI
from townhall_smartcard.simulation.pki import Role, TestPki
from townhall_smartcard.simulation.trust_services import SimulatedTrustServices

# In 2023: pyHanko takes what exists to have existed by the machine's own time, so no test lives in its future.
on_both = pytest.mark.parametrize("engine", ["sqlite", "postgresql"], indirect=True)
NOW = 1_700_000_000
SIGNED_AT = NOW - 3500
FOUNDRY = str(Path(__file__).with_name("assurance_foundry.py"))


class NewCard(Protocol):
    """Makes a card's signature key and certifies it."""

    def __call__(self) -> CertifiedKey: ...


NewDocument = Callable[[CertifiedKey], bytes]


@pytest.fixture(scope="session")
def past() -> TestPki:
    return TestPki(at=datetime.fromtimestamp(NOW, UTC))


@pytest.fixture(scope="session")
def new_card(past: TestPki) -> NewCard:
    return lambda: past.issue(KADRI, Role.SIGNATURE)


@pytest.fixture(scope="session")
def card(new_card: NewCard) -> CertifiedKey:
    return new_card()


@pytest.fixture(scope="session")
def new_document(past: TestPki) -> NewDocument:
    signed_at = datetime.fromtimestamp(SIGNED_AT, UTC)
    model = DocumentModel(
        title="Change of address",
        language="en",
        direction=Direction.LEFT_TO_RIGHT,
        issuer="Town",
        answers_title="Answers",
        question_column="Question",
        answer_column="Answer",
        answers=(Line("Street", "Pikk 7"),),
        signature_title="Signature",
        facts=(Line("Signed by", "the person"),),
        statement="All of this is true.",
        page_words="Page {page} of {pages}",
        created=signed_at,
        instance=b"<data/>",
        instance_description="Answers",
    )
    pdf = render_document(model, FONT_DIRECTORY)

    def make(key: CertifiedKey) -> bytes:
        async def sign_digest(digest: bytes) -> bytes:
            return key.sign_digest(digest)

        chain = [*past.intermediates_der, *past.anchors_der]
        signing = sign_pdf(
            pdf,
            certificate=key.certificate,
            chain=chain,
            sign_digest=sign_digest,
            signed_at=signed_at,
            tooltip="Signature",
        )
        return asyncio.run(signing)

    return make


@dataclass
class Town:
    """An inbox, and the services that it asks; its time passes when told."""

    home: InboxHome
    services: SimulatedTrustServices
    line: HttpTrustLine
    now: int = NOW
    taken: int = field(default=0)

    @property
    def moment(self) -> datetime:
        return datetime.fromtimestamp(self.now, UTC)

    @property
    def archive(self) -> Archive:
        pki = self.services.pki
        return Archive(self.line, pki.trust_anchors, pki.timestamp_anchors_at(self.moment), lambda: self.now)

    def take(self, document: bytes) -> int:
        """Make a case of a document; return its number."""
        self.taken += 1
        name = f"{self.taken:064x}"
        with self.home.database.write() as connection:
            case = Case(state="ready", reasons=[])
            store.store_case(connection, store.NewCase(name, self.taken, b"", name.encode(), case, document))
        return self.taken

    def go_on(self, *, after_s: int = 0, archive: Archive | None = None) -> AssuranceResult:
        self.now += after_s
        return run_assurance(self.home.database, archive or self.archive)

    def assurance(self, number: int = 1) -> Assurance:
        with self.home.database.read() as connection:
            found = read_assurance(connection, number)
        assert found is not None
        return found

    def reached(self, number: int = 1) -> tuple[Level, Verdict, str]:
        found = self.assurance(number)
        return found.level, found.verdict, found.last_failure

    def archived(self, number: int = 1) -> bytes:
        with self.home.database.read() as connection:
            return read_archived(connection, number)

    def case(self, number: int = 1) -> Case:
        with self.home.database.read() as connection:
            return store.read_case(connection, number).case

    def asked(self) -> list[str]:
        return [path.split("/")[2] for path in self.services.requests]


@pytest.fixture
def town(inbox: InboxHome, past: TestPki) -> Iterator[Town]:
    with SimulatedTrustServices(past) as services, HttpTrustLine(TrustServices(services.tsa, services.ocsp)) as line:
        made = Town(inbox, services, line)
        services.clock = lambda: made.moment
        yield made


# Lies and failures first.


def test_a_silent_service_is_asked_again_later_and_what_was_reached_stays(
    town: Town, card: CertifiedKey, new_document: NewDocument
) -> None:
    town.take(new_document(card))
    with HttpTrustLine(TrustServices("http://127.0.0.1:9/tsa", town.services.ocsp)) as line:
        cut_off = replace(town.archive, line=line)
        assert town.go_on(archive=cut_off) == AssuranceResult(waiting=1)
        assert town.reached() == (Level.B, Verdict.PROVISIONAL, "TH-CENT-054")
        assert town.go_on(archive=cut_off) == AssuranceResult(), "it waits before it asks again"
    with HttpTrustLine(TrustServices(town.services.tsa, "http://127.0.0.1:9/ocsp")) as line:
        assert town.go_on(after_s=30, archive=replace(town.archive, line=line)) == AssuranceResult(waiting=1)
    assert town.reached() == (Level.T, Verdict.PROVISIONAL, "TH-CENT-054")
    stamped_at = town.assurance().stamped_at
    assert town.go_on(after_s=30) == AssuranceResult(archived=1)
    assert town.reached() == (Level.LTA, Verdict.ACCEPTED, "")
    assert town.assurance().stamped_at == stamped_at
    assert town.asked() == ["tsa", "ocsp", "tsa"], "the first stamp was not asked for twice"


def test_waits_double_up_to_six_hours(town: Town, card: CertifiedKey, new_document: NewDocument) -> None:
    town.take(new_document(card))
    with HttpTrustLine(TrustServices("http://127.0.0.1:9/tsa", "http://127.0.0.1:9/ocsp")) as line:
        cut_off = replace(town.archive, line=line)
        assert town.go_on(archive=cut_off).waiting == 1
        for wait_s in (30, 60, 120, 240, 480, 960, 1920, 3840, 7680, 15360, 21600, 21600):
            assert town.go_on(after_s=wait_s - 1, archive=cut_off) == AssuranceResult()
            assert town.go_on(after_s=1, archive=cut_off) == AssuranceResult(waiting=1)


@dataclass
class Liar:
    """Implements the line with whatever it is given."""

    time_stamp: Callable[[bytes], bytes]
    ocsp: Callable[[bytes], bytes]


@pytest.fixture
def stranger(town: Town) -> Iterator[HttpTrustLine]:
    """The same services, of authorities that nobody here trusts."""
    with (
        SimulatedTrustServices(TestPki(at=town.moment), lambda: town.moment) as services,
        HttpTrustLine(TrustServices(services.tsa, services.ocsp)) as line,
    ):
        yield line


def test_a_stamp_by_somebody_else_over_something_else_or_refused_is_no_stamp(
    town: Town, stranger: HttpTrustLine, card: CertifiedKey, new_document: NewDocument
) -> None:
    town.take(new_document(card))
    other = tsp.TimeStampReq(
        {"version": 1, "message_imprint": {"hash_algorithm": {"algorithm": "sha512"}, "hashed_message": bytes(64)}}
    )
    other["cert_req"] = True

    def over_something_else(request: bytes) -> bytes:
        other["nonce"] = tsp.TimeStampReq.load(request)["nonce"]
        return town.line.time_stamp(other.dump(force=True))

    def of_another_request(request: bytes) -> bytes:
        changed = tsp.TimeStampReq.load(request)
        changed["nonce"] = changed["nonce"].native ^ 1
        return town.line.time_stamp(changed.dump(force=True))

    lies = (stranger.time_stamp, over_something_else, of_another_request, lambda _: b"", lambda request: request)
    for lie in lies:
        liar = replace(town.archive, line=Liar(lie, town.line.ocsp))
        assert town.go_on(after_s=6 * 3600, archive=liar) == AssuranceResult(waiting=1)
        assert town.reached() == (Level.B, Verdict.PROVISIONAL, TimestampRefusedError.code)


def test_an_answer_by_somebody_else_about_somebody_else_or_from_before_the_stamp_is_no_answer(
    town: Town, stranger: HttpTrustLine, card: CertifiedKey, new_card: NewCard, new_document: NewDocument
) -> None:
    town.take(new_document(card))
    other = new_card().certificate

    def about_somebody_else(request: bytes) -> bytes:
        changed = ocsp.OCSPRequest.load(request)
        name = changed["tbs_request"]["request_list"][0]["req_cert"]
        name["serial_number"] = x509.Certificate.load(other).serial_number
        return town.line.ocsp(changed.dump(force=True))

    def early(request: bytes) -> bytes:
        town.services.clock = lambda: town.moment - timedelta(days=3)
        answer = town.line.ocsp(request)
        town.services.clock = lambda: town.moment
        return answer

    for lie in (stranger.ocsp, about_somebody_else, early, lambda _: b"", lambda request: request):
        liar = replace(town.archive, line=Liar(town.line.time_stamp, lie))
        assert town.go_on(after_s=6 * 3600, archive=liar) == AssuranceResult(waiting=1)
        assert town.reached() == (Level.T, Verdict.PROVISIONAL, OcspRefusedError.code)


@pytest.mark.parametrize(
    ("revoked_at", "verdict", "reason", "proves"),
    [
        (SIGNED_AT - 60, Verdict.REVOKED_BEFORE_SIGNING, Reason.REVOKED_BEFORE_SIGNING, False),
        (SIGNED_AT + 60, Verdict.REVOKED_AFTER_SIGNING, Reason.REVOKED_AFTER_SIGNING, False),
        (NOW + 60, Verdict.REVOKED_AFTER_SIGNING, Reason.REVOKED_AFTER_SIGNING, True),
    ],
)
def test_a_card_that_was_revoked_is_never_accepted_silently_whenever_that_was(  # noqa: PLR0917 - fixtures
    town: Town,
    new_card: NewCard,
    new_document: NewDocument,
    revoked_at: int,
    verdict: Verdict,
    reason: Reason,
    proves: bool,  # noqa: FBT001 - a column of the table
) -> None:
    card = new_card()
    town.take(new_document(card))
    if proves:  # the line to the issuer is cut after the stamp, and the card is revoked meanwhile
        with HttpTrustLine(TrustServices(town.services.tsa, "http://127.0.0.1:9/ocsp")) as line:
            town.go_on(archive=replace(town.archive, line=line))
        town.now += 120
    town.services.pki.revoke(card, datetime.fromtimestamp(revoked_at, UTC))
    assert town.go_on() == AssuranceResult(flagged=1)
    assert town.reached() == (Level.T, verdict, "")
    assert town.assurance().revoked_at == datetime.fromtimestamp(revoked_at, UTC).isoformat()
    case = town.case()
    assert case.state == "needs attention"
    assert [line.code for line in case.reasons] == [reason.code]
    assert case.reasons[0].detail.startswith("the time stamp came before") is proves
    assert town.go_on(after_s=7 * 24 * 3600) == AssuranceResult(), "a person decides"


@pytest.mark.parametrize("spoil", [lambda pdf: pdf[:-40], lambda _: b"%PDF-1.7\n%%EOF\n", lambda pdf: pdf + b"\n1"])
def test_what_is_no_document_of_a_kiosk_goes_to_a_person(
    town: Town, card: CertifiedKey, new_document: NewDocument, spoil: Callable[[bytes], bytes]
) -> None:
    town.take(spoil(new_document(card)))
    assert town.go_on() == AssuranceResult(flagged=1)
    assert town.reached() == (Level.B, Verdict.REFUSED, DocumentRefusedError.code)
    assert town.case().reasons[0].code == Reason.NOT_ARCHIVED.code
    with town.home.database.write() as connection:
        retry(connection, 1, town.now)
    assert town.go_on() == AssuranceResult(flagged=1)
    assert len(town.case().reasons) == 1


def test_a_document_that_kills_the_worker_is_set_aside_in_the_end(
    town: Town, card: CertifiedKey, new_document: NewDocument
) -> None:
    town.take(new_document(card))

    class Death(BaseException):
        """Stands for SIGKILL: nothing catches it."""

    def die(_request: bytes) -> bytes:
        raise Death

    deadly = replace(town.archive, line=Liar(die, die))
    for _ in range(3):
        with pytest.raises(Death):
            town.go_on(archive=deadly)
        assert town.go_on() == AssuranceResult(), "nobody else has it meanwhile"
        town.now += LEASE_S
    assert town.go_on() == AssuranceResult(flagged=1)


# The way.


def test_a_document_comes_to_prove_itself_with_every_service_gone(
    town: Town, card: CertifiedKey, new_document: NewDocument, tmp_path: Path
) -> None:
    document = new_document(card)
    town.take(document)
    assert town.go_on() == AssuranceResult(archived=1)
    assert town.asked() == ["tsa", "ocsp", "tsa"], "first the time stamp, then the issuer, then the archive"
    archived, archive = town.archived(), town.archive
    town.services.__exit__(None, None, None)
    found = validate_archived(archived, archive.anchors, archive.timestamp_anchors, town.moment)
    assert found.proved_at == town.moment
    hole = document.index(b"/Contents <") + len(b"/Contents <")
    assert archived.startswith(document[:hole]), "what the person signed stands at its beginning"
    (tmp_path / "archived.pdf").write_bytes(archived)
    checked = subprocess.run(
        ["qpdf", "--check", tmp_path / "archived.pdf"], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert town.case().state == "ready"


@pytest.mark.parametrize("place", [0.1, 0.3, 0.5, 0.62, 0.75, 0.9, 0.999])
def test_a_changed_byte_of_an_archived_document_is_refused(
    town: Town, card: CertifiedKey, new_document: NewDocument, place: float
) -> None:
    town.take(new_document(card))
    town.go_on()
    changed = bytearray(town.archived())
    at = int(len(changed) * place)
    while chr(changed[at]) in "0\n":  # padding and white space around it
        at += 1
    changed[at] ^= 1
    archive = town.archive
    with pytest.raises(DocumentRefusedError):
        validate_archived(bytes(changed), archive.anchors, archive.timestamp_anchors, town.moment)


def test_an_archived_document_proves_nothing_under_other_anchors_and_no_log_names_the_person(
    town: Town, card: CertifiedKey, new_document: NewDocument, caplog: pytest.LogCaptureFixture
) -> None:
    town.take(new_document(card))
    town.go_on()
    archive, strangers = town.archive, TestPki(at=town.moment)
    for anchors, stamping in (
        (strangers.trust_anchors, archive.timestamp_anchors),
        (archive.anchors, strangers.timestamp_anchors),
        (archive.timestamp_anchors, archive.anchors),
    ):
        with pytest.raises(DocumentRefusedError):
            validate_archived(town.archived(), anchors, stamping, town.moment)
    assert KADRI.surname not in caplog.text
    assert KADRI.personal_code not in caplog.text


def test_an_archive_stamp_gets_the_next_one_before_its_authority_ends(
    town: Town, card: CertifiedKey, new_document: NewDocument
) -> None:
    town.take(new_document(card))
    town.go_on()
    until = town.assurance().archive_until
    assert until is not None
    ends = int(datetime.fromisoformat(until).timestamp())
    before = town.archived()
    town.now = ends - RENEW_BEFORE_S - 1
    assert town.go_on() == AssuranceResult(), "it is not due yet"
    stale = replace(town.archive, timestamp_anchors=town.services.pki.timestamp_anchors)
    assert town.go_on(after_s=1, archive=stale) == AssuranceResult(waiting=1), "without a fresh list nothing is renewed"
    assert town.reached() == (Level.LTA, Verdict.ACCEPTED, DocumentRefusedError.code)
    assert town.archived() == before
    assert town.go_on(after_s=30) == AssuranceResult(archived=1)
    renewed = town.archived()
    assert renewed.startswith(before)
    assert len(renewed) > len(before)
    archive = town.archive
    found = validate_archived(renewed, archive.anchors, archive.timestamp_anchors, town.moment)
    assert found.newest.at == town.moment
    assert found.proved_at == datetime.fromtimestamp(NOW, UTC), "the card has long expired, the proof has not"


@on_both
def test_two_workers_do_no_work_twice(town: Town, card: CertifiedKey, new_document: NewDocument) -> None:
    document = new_document(card)
    for _ in range(3):
        town.take(document)
    asked: list[AssuranceResult] = []
    truth = town.line

    def interrupted(request: bytes) -> bytes:
        if len(asked) < 2:
            asked.append(AssuranceResult())
            asked.append(town.go_on())
        return truth.time_stamp(request)

    first = replace(town.archive, line=Liar(interrupted, truth.ocsp))
    assert town.go_on(archive=first) == AssuranceResult(archived=1)
    assert asked[-1] == AssuranceResult(archived=2)
    assert town.asked().count("ocsp") == 3
    assert town.asked().count("tsa") == 6


def write_trust_folder(folder: Path, pki: TestPki) -> None:
    for path, anchors in ((folder, pki.trust_anchors), (folder / "timestamps", pki.timestamp_anchors)):
        kinds = (
            ("anchors", anchors.anchors_der),
            ("intermediates", anchors.intermediates_der),
            ("crls", anchors.crls_der),
        )
        for kind, contents in kinds:
            (path / kind).mkdir(parents=True)
            for number, content in enumerate(contents):
                (path / kind / f"{number}.der").write_bytes(content)


def as_container(key: CertifiedKey) -> bytes:
    async def sign_digest(digest: bytes) -> bytes:
        return key.sign_digest(digest)

    files = {"document.pdf": b"%PDF-1.7 a page", "answers.xml": b"<data/>"}
    signed_at = datetime.fromtimestamp(SIGNED_AT, UTC)
    return asyncio.run(sign_asice(files, certificate=key.certificate, sign_digest=sign_digest, signed_at=signed_at))


def xmlsec1(container: bytes, archive: Archive, folder: Path) -> bool:
    """The outside judge of the signature, which passes over what came after it."""
    with zipfile.ZipFile(io.BytesIO(container)) as files:
        for name in files.namelist():
            (folder / name.rpartition("/")[2]).write_bytes(files.read(name))
    (folder / "root.der").write_bytes(archive.anchors.anchors_der[0])
    (folder / "issuer.der").write_bytes(archive.anchors.intermediates_der[0])
    command = [
        *("xmlsec1", "--verify", "--enabled-key-data", "x509", "--trusted-der", "root.der"),
        *("--untrusted-der", "issuer.der", "--verification-gmt-time", f"{datetime.fromtimestamp(NOW, UTC):%F %T}"),
        *("--id-attr:Id", "http://uri.etsi.org/01903/v1.3.2#:SignedProperties", "signatures0.xml"),
    ]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode == 0


def test_a_container_comes_to_prove_itself_and_ends_at_b_lt(town: Town, card: CertifiedKey, tmp_path: Path) -> None:
    town.take(as_container(card))
    assert town.go_on() == AssuranceResult(archived=1)
    assert town.reached() == (Level.LT, Verdict.ACCEPTED, "")
    assert town.asked() == ["tsa", "ocsp"], "first the time stamp, then the issuer"
    town.services.__exit__(None, None, None)
    archive, made = town.archive, town.archived()
    assert xmlsec1(made, archive, tmp_path)
    bare = [replace(each, crls_der=()) for each in (archive.anchors, archive.timestamp_anchors)]
    assert validate_proved(made, *bare).proved_at == town.moment
    for place in range(0, len(made), 97):
        changed = bytearray(made)
        changed[place] ^= 1
        with pytest.raises(ContainerRefusedError):
            validate_proved(bytes(changed), *bare)
    strangers = TestPki(at=town.moment)
    for anchors, stamping in ((strangers.trust_anchors, bare[1]), (bare[0], strangers.timestamp_anchors)):
        with pytest.raises(ContainerRefusedError):
            validate_proved(made, anchors, stamping)


def test_a_containers_revoked_card_is_flagged(town: Town, new_card: NewCard) -> None:
    key = new_card()
    town.take(as_container(key))
    town.services.pki.revoke(key, datetime.fromtimestamp(SIGNED_AT + 60, UTC))
    assert town.go_on() == AssuranceResult(flagged=1)
    assert town.reached() == (Level.T, Verdict.REVOKED_AFTER_SIGNING, "")


def test_a_changed_container_goes_to_a_person(town: Town, card: CertifiedKey) -> None:
    town.take(as_container(card).replace(b"a page", b"a pagE"))
    assert town.go_on() == AssuranceResult(flagged=1)
    assert town.reached() == (Level.B, Verdict.REFUSED, ContainerRefusedError.code)


@on_both
def test_a_worker_that_was_taken_over_stores_nothing(town: Town, card: CertifiedKey, new_document: NewDocument) -> None:
    town.take(new_document(card))

    def sleeping(request: bytes) -> bytes:
        answer = town.line.time_stamp(request)
        town.now += LEASE_S
        assert town.go_on() == AssuranceResult(archived=1), "another takes the document over"
        return answer

    slow = replace(town.archive, line=Liar(sleeping, town.line.ocsp))
    town.go_on(archive=slow)
    assert town.reached() == (Level.LTA, Verdict.ACCEPTED, "")
    assert town.go_on(after_s=LEASE_S) == AssuranceResult()


class Foundry:
    """Forks workers that kill themselves at their n-th database step."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self._process = subprocess.Popen(
            [sys.executable, FOUNDRY], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def work(self, deadly_step: int) -> int:
        """Run one worker; return how it ended: 0, or minus the signal that killed it."""
        services = self.town.services
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        line = f"{self.directory} {self.trust} {services.tsa} {services.ocsp} {self.town.now} {deadly_step}\n"
        self._process.stdin.write(line)
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    directory: Path
    trust: Path

    def close(self) -> None:
        self._process.communicate()


@pytest.fixture
def foundry(town: Town, tmp_path: Path) -> Iterator[Foundry]:
    made = Foundry(town)
    made.directory, made.trust = tmp_path / "inbox", tmp_path / "trust"
    write_trust_folder(made.trust, town.services.pki)
    yield made
    made.close()


@pytest.mark.parametrize("stride", [11, pytest.param(1, marks=[pytest.mark.long, pytest.mark.timeout(3600)])])
def test_a_worker_killed_at_any_step_loses_nothing_and_does_no_stored_step_again(
    town: Town, card: CertifiedKey, new_document: NewDocument, foundry: Foundry, stride: int
) -> None:
    document = new_document(card)
    kills = 0
    for deadly_step in range(1, 200, stride):
        number = town.take(document)
        before = len(town.services.requests)
        status = foundry.work(deadly_step)
        if status == 0:
            break
        kills += 1
        town.now += LEASE_S
        level = town.assurance(number).level
        done = {Level.B: 0, Level.T: 1, Level.LT: 2, Level.LTA: 3}[level]
        assert len(town.services.requests) - before <= done + 1
        again = len(town.services.requests)
        town.go_on()
        assert town.reached(number) == (Level.LTA, Verdict.ACCEPTED, "")
        assert len(town.services.requests) - again == 3 - done, "only what was not stored"
    assert kills > 2
