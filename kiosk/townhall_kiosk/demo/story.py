# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The scripted demo, chapter by chapter: staff, four people with their own ways to use a kiosk, two roads, agency."""

import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from townhall_forms.service import Service, load_services
from townhall_kiosk.demo.diary import Album, Diary
from townhall_kiosk.demo.listener import listener_of
from townhall_kiosk.demo.person import Hands, PersonLostError
from townhall_kiosk.demo.script import BRIEF_ANSWERS, Visitor
from townhall_kiosk.demo.shell import ask_kiosk, queued
from townhall_kiosk.demo.staff_round import staff_round
from townhall_kiosk.demo.world import SERVICES, World
from townhall_kiosk.texts import Texts

ADDRESS, CONSENT = "change-of-address", "residence-consent"
CONSENT_ANSWERS = {
    "child_name": "سلمى",
    "child_code": "61503150222",
    "new_address": "تارتو",
    "with_whom": "me",
    "consent": "yes",
}
DELIVERED_WITHIN_S = 60.0
_LOOK_EVERY_S = 0.2


class _StickReport(msgspec.Struct):
    """What the centre says of a stick, as far as the story tells it."""

    new: int


@dataclass(slots=True)
class Story:
    """Plays in one world; papers go to ``output``."""

    world: World
    album: Album
    diary: Diary
    text: Texts
    output: Path

    def play(self) -> None:
        """Play all chapters; the line is down until the last."""
        self._staff()
        self._visit()
        self._without_sight()
        self._in_arabic()
        self._by_stick()
        self._by_one_switch()
        self._by_line()

    def _staff(self) -> None:
        self.diary.chapter("A member of staff opens the library")
        self.world.person.wait_for("AttractScreen")
        report = staff_round(self.world, self.text, self._watch("staff"))
        shutil.copy(report, self.output / "readiness-report.pdf")
        self.diary.note("A member of staff tested the kiosk; the report is signed by it.")

    def _visit(self) -> None:
        self.diary.chapter("A change of address, offline")
        self._go_through(self._visitor(self.text, ADDRESS, "visit"))
        shutil.copy(self.world.paper / "receipt.pdf", self.output / "receipt.pdf")

    def _without_sight(self) -> None:
        self.diary.chapter("Somebody who cannot see, by headphones and keys")
        visitor = self._visitor(Texts("en"), ADDRESS, "unseen")
        visitor.answers = BRIEF_ANSWERS
        self.world.jack.plug()
        listener_of(self.world, visitor).visit()
        self.world.jack.pull()
        told = self.world.speech.texts
        (self.output / "heard.txt").write_text("\n".join(told) + "\n")
        self.diary.note(f"The form is stored; {len(told)} things were said.")
        self.world.person.key("Space")

    def _in_arabic(self) -> None:
        self.diary.chapter("A parent's consent in Arabic, large and white on black, signed as a container")
        text = Texts("ar")
        visitor = self._visitor(text, CONSENT, "arabic")
        visitor.answers = CONSENT_ANSWERS
        self._go_through(visitor, at_card=lambda: self._choose_ways(text))

    def _choose_ways(self, text: Texts) -> None:
        person = self.world.person
        person.press(text("button.ways"))
        person.wait_for("WaysScreen", text("ways.heading"))
        for group, choice in (("text-size", "third"), ("contrast", "high-dark")):
            name = f"{text(f'ways.{group}')}: {text(f'ways.{group}.{choice}')}"
            while name not in person.read().splitlines():
                person.press(text("page.next"))
            person.press(name)
        self._watch("arabic")("ways")
        person.press(text("ways.done"))
        person.wait_for("MessageScreen", text("insert-card.heading"))

    def _by_stick(self) -> None:
        self.diary.chapter("A USB stick carries what waits")
        with tempfile.TemporaryDirectory(prefix="townhall-stick-") as stick:
            ask_kiosk(self.world, "stick", "export", stick)
            taken = msgspec.json.decode(self.world.centre.take_stick(Path(stick)), type=_StickReport)
            ask_kiosk(self.world, "stick", "import", stick)
        self.diary.note(
            f"The centre took {taken.new} envelopes from the stick; {queued(self.world)} wait at the kiosk."
        )

    def _by_one_switch(self) -> None:
        self.diary.chapter("Somebody with one switch")
        self.world.person.hands = Hands.SWITCH
        visitor = self._visitor(Texts("en"), ADDRESS, "switch")
        visitor.answers = BRIEF_ANSWERS
        self._go_through(visitor)
        self.world.person.hands = Hands.TOUCH

    def _by_line(self) -> None:
        self.diary.chapter("The line is back")
        deliver(self.world, self.diary, cases=4)
        container = next(
            number for number, _state in self.world.centre.fetch() if CONSENT in self.world.centre.shown(number)
        )
        self.world.centre.case(container, self.output / "signed.asice")
        self.diary.note(f"The parent's consent is case {container}; worth: {self.world.centre.worth(container)}.")
        keep_case(self.world, self.diary, self.output, 1)

    def _go_through(self, visitor: Visitor, at_card: Callable[[], None] = lambda: None) -> None:
        for step in visitor.steps():
            if step == "insert-card":
                at_card()
            if step == "thanks":
                self.world.person.key("Space")  # any key ends the good-bye

    def _visitor(self, text: Texts, service: str, chapter: str) -> Visitor:
        card = self.world.card_of(self.world.holder)
        return Visitor(
            person=self.world.person,
            holder=self.world.holder,
            text=text,
            service=_service(service),
            watch=self._watch(chapter),
            insert_card=lambda: self.world.readers[0].insert(card),
            remove_card=self.world.readers[0].remove_slowly,
        )

    def _watch(self, chapter: str) -> Callable[[str], None]:
        def watch(name: str) -> None:
            self.album.add(f"{chapter}-{name}", self.world.person.picture())
            self.diary.note(f"Screen: {name}")

        return watch


def deliver(world: World, diary: Diary, *, cases: int) -> None:
    """Bring the line back and wait until the agency has so many cases.

    Raises:
        PersonLostError: they do not come.
    """
    world.centre.start()
    diary.note("The line is back.")
    deadline = time.monotonic() + DELIVERED_WITHIN_S
    while len(found := world.centre.fetch()) < cases:
        if time.monotonic() > deadline:
            raise PersonLostError(f"the agency has {len(found)} of {cases} cases")
        time.sleep(_LOOK_EVERY_S)
    states = sorted({state for _number, state in found})
    diary.note(f"The agency has {len(found)} {'case' if len(found) == 1 else 'cases'}, state: {', '.join(states)}.")


def keep_case(world: World, diary: Diary, output: Path, number: int) -> None:
    """Keep what the agency sees of one case, and see that nothing comes twice."""
    (output / "centre-case.json").write_text(world.centre.case(number, output / "signed.pdf"))
    world.centre.archived(number, output / "archived.pdf")
    diary.note(f"Time stamp, issuer and archive were asked; the signature is worth: {world.centre.worth(number)}.")
    world.stop_kiosk()
    again = world.centre.fetch()
    diary.note(f"Fetched again: {len(again)} {'case' if len(again) == 1 else 'cases'}. The kiosk is switched off.")


def _service(name: str) -> Service:
    return next(each for each in load_services(SERVICES) if each.id == name)
