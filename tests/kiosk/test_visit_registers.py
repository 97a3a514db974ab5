# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A visit in which the person's own card opens what the register knows, and nobody else's does."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime

import pytest
from tests.kiosk.conftest import MakeAround
from tests.kiosk.register_town import DAY, KEY, TITLES, VALUES, extract_for, home_service

from townhall_crypto.device_key import FileDeviceKey
from townhall_crypto.recipients import RecipientPrivateKey
from townhall_crypto.sealed import open_sealed
from townhall_forms.registers.extract import Extract, read_extract
from townhall_forms.registers.register import KnownRegister, Registrar
from townhall_forms.registers.statement import Person, verify_statement
from townhall_forms.revalidate import revalidate
from townhall_forms.transaction import Transaction
from townhall_kiosk import states as at
from townhall_kiosk.keeper.record_search import RecordSearch
from townhall_kiosk.messages import SeekRecord
from townhall_kiosk.reader_keys.states import ReadyForPin
from townhall_kiosk.simulation.ports import SimulatedOutbox
from townhall_kiosk.simulation.visit import FIRST, SimulatedVisit
from townhall_kiosk.simulation.way import begin, go_on_to_document, go_on_to_sign
from townhall_smartcard.simulation.estonian_card import EstonianCard
from townhall_smartcard.simulation.estonian_card_keys import CardKeys
from townhall_smartcard.simulation.estonian_card_person import JUHAN, KADRI
from townhall_smartcard.simulation.pki import TestPki
from townhall_ui import screens

Scene = Callable[[SimulatedVisit], Coroutine[object, object, None]]
KADRI_IN_REGISTER = Person("EE", KADRI.personal_code)
STREET = "register:population/address/street"


@dataclass
class Records:
    """The keeper's search, and everything that it was told."""

    extract: Extract
    asked: list[tuple[str, bytes]] = field(default_factory=list)
    search: RecordSearch = field(default_factory=RecordSearch)

    async def seek(self, register: str, name: bytes) -> bytes:
        self.asked.append((register, name))
        return self.search.seek("visit", SeekRecord(register, name), {self.extract.head.register: self.extract})[1]


PlayKnown = Callable[..., Records]


@pytest.fixture
def play_known(make_around: MakeAround, pki: TestPki, recipient: RecipientPrivateKey, key: FileDeviceKey) -> PlayKnown:
    def run(scene: Scene, extract: bytes, keys: tuple[bytes, ...] = (KEY,)) -> Records:
        records = Records(read_extract(extract))
        around = make_around("en")
        around.services = (home_service(),)
        around.registers = {"population": KnownRegister(Registrar(TITLES, keys), records.extract.head)}
        recipients = {"population-register": (recipient.public,)}
        visit = SimulatedVisit(around, pki.trust_anchors, recipients, SimulatedOutbox(key), records=records)

        async def stage() -> None:
            async with visit:
                await scene(visit)
                await visit.settle()
                assert all(not any(pin) for pin in visit.pins), "every PIN was wiped"

        asyncio.run(stage())
        return records

    return run


async def come(visit: SimulatedVisit, card: EstonianCard, language: str = "en") -> None:
    await begin(visit, card, language)
    visit.insert(card)
    await visit.until(at.EnteringPin)
    visit.enter_pin("1234")
    await visit.until(at.ChoosingService)
    visit.press(screens.Chose("home"))
    await visit.until(at.Answering)


async def sign_and_hand_in(visit: SimulatedVisit, card: EstonianCard) -> None:
    await go_on_to_document(visit, card)
    await visit.until(at.ReadingDocument)
    await go_on_to_sign(visit, card)
    visit.enter_pin("12345")
    await visit.until(at.ShowingReceipt)


def question(visit: SimulatedVisit) -> screens.QuestionScreen:
    assert isinstance(visit.screen, screens.QuestionScreen)
    return visit.screen


def test_what_the_register_knows_is_filled_in_with_its_source_and_a_change_is_a_correction(
    play_known: PlayKnown, kadri_keys: CardKeys, recipient: RecipientPrivateKey
) -> None:
    card = EstonianCard(KADRI, kadri_keys)

    async def scene(visit: SimulatedVisit) -> None:
        await come(visit, card)
        assert (question(visit).value, question(visit).source) == (
            "Pikk 1",
            "From the population register extract of March 3, 2026",
        )
        await visit.answer("Lai 7")
        assert isinstance(visit.screen, screens.ReviewScreen)
        street, children = visit.screen.answers
        assert street.answer == "Lai 7"
        assert "Pikk 1" in street.note
        assert "March 3, 2026" in street.note
        assert children.answer == "2\nFrom the population register extract of March 3, 2026"
        await sign_and_hand_in(visit, card)
        assert visit.desk.document is not None
        assert "population register extract of March 3, 2026" in visit.desk.document.text
        (sealed,) = visit.outbox.sealed
        handed_in = Transaction.from_bytes(open_sealed(sealed, recipient).payload)
        assert handed_in.corrections == (("/data/street", STREET),)
        assert handed_in.provenance == (("/data/children", "register:population/children"),)
        (statement,) = handed_in.registers
        assert statement.stated == DAY
        stated = verify_statement(statement, {"population": (KEY,)}, KADRI_IN_REGISTER)
        assert stated == {STREET: "Pikk 1", "register:population/children": "2"}, "what was not asked did not travel"
        assert visit.desk.form is not None
        valid = revalidate(
            home_service().form,
            visit.desk.form.finish(),
            stated,
            datetime.fromisoformat(handed_in.session.opened.isoformat()),
            record=handed_in.session,
        )
        assert valid.corrections == handed_in.corrections

    records = play_known(scene, extract_for([(kadri_keys, KADRI_IN_REGISTER)]))
    assert [register for register, _name in records.asked] == ["population"]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("et", "Allikas: rahvastikuregister, väljavõte seisuga 3. märts 2026"),
        ("fr", "D\u2019après l\u2019extrait du 3 mars 2026 : registre de la population"),
        ("ar", "من مستخرج سجل السكان بتاريخ 3 مارس 2026"),
    ],
)
def test_the_source_is_told_in_the_persons_language(
    play_known: PlayKnown, kadri_keys: CardKeys, language: str, words: str
) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await come(visit, EstonianCard(KADRI, kadri_keys), language)
        assert question(visit).source == words

    play_known(scene, extract_for([(kadri_keys, KADRI_IN_REGISTER)]))


def test_another_persons_card_finds_nothing_and_is_asked(
    play_known: PlayKnown, kadri_keys: CardKeys, juhan_keys: CardKeys
) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await come(visit, EstonianCard(JUHAN, juhan_keys))
        assert (question(visit).value, question(visit).source, visit.desk.told) == ("", "", ())

    play_known(scene, extract_for([(kadri_keys, KADRI_IN_REGISTER)]))


def test_a_statement_about_somebody_else_or_by_another_registrar_fills_in_nothing(
    play_known: PlayKnown, kadri_keys: CardKeys
) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await come(visit, EstonianCard(KADRI, kadri_keys))
        assert (question(visit).value, visit.desk.told) == ("", ())

    play_known(scene, extract_for([(kadri_keys, Person("EE", JUHAN.personal_code))]))
    play_known(scene, extract_for([(kadri_keys, KADRI_IN_REGISTER)]), (bytes(32),))


def test_a_value_that_does_not_fit_its_question_leaves_all_questions_to_the_person(
    play_known: PlayKnown, kadri_keys: CardKeys, recipient: RecipientPrivateKey
) -> None:
    card = EstonianCard(KADRI, kadri_keys)

    async def scene(visit: SimulatedVisit) -> None:
        await come(visit, card)
        assert question(visit).value == ""
        await visit.answer("Lai 7")
        if isinstance(visit.state, at.Answering):
            await visit.answer("")
        await sign_and_hand_in(visit, card)
        (sealed,) = visit.outbox.sealed
        handed_in = Transaction.from_bytes(open_sealed(sealed, recipient).payload)
        assert (handed_in.registers, handed_in.corrections) == ((), ())

    play_known(scene, extract_for([(kadri_keys, KADRI_IN_REGISTER)], {**VALUES, "children": "two"}))


def test_a_wrong_pin_asks_the_register_nothing_and_the_right_one_then_does(
    play_known: PlayKnown, kadri_keys: CardKeys
) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        card = EstonianCard(KADRI, kadri_keys)
        await begin(visit, card)
        visit.insert(card)
        await visit.until(at.EnteringPin)
        visit.enter_pin("9999")
        await visit.until(at.UsingPin)
        await visit.until(at.EnteringPin)
        assert visit.desk.known == {}
        visit.enter_pin("1234")
        await visit.until(at.ChoosingService)
        assert set(visit.desk.known) == {"population"}
        visit.desk.clear()
        assert visit.desk.known == {}

    records = play_known(scene, extract_for([(kadri_keys, KADRI_IN_REGISTER)]))
    assert len(records.asked) == 1


def test_a_pin_that_was_entered_at_the_reader_opens_no_register_and_the_visit_goes_on(
    play_known: PlayKnown, kadri_keys: CardKeys
) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        finger = visit.cards.give_keys(FIRST)
        await begin(visit, EstonianCard(KADRI, kadri_keys), "en")
        visit.insert(EstonianCard(KADRI, kadri_keys))
        await visit.until(ReadyForPin)
        finger.enters(b"1234")
        visit.press(screens.Proceeded())
        await visit.until(at.ChoosingService)
        visit.press(screens.Chose("home"))
        await visit.until(at.Answering)
        assert (question(visit).value, question(visit).source) == ("", "")
        assert len(finger.seen) == 1, "nobody is asked a second time"

    assert play_known(scene, extract_for([(kadri_keys, KADRI_IN_REGISTER)])).asked == []


def test_a_visit_that_tries_names_is_soon_answered_no_more(kadri_keys: CardKeys) -> None:
    extracts = {"population": read_extract(extract_for([(kadri_keys, KADRI_IN_REGISTER)]))}
    search = RecordSearch()
    outcomes = [
        search.seek("one", SeekRecord("population", number.to_bytes(16, "big")), extracts)[0] for number in range(20)
    ]
    assert outcomes == ["NONE"] * 16 + ["LIMIT"] + [""] * 3
    assert search.seek("two", SeekRecord("population", bytes(16)), extracts)[0] == "NONE"
    assert search.seek("two", SeekRecord("no such register\n", bytes(16)), extracts) == ("", b"")
