# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Staff at the machine, on the real stack: two virtual readers at a real pcscd, the real keeper, its shell, a stick."""

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from townhall_crypto.device_key import FileDeviceKey
from townhall_kiosk.home import KioskHome
from townhall_kiosk.simulation.checked_documents import signer
from townhall_kiosk.staff.report import verify_report
from townhall_kiosk.texts import Texts
from townhall_smartcard.simulation import lds_files
from townhall_smartcard.simulation.documents import DocumentWish, document
from townhall_smartcard.simulation.emrtd_chip import EmrtdChip
from townhall_smartcard.simulation.estonian_card_person import AINO, JUHAN, KADRI
from townhall_smartcard.simulation.lds_files import Holder
from townhall_smartcard.simulation.vpcd import VirtualCard

if TYPE_CHECKING:
    from tests.journeys.conftest import Town

TEXT = Texts("en")
STAFF_READER = "Townhall virtual reader A 00 01"


class Staff:
    """A member of staff in front of the kiosk of a town, and at its shell."""

    def __init__(self, town: "Town") -> None:
        self.town, self.person = town, town.person

    def shell(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        program = Path(sys.executable).parent / "townhall"
        where = ["--home", str(self.town.world.home)]
        return subprocess.run([program, *arguments, *where], capture_output=True, text=True, timeout=60, check=False)

    def status(self) -> dict[str, object]:
        done = self.shell("status", "--json")
        assert done.returncode == 0, done.stderr
        status: dict[str, object] = json.loads(done.stdout)
        return status

    def readers(self) -> list[str]:
        """Return the readers that the kiosk sees, once it answers."""
        done = self.shell("status", "--json")
        if done.returncode != 0:
            return []
        names: list[str] = json.loads(done.stdout)["readers"]
        return names

    def insert(self, card: VirtualCard, reader: int) -> None:
        self.town.world.readers[reader].insert(card)

    def remove(self, reader: int) -> None:
        self.town.world.readers[reader].remove_slowly()

    def enter_pin(self, heading: str = "counter.pin.heading") -> None:
        self.person.wait_for("PinScreen", TEXT(heading))
        for digit in "1234":
            self.person.press(digit)
        self.person.press(TEXT("pin1.button"))

    def menu(self) -> None:
        self.person.wait_for("StatusScreen", TEXT("counter.menu.heading"))

    def do(self, text_id: str) -> None:
        self.person.press(TEXT(text_id))

    def passed(self, count: int) -> None:
        """Wait until so many tests have passed and the next can be chosen."""
        self.town.until(
            lambda: self.person.read().splitlines().count(TEXT("staff.verdict.passed")) == count,
            f"{count} passed tests",
        )

    def told(self, text_id: str) -> None:
        self.town.until(lambda: TEXT(text_id) in self.person.read(), text_id)


@pytest.fixture
def staff(town: "Town") -> Iterator[Staff]:
    """A kiosk with a reader for staff and a place for sticks, just switched on, with a line."""
    settings = town.world.home / "kiosk.toml"
    before = settings.read_text()
    stick = Path("/dev/shm") / f"townhall-stick-{town.world.directory.name}"  # noqa: S108  # another file system, as a stick is
    stick.mkdir()
    settings.write_text(f'{before}staff_reader = "{STAFF_READER}"\nremovable = "{stick}"\n')
    town.open_kiosk(with_line=True)
    staff = Staff(town)
    # A card that is in a reader before the visit looks at it the first time is nobody's act.
    town.until(lambda: STAFF_READER in staff.readers(), "the visit to see the readers")
    yield staff
    town.close_kiosk()
    settings.write_text(before)
    subprocess.run(["rm", "-rf", str(stick)], check=True)


def test_staff_come_in_test_report_export_close_and_open_again(staff: Staff) -> None:
    town, world = staff.town, staff.town.world
    staff.insert(town.card(JUHAN), 1)
    staff.enter_pin()
    staff.menu()
    assert TEXT("mode.staff") in staff.person.read()
    assert "Tamme Library" in staff.person.read()
    staff.do("counter.do.tests")
    staff.person.wait_for("StatusScreen", TEXT("counter.tests.heading"))
    for count, test in enumerate(("journal", "clock", "disk", "reader"), start=1):
        staff.do(f"staff.test.{test}")
        staff.passed(count)
    staff.do("counter.do.report")
    staff.told("staff.told.done")
    reports = sorted((world.home / "reports").glob("*.pdf"))
    assert len(reports) == 1
    home = KioskHome(world.home)
    key = FileDeviceKey.load(home.device_key, home.passphrase(home.settings()))
    facts = verify_report(reports[0].read_bytes(), key.public_der)
    assert [result.verdict.value for result in facts.results] == ["passed"] * 4
    assert STAFF_READER in facts.status.readers
    staff.person.press(TEXT("button.back"))
    staff.menu()
    staff.do("counter.do.export")
    staff.told("staff.told.done")
    stick = Path(home.settings().removable)
    assert list(stick.rglob("*.pdf")) != []
    staff.do("counter.do.close")
    staff.person.wait_for("ChoiceScreen", TEXT("counter.reason.heading"))
    staff.person.press(TEXT("closed.reason.paper"))
    staff.told("staff.told.done")
    assert (staff.status()["service"], staff.status()["reason"]) == ("out-of-service", "paper")
    staff.remove(1)
    staff.person.wait_for("MessageScreen", TEXT("closed.heading"))
    assert TEXT("closed.reason.paper") in staff.person.read()
    town.world.stop_kiosk()
    town.world.start_kiosk()
    staff.person.wait_for("MessageScreen", TEXT("closed.heading"), within_s=60)
    assert staff.shell("in-service").returncode == 0
    staff.person.wait_for("AttractScreen", within_s=60)
    assert staff.status()["service"] == "in-service"


def test_a_citizens_card_in_the_staff_reader_gets_nowhere(staff: Staff) -> None:
    staff.insert(staff.town.card(KADRI), 1)
    staff.person.wait_for("MessageScreen", TEXT("counter.refused.heading"))
    staff.remove(1)
    staff.person.wait_for("AttractScreen")


def test_a_clerk_helps_during_a_visit_and_the_person_goes_on_exactly_there(staff: Staff) -> None:
    town = staff.town
    visitor = town.visitor()
    town.go(visitor, "question-town")
    heading = staff.person.look().heading
    staff.insert(town.card(AINO), 1)
    staff.enter_pin()
    staff.person.wait_for("ChoiceScreen", TEXT("assist.heading"))
    words = staff.person.read()
    assert TEXT("mode.clerk") in words
    assert heading not in words
    staff.do("assist.do.more-time")
    staff.told("assist.told.more-time")
    staff.remove(1)
    assert staff.person.wait_until(lambda seen: seen.heading == heading, "the question again").heading == heading


def test_a_restart_from_the_screen_is_the_same_kiosk_again(staff: Staff) -> None:
    pid = staff.town.world.kiosk_pid
    staff.insert(staff.town.card(JUHAN), 1)
    staff.enter_pin()
    staff.menu()
    staff.do("counter.do.restart")
    staff.person.wait_for("MessageScreen", TEXT("counter.confirm.restart"))
    staff.do("counter.do.restart")
    staff.remove(1)
    staff.person.wait_for("AttractScreen", within_s=60)
    staff.town.until(lambda: staff.shell("status").returncode == 0, "the keeper to answer again")
    assert staff.town.world.kiosk_pid == pid


def test_a_clerk_checks_a_document_with_a_reader_that_plays_a_keyboard_and_nothing_of_it_stays(staff: Staff) -> None:
    """The chip on a real pcscd, its photo unpacked by a process that the keeper started, the window with its keys."""
    town, holder = staff.town, Holder("QUOKKALVERSTEIN", "XANTHIPPE", "X77Q04711")
    photo, zone = io.BytesIO(), lds_files.td1(holder)
    Image.linear_gradient("L").resize((60, 80)).convert("RGB").save(photo, "JPEG2000")
    wish = DocumentWish(signer(), holder, own_name="Quokkalverstein<<Xanthippe", picture=photo.getvalue())
    staff.insert(town.card(JUHAN), 1)
    staff.enter_pin()
    staff.menu()
    staff.do("counter.do.document")
    staff.person.wait_for("QuestionScreen", TEXT("doc-check.zone.heading"))
    for line in (zone[:30], zone[30:60], zone[60:]):
        staff.person.scan(line)  # ends with Enter
    staff.person.wait_for("MessageScreen", TEXT("doc-check.lay.heading"))
    staff.insert(EmrtdChip(document(wish)), 0)
    staff.person.wait_for("StatusScreen", TEXT("doc-check.shown.heading"), within_s=60)
    shown = staff.person.read()
    assert TEXT("document.outcome.issuer-unknown") in shown, "nobody told this kiosk to trust Utopia"
    assert holder.surname in shown
    assert TEXT("doc-check.portrait") in shown, "the name of the picture"
    assert TEXT("doc-check.portrait.none") not in shown
    assert "TH-CARD-05" not in shown
    staff.remove(0)
    staff.remove(1)
    staff.person.wait_for("AttractScreen", within_s=60)
    for canary in (holder.surname, holder.document_number, holder.given_names):
        for path in (town.log, *(each for each in town.world.home.rglob("*") if each.is_file())):
            assert canary.encode() not in path.read_bytes(), path
