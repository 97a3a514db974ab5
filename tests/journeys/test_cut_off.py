# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A visit that dies between the commit and the receipt: the next window tells the person, and prints again.

The moment is found without a backdoor: signals hold the keeper until the visit has handed its form over, and the visit
until the keeper has it in the journal.
"""

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from townhall_kiosk.demo.centre import CentreFailedError
from townhall_kiosk.texts import Texts

if TYPE_CHECKING:
    from tests.journeys.conftest import Town

ENGLISH = Texts("en")
LOOKS = 10  # each is a turn of the visit's loop, and the form is handed over in the first


@pytest.fixture
def handing_over(kiosk: "Town") -> Iterator[int]:
    """A visit whose signed form is on its way to a keeper that does not read yet; its process id."""
    visitor = kiosk.visitor()
    visit, _standby = kiosk.processes.visits()
    kiosk.go(visitor, "pin2")
    os.kill(kiosk.world.kiosk_pid, signal.SIGSTOP)
    try:
        for digit in visitor.pin2:
            kiosk.person.press(digit)
        kiosk.person.press(ENGLISH("pin2.button"))
        kiosk.person.wait_for("WorkingScreen", ENGLISH("storing.heading"))
        for _ in range(LOOKS):
            assert kiosk.person.look().heading == ENGLISH("storing.heading")
        yield visit
    finally:
        with contextlib.suppress(CentreFailedError):  # it is off already
            os.kill(kiosk.world.kiosk_pid, signal.SIGCONT)


def die_after_commit(kiosk: "Town", visit: int) -> str:
    """Let the keeper commit and the visit die before it hears of it; return the number of the form."""
    before = kiosk.stored()
    os.kill(visit, signal.SIGSTOP)
    os.kill(kiosk.world.kiosk_pid, signal.SIGCONT)
    (number,) = kiosk.until(lambda: kiosk.stored()[len(before) :], "the journal to have the form")
    kiosk.kill(visit)
    return number


def see_it_stored(kiosk: "Town", number: str) -> None:
    kiosk.person.wait_for("MessageScreen", ENGLISH("previous.stored.heading"))
    assert kiosk.number_on_screen() == number


def printed(kiosk: "Town") -> str:
    """Press print and return the words on the new sheet."""
    sheet = kiosk.world.paper / "receipt.pdf"
    sheet.unlink(missing_ok=True)
    kiosk.person.press(ENGLISH("receipt.print-again"))
    kiosk.until(sheet.exists, "the receipt on paper")
    done = subprocess.run(["pdftotext", "-layout", str(sheet), "-"], capture_output=True, text=True, check=True)
    return done.stdout.replace("-\n", "-")  # the number may run over two lines


def test_who_never_saw_the_receipt_reads_that_the_form_is_stored_and_prints_it(
    kiosk: "Town", handing_over: int
) -> None:
    number = die_after_commit(kiosk, handing_over)
    see_it_stored(kiosk, number)
    assert number in printed(kiosk)
    assert number in printed(kiosk)  # and once more
    kiosk.dismiss()
    kiosk.settle()


def test_a_form_handed_over_by_a_visit_that_died_at_once_is_stored_and_told(kiosk: "Town", handing_over: int) -> None:
    kiosk.kill(handing_over)
    os.kill(kiosk.world.kiosk_pid, signal.SIGCONT)
    kiosk.person.wait_for("MessageScreen", ENGLISH("previous.stored.heading"))
    assert kiosk.stored()[-1] == kiosk.number_on_screen()
    kiosk.settle()


def test_the_news_outlives_the_visit_that_tells_it(kiosk: "Town", handing_over: int) -> None:
    number = die_after_commit(kiosk, handing_over)
    see_it_stored(kiosk, number)
    teller = kiosk.processes.visits()[0]
    kiosk.kill(teller)
    kiosk.until(lambda: teller not in kiosk.processes.visits(), "the end of the visit that told it")
    see_it_stored(kiosk, number)
    assert number in printed(kiosk)
    kiosk.dismiss()
    kiosk.settle()


def test_the_news_outlives_the_keeper_without_the_paper(kiosk: "Town", handing_over: int) -> None:
    number = die_after_commit(kiosk, handing_over)
    kiosk.world.kill_kiosk()
    kiosk.world.start_kiosk()
    see_it_stored(kiosk, number)
    assert ENGLISH("receipt.print-again") not in kiosk.person.read()
    kiosk.dismiss()
    kiosk.settle()


def test_the_news_outlives_a_keeper_killed_twice(kiosk: "Town", handing_over: int) -> None:
    number = die_after_commit(kiosk, handing_over)
    for _ in range(2):
        kiosk.world.kill_kiosk()
        kiosk.world.start_kiosk()
        see_it_stored(kiosk, number)
    kiosk.dismiss()
    kiosk.settle()
