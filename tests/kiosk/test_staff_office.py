# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The keeper's office for staff on a real journal: what is done, what is written down, and what is refused."""

import json
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from townhall_crypto.device_key import FileDeviceKey
from townhall_crypto.recipients import generate_recipient_key
from townhall_crypto.sealed import seal
from townhall_kiosk.errors import ClockBackError, PrintError, ReceiptRefusedError
from townhall_kiosk.simulation.counter import PLACE, Counter
from townhall_kiosk.simulation.ports import StandingClock
from townhall_kiosk.simulation.staff import line, roster_bytes
from townhall_kiosk.staff import acts
from townhall_kiosk.staff.acts import ClosingReason, DeviceResult, DeviceTest, KeeperTest, Verdict
from townhall_kiosk.staff.envelope_road import EnvelopeRoad
from townhall_kiosk.staff.errors import KioskRetiredError, MediumError, NotDeliveredError, StaffRefusedError
from townhall_kiosk.staff.medium import find_stick
from townhall_kiosk.staff.messages import (
    Answer,
    DevicesSeen,
    FurtherPersonWanted,
    StaffActWanted,
    StaffChallengeWanted,
    StaffDone,
    StaffLeft,
    StaffLetIn,
    StaffProof,
    StaffStatus,
    StaffTurnedAway,
)
from townhall_kiosk.staff.proof import Purpose, StaffChallenge
from townhall_kiosk.staff.report import verify_report
from townhall_kiosk.staff.roster import Roster, fingerprint
from townhall_kiosk.staff.standing import FILE, Service, Standing, read_standing, write_standing
from townhall_smartcard.simulation.estonian_card_keys import CardKeys, CertifiedKey
from townhall_smartcard.simulation.pki import TestPki
from townhall_sync.async_journal import AsyncJournal
from townhall_sync.audit import Event
from townhall_sync.courier import Courier
from townhall_sync.errors import JournalFullError, StickError
from townhall_sync.journal import Journal
from townhall_sync.simulated_kiosk import SimulatedKiosk, SimulatedLine
from townhall_sync.simulator import CentralServiceSimulator
from townhall_sync.stick_road import StickRoad

SEALED = seal(b"a transaction", kind="service-transaction", recipients=[generate_recipient_key().public])

Scene = Callable[["Desk"], Awaitable[None]]


@dataclass(slots=True)
class Desk:
    """A counter, and what a card does at it."""

    counter: Counter
    courier: Courier
    token: bytes = b""

    async def prove(self, card: CertifiedKey, purpose: Purpose) -> Answer:
        challenge = await self.counter.ask_office(StaffChallengeWanted(purpose))
        if not isinstance(challenge, StaffChallenge):
            return challenge
        signature = card.sign_digest(challenge.digest())
        return await self.counter.ask_office(StaffProof(purpose, card.certificate, signature))

    async def come_in(self, card: CertifiedKey) -> None:
        answer = await self.prove(card, Purpose.SESSION)
        assert isinstance(answer, StaffLetIn)
        self.token = answer.token

    async def do(self, act: acts.StaffAct) -> Answer:
        return await self.counter.ask_office(StaffActWanted(self.token, act))


@pytest.fixture
def play(
    tmp_path: Path, key: FileDeviceKey, pki: TestPki, kadri_keys: CardKeys, juhan_keys: CardKeys
) -> Callable[..., None]:
    """Play a scene at a counter where Kadri and Juhan are administrators."""

    def run(scene: Scene, **facts: object) -> None:
        clock = StandingClock()
        kiosk = SimulatedKiosk(tmp_path / "journal", key, clock)
        centre = CentralServiceSimulator(clock.wall)
        centre.add_kiosk(kiosk.name, key.public_der)
        people = (
            line(each.authentication.certificate, "administrator", clock.now()) for each in (kadri_keys, juhan_keys)
        )
        roster = Roster.read(roster_bytes(*people))

        async def work(journal: AsyncJournal, courier: Courier) -> None:
            counter = Counter(tmp_path, journal, key, pki.trust_anchors, roster, clock, **facts)  # type: ignore[arg-type]  # by name
            await scene(Desk(counter, courier))

        SimulatedLine(kiosk, centre, centre.keys).run(work)

    return run


def trail(home: Path) -> list[tuple[str, dict[str, object]]]:
    """Return staff's events in the audit trail."""
    with closing(sqlite3.connect(home / "journal" / "journal.db")) as connection:
        rows = connection.execute("SELECT entry FROM log ORDER BY rowid").fetchall()
    entries = (json.loads(row[0]) for row in rows)
    wanted = ("STAFF", "SERVICE", "KIOSK_RETIRED", "SHELL")
    return [(each["event"], each["facts"]) for each in entries if each["event"].startswith(wanted)]


# Coming in and the trail


def test_each_step_of_staff_stands_in_the_audit_trail_without_a_name(
    play: Callable[..., None], tmp_path: Path, kadri_keys: CardKeys
) -> None:
    async def scene(desk: Desk) -> None:
        await desk.come_in(kadri_keys.authentication)
        assert isinstance(await desk.do(acts.LookAtStatus()), StaffStatus)
        assert await desk.do(acts.TakeOutOfService(ClosingReason.PAPER)) == StaffDone()
        assert await desk.do(acts.ExportToStick()) == StaffDone(MediumError.code)
        assert await desk.do(acts.Assist(acts.AssistStep.MORE_TIME)) == StaffDone()
        await desk.counter.tell_office(StaffLeft())

    play(scene)
    staff = fingerprint(kadri_keys.authentication.certificate)[:16]
    begun = {"visit": "visit-1", "staff": staff}
    assert trail(tmp_path) == [
        ("STAFF_CAME_IN", {**begun, "role": "ADMINISTRATOR"}),
        ("STAFF_ACT_BEGUN", {**begun, "act": "TAKE_OUT_OF_SERVICE"}),
        ("SERVICE_SUSPENDED", {"reason": "PAPER"}),
        ("STAFF_ACT_ENDED", {"visit": "visit-1", "act": "TAKE_OUT_OF_SERVICE", "outcome": "DONE"}),
        ("STAFF_ACT_BEGUN", {**begun, "act": "EXPORT_TO_STICK"}),
        ("STAFF_ACT_ENDED", {"visit": "visit-1", "act": "EXPORT_TO_STICK", "outcome": MediumError.code}),
        ("STAFF_ACT_BEGUN", {**begun, "act": "ASSIST_MORE_TIME"}),
        ("STAFF_ACT_ENDED", {"visit": "visit-1", "act": "ASSIST_MORE_TIME", "outcome": "DONE"}),
        ("STAFF_LEFT", {"visit": "visit-1"}),
    ]


def test_who_is_turned_away_is_told_a_code_and_stands_in_the_trail(play: Callable[..., None], tmp_path: Path) -> None:
    async def scene(desk: Desk) -> None:
        assert await desk.do(acts.PutInService()) == StaffTurnedAway(StaffRefusedError.code)
        refused = await desk.counter.ask_office(StaffProof(Purpose.SESSION, b"", b""))
        assert refused == StaffTurnedAway(StaffRefusedError.code)
        refused = await desk.counter.ask_office(StaffChallengeWanted(Purpose.AGREEMENT))
        assert refused == StaffTurnedAway(StaffRefusedError.code)
        await desk.counter.tell_office(StaffLeft())

    play(scene)
    assert trail(tmp_path) == [("STAFF_REFUSED", {"visit": "visit-1", "code": StaffRefusedError.code})] * 3


def test_a_token_is_worth_nothing_after_staff_have_left(play: Callable[..., None], kadri_keys: CardKeys) -> None:
    async def scene(desk: Desk) -> None:
        await desk.come_in(kadri_keys.authentication)
        await desk.counter.tell_office(StaffLeft())
        assert await desk.do(acts.LookAtStatus()) == StaffTurnedAway(StaffRefusedError.code)

    play(scene)


# Status


def test_the_status_tells_how_everything_stands(play: Callable[..., None], kadri_keys: CardKeys) -> None:
    async def scene(desk: Desk) -> None:
        await desk.counter.tell_office(DevicesSeen(("Reader A",)))
        await desk.counter.journal.commit(SEALED)
        desk.counter.clock.seconds += 8 * 24 * 3600
        desk.counter.works.line.drift_s = 301
        await desk.come_in(kadri_keys.authentication)
        answer = await desk.do(acts.LookAtStatus())
        assert isinstance(answer, StaffStatus)
        status = answer.status
        assert (status.kiosk, status.place, status.service) == ("kiosk-1", PLACE, "in-service")
        assert (status.queued, status.isolated, status.oldest_unsent_s) == (1, 0, 8 * 24 * 3600)
        assert (status.readers, status.printer, status.staff_listed) == (("Reader A",), "ready", 2)
        assert status.problems == ("unsent", "clock")

    play(scene)


# Out of service


def test_a_kiosk_out_of_service_stays_so_across_a_restart_until_it_is_put_back(
    play: Callable[..., None], tmp_path: Path, kadri_keys: CardKeys
) -> None:
    async def close(desk: Desk) -> None:
        await desk.come_in(kadri_keys.authentication)
        await desk.do(acts.TakeOutOfService(ClosingReason.CLOSED))
        assert [each.reason for each in desk.counter.told] == [ClosingReason.CLOSED]

    async def reopen(desk: Desk) -> None:
        assert desk.counter.works.standing.reason is ClosingReason.CLOSED
        assert await desk.counter.closed() == "TH-KIOS-024"
        await desk.come_in(kadri_keys.authentication)
        await desk.do(acts.PutInService())
        assert await desk.counter.closed() == ""

    play(close)
    play(reopen)
    assert read_standing(tmp_path).service is Service.IN_SERVICE


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b'{"service": "in-service", "more": 1}', b'{"version": 2}'])
def test_a_standing_that_cannot_be_read_means_out_of_service(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    assert read_standing(tmp_path).service is Service.OUT_OF_SERVICE


def test_a_standing_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    closed = Standing(Service.OUT_OF_SERVICE, ClosingReason.PAPER, 7)
    write_standing(tmp_path, closed)
    (tmp_path / f"{FILE}.new").mkdir()  # the next one cannot be written
    with pytest.raises(MediumError):
        write_standing(tmp_path, Standing())
    assert read_standing(tmp_path) == closed


# Self-tests


def test_a_sound_kiosk_passes_its_tests(play: Callable[..., None], kadri_keys: CardKeys) -> None:
    async def scene(desk: Desk) -> None:
        await desk.come_in(kadri_keys.authentication)
        for test in KeeperTest:
            assert await desk.do(acts.RunTest(test)) == StaffDone(), test
        assert len(desk.counter.printer.sheets) == 1
        assert desk.counter.printer.sheets[0].startswith(b"%PDF")

    play(scene)


def test_each_test_fails_for_its_own_fault(play: Callable[..., None], tmp_path: Path, kadri_keys: CardKeys) -> None:
    async def scene(desk: Desk) -> None:
        await desk.come_in(kadri_keys.authentication)
        desk.counter.printer.trouble = "TH-KIOS-003"
        assert await desk.do(acts.RunTest(KeeperTest.PRINTER)) == StaffDone(PrintError.code)
        desk.counter.works.line.drift_s = -301
        assert await desk.do(acts.RunTest(KeeperTest.CLOCK)) == StaffDone(ClockBackError.code)
        (tmp_path / ".self-test").mkdir()
        assert await desk.do(acts.RunTest(KeeperTest.DISK)) == StaffDone(MediumError.code)

    play(scene)


# The report


def test_the_report_is_stored_printed_and_signed_by_the_device(
    play: Callable[..., None], tmp_path: Path, key: FileDeviceKey, kadri_keys: CardKeys
) -> None:
    results = (DeviceResult(DeviceTest.READER, Verdict.PASSED), DeviceResult(DeviceTest.SPEECH, Verdict.FAILED, "X"))

    async def scene(desk: Desk) -> None:
        await desk.come_in(kadri_keys.authentication)
        for language in ("en", "et", "fr", "ar"):
            assert await desk.do(acts.MakeReport(language, results)) == StaffDone()
            desk.counter.clock.seconds += 1
        assert len(desk.counter.printer.sheets) == 4

    play(scene)
    for path in sorted((tmp_path / "reports").iterdir()):
        pdf = path.read_bytes()
        facts = verify_report(pdf, key.public_der)
        assert facts.results == results
        assert facts.status.kiosk == "kiosk-1"
        other = FileDeviceKey(ec.generate_private_key(ec.SECP256R1()))
        for untrusted, device in ((pdf, other), (pdf[: len(pdf) // 2], key), (b"", key)):
            with pytest.raises(ReceiptRefusedError):
                verify_report(untrusted, device.public_der)
    assert len(list((tmp_path / "reports").iterdir())) == 4


# Two persons


def test_two_administrators_retire_a_kiosk_whose_forms_are_delivered(
    play: Callable[..., None], tmp_path: Path, kadri_keys: CardKeys, juhan_keys: CardKeys
) -> None:
    secret = tmp_path / "device.key"
    secret.write_bytes(b"the key")

    async def scene(desk: Desk) -> None:
        await desk.come_in(kadri_keys.authentication)
        assert await desk.do(acts.RetireKiosk()) == FurtherPersonWanted(1)
        assert secret.exists()
        assert await desk.prove(juhan_keys.authentication, Purpose.AGREEMENT) == StaffDone()
        assert not secret.exists()
        assert await desk.counter.closed() == KioskRetiredError.code
        assert await desk.do(acts.PutInService()) == StaffDone(KioskRetiredError.code)

    play(scene, secrets=(secret,))
    assert read_standing(tmp_path).service is Service.RETIRED
    assert [event for event, _facts in trail(tmp_path)] == [
        *("STAFF_CAME_IN", "STAFF_AGREED", "STAFF_ACT_BEGUN", "KIOSK_RETIRED", "STAFF_ACT_ENDED"),
        *("STAFF_ACT_BEGUN", "STAFF_ACT_ENDED"),
    ]


def test_a_kiosk_with_forms_that_the_centre_does_not_have_is_not_retired(
    play: Callable[..., None], tmp_path: Path, kadri_keys: CardKeys, juhan_keys: CardKeys
) -> None:
    secret = tmp_path / "device.key"
    secret.write_bytes(b"the key")

    async def scene(desk: Desk) -> None:
        await desk.counter.journal.commit(SEALED)
        await desk.come_in(kadri_keys.authentication)
        await desk.do(acts.RetireKiosk())
        assert await desk.prove(juhan_keys.authentication, Purpose.AGREEMENT) == StaffDone(NotDeliveredError.code)
        assert await desk.counter.closed() == ""

    play(scene, secrets=(secret,))
    assert secret.read_bytes() == b"the key"


def test_a_restart_is_written_down_before_it_happens(
    play: Callable[..., None], tmp_path: Path, kadri_keys: CardKeys
) -> None:
    async def scene(desk: Desk) -> None:
        await desk.come_in(kadri_keys.authentication)
        await desk.do(acts.RestartKiosk())
        assert desk.counter.restarts == ["restart"]

    play(scene)
    assert trail(tmp_path)[-1][1]["act"] == "RESTART_KIOSK"


def test_a_clerk_may_not_retire(play: Callable[..., None], kadri_keys: CardKeys) -> None:
    async def scene(desk: Desk) -> None:
        now = desk.counter.clock.now()
        desk.counter.roster = Roster.read(roster_bytes(line(kadri_keys.authentication.certificate, "clerk", now)))
        await desk.come_in(kadri_keys.authentication)
        assert await desk.do(acts.RetireKiosk()) == StaffTurnedAway(StaffRefusedError.code)

    play(scene)


# A taken-over visit


def test_a_visit_that_asks_again_and_again_does_not_fill_the_disk(play: Callable[..., None], tmp_path: Path) -> None:
    async def scene(desk: Desk) -> None:
        for _ in range(50):
            assert await desk.do(acts.RetireKiosk()) == StaffTurnedAway(StaffRefusedError.code)
            await desk.counter.tell_office(StaffLeft())  # which forgets nothing

    play(scene)
    assert len(trail(tmp_path)) == 10


def test_names_of_readers_that_a_terminal_would_obey_are_left_out(play: Callable[..., None]) -> None:
    async def scene(desk: Desk) -> None:
        names = ("Reader A", "\x1b[2J", "B\nC", "\u202eD", "x" * 129, *(f"R{number}" for number in range(20)))
        await desk.counter.tell_office(DevicesSeen(names))
        assert (await desk.counter.works.status()).readers == ("Reader A", "R0", "R1", "R2")

    play(scene)


def test_a_restart_leaves_no_visit_that_broke_off(play: Callable[..., None], kadri_keys: CardKeys) -> None:
    async def scene(desk: Desk) -> None:
        await desk.counter.journal.audit(Event.VISIT_BEGUN, {"visit": "visit-1"})
        await desk.come_in(kadri_keys.authentication)
        await desk.do(acts.RestartKiosk())
        assert await desk.counter.journal.open_visit() is None

    play(scene)


# Sticks


def test_a_stick_is_found_on_another_file_system_only(tmp_path: Path) -> None:
    home, mounts = tmp_path / "home", tmp_path / "mounts"
    (mounts / "empty-mount-point").mkdir(parents=True)
    home.mkdir()
    other = Path("/proc/self")  # a file system that every Linux machine has beside its disks
    assert find_stick(other, home) == other
    with pytest.raises(MediumError):  # an empty mount point beside a home on a disk of its own
        find_stick(Path("/etc"), other)
    for removable in (None, mounts, mounts / "empty-mount-point", tmp_path / "nowhere"):
        with pytest.raises(MediumError):
            find_stick(removable, home)


def test_export_brings_the_envelopes_and_the_reports_and_import_takes_receipts(
    play: Callable[..., None], tmp_path: Path, key: FileDeviceKey, kadri_keys: CardKeys
) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()

    async def scene(desk: Desk) -> None:
        counter = desk.counter
        await counter.journal.commit(SEALED)
        await desk.come_in(kadri_keys.authentication)
        await desk.do(acts.MakeReport("en", ()))
        keys = CentralServiceSimulator(counter.clock.wall).keys
        road = EnvelopeRoad(
            StickRoad(counter.journal, desk.courier, keys, key, lambda: "n1"), tmp_path, "kiosk-1", counter.election.log
        )
        told: list[tuple[int, int]] = []

        async def progress(done: int, total: int) -> None:
            told.append((done, total))

        assert await road.export(stick, progress) == 1
        assert told == [(1, 1)]
        assert await road.take_in(stick, progress) == 0
        with pytest.raises(StickError):
            await road.export(stick / "nowhere", progress)

    play(scene)
    (envelope,) = (path for path in (stick / "townhall" / "envelopes").rglob("*") if path.is_file())
    assert SEALED in envelope.read_bytes()
    assert len(list((stick / "townhall" / "reports" / "kiosk-1").glob("*.pdf"))) == 1


# A full disk


def test_staff_work_on_a_disk_too_full_for_the_audit_trail_but_retire_nothing(
    play: Callable[..., None],
    tmp_path: Path,
    kadri_keys: CardKeys,
    juhan_keys: CardKeys,
    fill_disk: Callable[[Journal], None],
) -> None:
    secret = tmp_path / "device.key"
    secret.write_bytes(b"the key")

    async def scene(desk: Desk) -> None:
        journal = desk.counter.journal
        await journal._run(lambda: fill_disk(journal._journal))
        await desk.come_in(kadri_keys.authentication)
        assert isinstance(await desk.do(acts.LookAtStatus()), StaffStatus)
        assert await desk.do(acts.RunTest(KeeperTest.DISK)) == StaffDone()
        assert await desk.do(acts.RetireKiosk()) == FurtherPersonWanted(1)
        refused = await desk.prove(juhan_keys.authentication, Purpose.AGREEMENT)
        assert refused == StaffDone(JournalFullError.code)
        await desk.counter.office.gone("visit-1")

    play(scene, secrets=(secret,))
    assert secret.read_bytes() == b"the key"
    assert read_standing(tmp_path).service is Service.IN_SERVICE
