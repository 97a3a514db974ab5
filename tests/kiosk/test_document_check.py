# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Staff check a document at the counter: what is typed, what the chip says, what both are worth; and nothing stays."""

import io
import logging
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import pytest
from PIL import Image
from tests.kiosk.staff_scene import Play

from townhall_crypto.state_trust import StateTrustFiles
from townhall_kiosk import effects as do
from townhall_kiosk import events as on
from townhall_kiosk import states as at
from townhall_kiosk.document_check import effects as make
from townhall_kiosk.document_check import events as happened
from townhall_kiosk.document_check import views
from townhall_kiosk.document_check.comparison import Field, differing
from townhall_kiosk.document_check.desk import DocumentDesk
from townhall_kiosk.document_check.events import ReadingProblem
from townhall_kiosk.document_check.steps import ANOTHER
from townhall_kiosk.errors import NoCatalogueError
from townhall_kiosk.session import advance
from townhall_kiosk.simulation.checked_documents import Wish, authority, checked, signer, trust_files
from townhall_kiosk.simulation.table_walk import graph
from townhall_kiosk.simulation.visit import FIRST, SECOND
from townhall_kiosk.staff import counter_steps
from townhall_kiosk.staff import views as staff
from townhall_kiosk.staff.status import CatalogueFacts
from townhall_kiosk.visit.presenters.document_check import _own_letters
from townhall_kiosk.visit.surroundings import Surroundings
from townhall_smartcard.emrtd.lds.mrz import parse_mrz
from townhall_smartcard.emrtd.mrz_entry import Framing, MrzFault
from townhall_smartcard.simulation import lds_files, states
from townhall_smartcard.simulation.documents import DocumentWish, document
from townhall_smartcard.simulation.emrtd_chip import EmrtdChip
from townhall_smartcard.simulation.faulty_card import FaultyCard
from townhall_smartcard.simulation.lds_files import Holder
from townhall_smartcard.simulation.state_keys import CurveStateKey
from townhall_ui import screens
from townhall_ui.screens import Tone

CANARY = Holder("QUOKKALVERSTEIN", "XANTHIPPE", "X77Q04711", optional="K4N4R13N")
OWN_NAME = "Куоккалверстейн<<Ксантиппе"


@dataclass
class CatalogueInHand:
    """A catalogue that says whom to believe; implements ``CatalogueRoad``."""

    files: StateTrustFiles | None = field(default_factory=trust_files)
    asked: int = 0

    def facts(self) -> CatalogueFacts:
        return CatalogueFacts()

    async def refresh_from(self, _directory: Path) -> str:
        return ""

    async def state_trust(self) -> StateTrustFiles:
        self.asked += 1
        if self.files is None:
            raise NoCatalogueError
        return self.files


def chip(holder: Holder = CANARY, **changes: object) -> EmrtdChip:
    wish = DocumentWish(signer(), holder=holder, own_name=OWN_NAME)
    return EmrtdChip(document(replace(wish, **changes)))  # type: ignore[arg-type]  # fields by name


def zone_of(holder: Holder = CANARY) -> str:
    zone = lds_files.td1(holder)
    return "\n".join((zone[:30], zone[30:60], zone[60:]))


def rows(screen: screens.Screen) -> dict[str, screens.StatusRow]:
    assert isinstance(screen, screens.StatusScreen)
    assert len({row.label for row in screen.rows}) == len(screen.rows)
    return {row.label: row for row in screen.rows}


async def come_in(play: Play) -> None:
    play.visit.insert(play.cards["kadri"], SECOND)
    await play.enter_pin()
    await play.view(staff.Menu)
    await play.pick(counter_steps.DOCUMENT, views.ZoneAsked)


async def type_zone(play: Play, typed: str) -> None:
    play.visit.press(screens.Answered(typed))
    await play.visit.settle()


def test_a_document_is_checked_from_its_typed_zone_to_every_part_of_the_verdict(
    play_staff: Callable[..., None], caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    catalogue = CatalogueInHand()

    async def scene(play: Play) -> None:
        await come_in(play)
        asked = play.visit.screen
        assert isinstance(asked, screens.QuestionScreen)
        assert asked.shapes == ((3, 30), (2, 36), (2, 44))
        await type_zone(play, zone_of().lower())
        await play.view(views.DocumentAsked)
        play.visit.insert(chip())
        await play.view(views.DocumentShown)
        shown = play.visit.screen
        assert isinstance(shown, screens.StatusScreen)
        assert shown.introduction.startswith("The state that made this document vouches")
        found = rows(shown)
        assert (found["Surname"].value, found["Surname"].tone) == (CANARY.surname, Tone.GOOD)
        assert found["Name in its own letters"].value == OWN_NAME.replace("<<", " ")
        assert found["Spelling in the zone"].tone is Tone.WARNING, "Kuokkalversteiin is not Quokkalverstein"
        assert (found["Signature"].value, found["Signature"].tone) == ("yes", Tone.GOOD)
        assert found["Chip is no copy"].tone is Tone.GOOD
        assert found["Opened with"].value == "PACE"
        assert len([row for row in shown.rows if row.tone is not Tone.PLAIN]) > 15
        play.visit.press(screens.Chose(ANOTHER))
        await play.view(views.ZoneAsked)
        assert play.visit.desk.counter.document == DocumentDesk(trust=play.visit.desk.counter.document.trust)
        await type_zone(play, zone_of())
        await play.view(views.DocumentShown)
        assert catalogue.asked == 2, "the keeper hears of each document that is checked"
        play.visit.remove(SECOND)
        await play.visit.until(at.Thanked)
        assert play.visit.desk.counter.document == DocumentDesk()

    caplog.set_level(logging.DEBUG)
    play_staff(scene, catalogue=catalogue)
    with closing(sqlite3.connect(tmp_path / "journal" / "journal.db")) as journal:
        entries = [str(row[0]) for row in journal.execute("SELECT entry FROM log")]
    assert len([entry for entry in entries if "CHECK_DOCUMENT" in entry]) == 4, "begun and ended, twice"
    for said in (CANARY.surname, CANARY.document_number, "XANTHIPPE", CANARY.optional, "Куоккал"):
        assert said not in caplog.text
        assert not any(said.encode() in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


def test_a_mistyped_zone_asks_no_chip_and_stays_to_be_mended(play_staff: Callable[..., None]) -> None:
    async def scene(play: Play) -> None:
        await come_in(play)
        document_ = FaultyCard(chip())
        play.visit.insert(document_)
        before = document_.commands
        wrong = zone_of().replace("X77Q04711", "X77QO4711")
        await type_zone(play, wrong)
        asked = await play.view(views.ZoneAsked)
        assert asked.mistakes[0].fault is MrzFault.CHECK_DIGIT
        assert document_.commands == before
        shown = play.visit.screen
        assert isinstance(shown, screens.QuestionScreen)
        assert shown.value == wrong, "nothing is mended, nothing is lost"
        assert "line 1, sign 15" in shown.problem
        assert "line 1, sign 10" in shown.problem, "the letter O is pointed at"
        assert shown.frame.code == "TH-CARD-045"
        await type_zone(play, zone_of())
        await play.view(views.DocumentShown)

    play_staff(scene, catalogue=CatalogueInHand())


def test_what_the_reader_is_set_up_to_send_around_a_zone_is_left_out(play_staff: Callable[..., None]) -> None:
    async def scene(play: Play) -> None:
        play.visit.around.framing = Framing("]X0", "#")
        await come_in(play)
        asked = play.visit.screen
        assert isinstance(asked, screens.QuestionScreen)
        assert asked.around == ("]X0", "#")
        play.visit.insert(chip())
        await type_zone(play, f"]X0{zone_of()}#")
        await play.view(views.DocumentShown)

    play_staff(scene, catalogue=CatalogueInHand())


def test_a_zone_of_another_document_opens_nothing(play_staff: Callable[..., None]) -> None:
    async def scene(play: Play) -> None:
        await come_in(play)
        play.visit.insert(chip())
        await type_zone(play, zone_of(replace(CANARY, document_number="X77Q04712")))
        assert (await play.view(views.DocumentNotRead)).problem is ReadingProblem.CLOSED
        assert play.visit.screen.frame.code == "TH-KIOS-083"
        play.visit.press(screens.WentBack())
        await play.visit.settle()
        await play.view(views.ZoneAsked)
        await type_zone(play, zone_of())
        await play.view(views.DocumentShown)

    play_staff(scene, catalogue=CatalogueInHand())


def test_a_print_that_contradicts_its_chip_is_told_field_by_field(play_staff: Callable[..., None]) -> None:
    """Number and dates open the chip; whoever reprints a name leaves those alone."""
    printed = replace(CANARY, surname="OTHER", sex="M")

    async def scene(play: Play) -> None:
        await come_in(play)
        play.visit.insert(chip())
        await type_zone(play, zone_of(printed))
        await play.view(views.DocumentShown)
        shown = play.visit.screen
        assert isinstance(shown, screens.StatusScreen)
        assert shown.tone is Tone.PROBLEM
        assert shown.introduction == "What is printed is not what the chip says. Look at the marked lines."
        found = rows(shown)
        wrong = {label for label, row in found.items() if row.tone is Tone.PROBLEM}
        assert wrong == {"Surname", "Sex"}
        assert found["Surname"].value == f"chip: {CANARY.surname}; printed: OTHER"

    play_staff(scene, catalogue=CatalogueInHand())


@pytest.mark.parametrize(
    ("changes", "sentence", "part"),
    [
        ({"is_cloned": True}, "could not prove", "Chip is no copy"),
        ({"swapped": {11: lds_files.dg1("?" * 90)}}, "not what the state put there", "Data as signed"),
    ],
    ids=["copy", "changed"],
)
def test_what_is_wrong_with_a_chip_is_one_sentence_and_its_part(
    play_staff: Callable[..., None], changes: dict[str, object], sentence: str, part: str
) -> None:
    async def scene(play: Play) -> None:
        await come_in(play)
        play.visit.insert(chip(CANARY, **changes))
        await type_zone(play, zone_of())
        await play.view(views.DocumentShown)
        shown = play.visit.screen
        assert isinstance(shown, screens.StatusScreen)
        assert sentence in shown.introduction
        assert (shown.tone, rows(shown)[part].tone) == (Tone.PROBLEM, Tone.PROBLEM)

    play_staff(scene, catalogue=CatalogueInHand())


def test_a_stranger_s_document_is_vouched_for_by_nobody(play_staff: Callable[..., None]) -> None:
    stranger = states.document_signer(states.authority(CurveStateKey("secp256r1")))

    async def scene(play: Play) -> None:
        await come_in(play)
        play.visit.insert(chip(signer=stranger))
        await type_zone(play, zone_of())
        await play.view(views.DocumentShown)
        shown = play.visit.screen
        assert isinstance(shown, screens.StatusScreen)
        assert shown.introduction == "This kiosk cannot tell who made this document."
        assert rows(shown)["Vouched for by"].value == "nobody that this kiosk knows"

    play_staff(scene, catalogue=CatalogueInHand())


def test_a_kiosk_without_a_catalogue_judges_nothing(play_staff: Callable[..., None]) -> None:
    async def scene(play: Play) -> None:
        await come_in(play)
        play.visit.insert(chip())
        await type_zone(play, zone_of())
        assert (await play.view(staff.TurnedAway)).code == NoCatalogueError.code

    play_staff(scene, catalogue=CatalogueInHand(None))


def test_the_card_of_staff_is_never_taken_for_the_document(play_staff: Callable[..., None]) -> None:
    """At a kiosk whose one free reader holds the staff card, the document goes into the other."""

    async def scene(play: Play) -> None:
        play.visit.insert(play.cards["kadri"], FIRST)
        await play.enter_pin()
        await play.view(staff.Menu)
        await play.pick(counter_steps.DOCUMENT, views.ZoneAsked)
        await type_zone(play, zone_of())
        await play.view(views.DocumentAsked)
        play.visit.insert(chip(), SECOND)
        await play.view(views.DocumentShown)

    play_staff(scene, catalogue=CatalogueInHand(), start=at.OutOfService("TH-KIOS-024", card_is_in=False))


def test_a_document_taken_away_in_the_middle_is_asked_for_again(play_staff: Callable[..., None]) -> None:
    async def scene(play: Play) -> None:
        await come_in(play)
        faulty = FaultyCard(chip())
        play.visit.insert(faulty)
        faulty.tear(faulty.commands + 10)
        await type_zone(play, zone_of())
        await play.view(views.DocumentAsked)
        play.visit.insert(chip())
        await play.view(views.DocumentShown)

    play_staff(scene, catalogue=CatalogueInHand())


def test_what_is_shown_is_gone_after_three_minutes_of_nobody(play_staff: Callable[..., None]) -> None:
    async def scene(play: Play) -> None:
        await come_in(play)
        play.visit.insert(chip())
        await type_zone(play, zone_of())
        await play.view(views.DocumentShown)
        play.visit.timer.pass_time(179)
        await play.visit.settle()
        await play.view(views.DocumentShown)
        play.visit.timer.pass_time(1)
        await play.visit.until(at.Thanked)
        assert play.visit.desk.counter.document == DocumentDesk()
        assert CANARY.surname not in repr(play.visit.screen)

    play_staff(scene, catalogue=CatalogueInHand())


def test_back_leads_to_the_menu_and_nothing_of_the_document_stays(play_staff: Callable[..., None]) -> None:
    async def scene(play: Play) -> None:
        await come_in(play)
        play.visit.insert(chip())
        await type_zone(play, zone_of())
        await play.view(views.DocumentShown)
        play.visit.press(screens.WentBack())
        await play.view(staff.Menu)
        assert play.visit.desk.counter.document.found is None
        assert play.visit.desk.counter.document.typed == ""

    play_staff(scene, catalogue=CatalogueInHand())


@pytest.mark.parametrize("kind", ["JPEG", "JPEG2000"])
def test_the_photo_of_the_chip_stands_beside_the_data(play_staff: Callable[..., None], kind: str) -> None:
    written = io.BytesIO()
    Image.linear_gradient("L").resize((60, 80)).convert("RGB").save(written, kind)

    async def scene(play: Play) -> None:
        await come_in(play)
        play.visit.insert(chip(CANARY, picture=written.getvalue()))
        await type_zone(play, zone_of())
        await play.view(views.DocumentShown)
        shown = play.visit.screen
        assert isinstance(shown, screens.StatusScreen)
        assert shown.portrait is not None
        assert (shown.portrait.width, shown.portrait.height) == (60, 80)
        with Image.open(io.BytesIO(written.getvalue())) as judge:
            assert shown.portrait.rgb == judge.tobytes()
        assert "Photo from the chip" not in rows(shown)

    play_staff(scene, catalogue=CatalogueInHand())


def test_a_hostile_photo_is_not_shown_and_the_rest_is(play_staff: Callable[..., None]) -> None:
    torn = b"\xff\xd8\xff\xc0\x00\x11\x08\x00\x50\x00\x3c" + bytes(4000)

    async def scene(play: Play) -> None:
        await come_in(play)
        play.visit.insert(chip(CANARY, picture=torn))
        await type_zone(play, zone_of())
        await play.view(views.DocumentShown)
        shown = play.visit.screen
        assert isinstance(shown, screens.StatusScreen)
        assert shown.portrait is None
        assert "TH-CARD-051" in rows(shown)["Photo from the chip"].value
        assert rows(shown)["Surname"].tone is Tone.GOOD

    play_staff(scene, catalogue=CatalogueInHand())


def test_every_way_out_of_a_document_drops_it() -> None:
    """From wherever something of a document may be, no step leads elsewhere without dropping it."""
    seen = 0
    for state, following in graph().items():
        if not (isinstance(state, at.AtCounter) and isinstance(state.view, views.View)):
            continue
        for step in following.values():
            after = step.state
            is_elsewhere = not (isinstance(after, at.AtCounter) and isinstance(after.view, views.View))
            is_turned_away = isinstance(after, at.AtCounter) and isinstance(after.view, staff.TurnedAway)
            if is_elsewhere and not is_turned_away:  # whose only way on is to leave
                seen += 1
                drops = any(isinstance(each, make.ForgetDocument | do.LeaveCounter) for each in step.effects)
                assert drops, (state, step)
    assert seen > 10


def test_what_is_typed_is_shown_by_no_repr() -> None:
    typed = zone_of()
    for value in (
        happened.ZoneGiven(typed),
        make.CheckDocument("A", typed),
        DocumentDesk(typed),
        checked(Wish(CANARY)),
    ):
        assert CANARY.surname not in repr(value)
        assert CANARY.document_number not in repr(value)


def test_typing_elsewhere_at_the_counter_is_no_zone() -> None:
    state = at.AtCounter(staff.Menu(), "A")
    assert advance(state, happened.ZoneGiven("x")).state == state
    assert advance(state, on.AnswerGiven("x")).state == state


@cache
def printed(**changes: str) -> frozenset[Field]:
    made = (parse_mrz(lds_files.td1(holder)) for holder in (Holder(), replace(Holder(), **changes)))
    return differing(*made)


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({}, set()),
        ({"surname": "ERIKSON"}, {Field.SURNAME}),
        ({"given_names": "ANNA"}, {Field.GIVEN_NAMES}),
        ({"document_number": "D23145891"}, {Field.DOCUMENT_NUMBER}),
        ({"birth": "740813"}, {Field.BIRTH}),
        ({"expiry": "340416"}, {Field.EXPIRY}),
        ({"sex": "M"}, {Field.SEX}),
        ({"optional": "X"}, {Field.OPTIONAL}),
        ({"state": "EST"}, {Field.STATE, Field.NATIONALITY}),
    ],
)
def test_each_field_is_compared(changes: dict[str, str], wrong: set[Field]) -> None:
    assert printed(**changes) == wrong


def test_the_two_sizes_of_one_name_are_different_kinds_of_document() -> None:
    one, other = parse_mrz(lds_files.td1(Holder())), parse_mrz(lds_files.td3(Holder()))
    assert differing(one, other) == {Field.DOCUMENT_KIND, Field.OPTIONAL}


def test_the_simulated_state_is_trusted_from_its_files() -> None:
    assert trust_files().authorities == {"ut.der": authority().der}
    assert checked(Wish()).report.verdict.is_accepted
    assert not checked(Wish(is_trusted=False)).report.verdict.is_accepted


@pytest.mark.parametrize(
    ("own_name", "shown"),
    [
        ("Эрикссон<<Анна", "Эрикссон Анна"),
        ("アン<<\u202eNA\x07", "[U+30A2][U+30F3] NA"),
    ],
)
def test_a_name_that_a_chip_made_up_moves_and_hides_nothing_on_the_screen(
    make_around: Callable[[str], Surroundings], own_name: str, shown: str
) -> None:
    around = make_around("en")
    (row, *_rest) = _own_letters(checked(Wish(own_name=own_name)), around.text)
    assert row.value == shown
