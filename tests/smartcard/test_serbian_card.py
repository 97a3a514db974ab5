# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The driver of Serbian cards against a simulated one, and its files: read, or refused with a typed error."""

from dataclasses import replace
from datetime import date
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.smartcard.using_cards import BREAKS, PULLED_BEFORE_THE_ANSWER

from townhall_smartcard.cards import family_of_atr, probe
from townhall_smartcard.errors import (
    CardUnreadableError,
    CardUnsupportedError,
)
from townhall_smartcard.messages import SERVED_FAMILIES, CardFamily, PinRole, ReadCard
from townhall_smartcard.national.contract import EvidenceAbout
from townhall_smartcard.national.serbia import APPLICATIONS, SerbianCard
from townhall_smartcard.national.serbian_records import address_in, parse_records, statement_in
from townhall_smartcard.operations import perform
from townhall_smartcard.processors import processors_for
from townhall_smartcard.simulation.delivery import Delivery
from townhall_smartcard.simulation.faulty_card import FaultyCard
from townhall_smartcard.simulation.national_keys import KeyKind, NationalAuthority
from townhall_smartcard.simulation.serbian_card import (
    CITIZENS,
    SerbianPerson,
    SerbianSimulation,
    serbian_files,
    with_header,
)
from townhall_smartcard.simulation.vpcd import VirtualCard

SIGNER: Final = NationalAuthority("RS", name="Townhall TEST CA Resursi").issue_register("RS", "x", KeyKind.RSA_2048)
PERSON: Final = SerbianPerson()
FILES: Final = serbian_files(PERSON, SIGNER)
RECORDS = st.dictionaries(st.integers(0, 0xFFFF), st.binary(max_size=300), max_size=20)


def driver(card: VirtualCard) -> SerbianCard:
    return SerbianCard(processors_for(card))


@pytest.mark.parametrize("delivery", list(Delivery))
def test_what_the_card_states_is_told(delivery: Delivery) -> None:
    contents = driver(SerbianSimulation(FILES, delivery=delivery)).read()
    stated = contents.stated
    assert (stated.surname, stated.given_names, stated.sex) == (PERSON.person[1559], PERSON.person[1560], "F")
    assert (stated.personal_code, stated.document_number) == (PERSON.person[1558], PERSON.document[1546])
    assert (stated.birth_date, stated.birth_place) == (date(1984, 3, 15), PERSON.person[1563])
    assert (stated.issuing_date, stated.expiry_date) == (date(2026, 2, 1), date(2036, 2, 1))
    assert stated.address == ("ПРИМЕРНА 12Б 3/7", "БЕОГРАД, СТАРИ ГРАД")
    assert stated.untrusted_photo == PERSON.photo
    assert (len(contents.certificates), len(contents.algorithms), len(contents.tries)) == (0, 0, 0)


def test_each_file_is_handed_over_whole_with_its_list() -> None:
    evidence = driver(SerbianSimulation(FILES)).read().evidence
    said = [(each.about, each.content) for each in evidence]
    assert said == [
        (EvidenceAbout.IDENTITY, FILES[0x0F02]),
        (EvidenceAbout.IDENTITY, FILES[0x0F03]),
        (EvidenceAbout.ADDRESS, FILES[0x0F04]),
        (EvidenceAbout.PHOTO, FILES[0x0F06]),
    ]
    assert {each.signature for each in evidence} == {FILES[0x0F1C][8:], FILES[0x0F1D][8:]}


def test_a_list_may_lie_in_its_file_without_a_record_around_it() -> None:
    bare = {**FILES, 0x0F1C: with_header(0x0F1C, FILES[0x0F1C][8:])}
    assert driver(SerbianSimulation(bare)).read() == driver(SerbianSimulation(FILES)).read()


@pytest.mark.parametrize("length", [1, 255, 256, 5000])
def test_a_file_of_any_length_is_read_whole(length: int) -> None:
    person = replace(PERSON, photo=bytes(range(1, 251)) * 20)
    person = replace(person, photo=person.photo[:length])
    contents = driver(SerbianSimulation(serbian_files(person, SIGNER))).read()
    assert contents.stated.untrusted_photo == person.photo


@pytest.mark.parametrize("name", APPLICATIONS, ids=lambda name: name.hex())
@pytest.mark.parametrize("delivery", list(Delivery))
def test_each_application_is_found_and_read(name: bytes, delivery: Delivery) -> None:
    card = SerbianSimulation(FILES, application=name, atr=bytes.fromhex("3B800181"), delivery=delivery)
    assert family_of_atr(card.atr) is None
    assert probe(processors_for(card)) is CardFamily.SRBID
    card.reset()
    assert driver(card).read().stated.personal_code == PERSON.person[1558]


def test_the_atr_tells_and_visits_do_not_take_the_card() -> None:
    card = SerbianSimulation(FILES)
    assert APPLICATIONS[0] == CITIZENS
    assert family_of_atr(card.atr) is CardFamily.SRBID
    assert CardFamily.SRBID not in SERVED_FAMILIES
    with pytest.raises(CardUnsupportedError):
        perform(ReadCard(1, ""), processors_for(card), CardFamily.SRBID)


def test_a_card_without_address_photo_and_lists_is_read() -> None:
    contents = driver(SerbianSimulation({name: FILES[name] for name in (0x0F02, 0x0F03)})).read()
    assert contents.stated.address == ()
    assert contents.stated.untrusted_photo == b""
    assert [each.signature for each in contents.evidence] == [b"", b""]


@pytest.mark.parametrize("missing", [0x0F02, 0x0F03])
def test_a_card_without_document_or_person_is_unreadable(missing: int) -> None:
    with pytest.raises(CardUnreadableError):
        driver(SerbianSimulation({name: file for name, file in FILES.items() if name != missing})).read()


def test_no_pin_is_sent() -> None:
    card = FaultyCard(SerbianSimulation(FILES))
    used = driver(card)
    for use in (used.authenticate, used.sign):
        pin = bytearray(b"1234")
        with pytest.raises(CardUnsupportedError):
            use(pin, bytes(32), last_try_confirmed=False)
        assert pin == bytes(4)
    for ask in (used.read_certificate, used.read_tries, used.algorithm):
        with pytest.raises(CardUnsupportedError):
            ask(PinRole.SIGNATURE)
    assert card.commands == 0


OWN_BREAKS: Final = BREAKS | PULLED_BEFORE_THE_ANSWER


@pytest.mark.parametrize("name", OWN_BREAKS)
def test_a_fault_at_any_command_is_named(name: str) -> None:
    order, expected = OWN_BREAKS[name]
    counted = FaultyCard(SerbianSimulation(FILES))
    driver(counted).read()
    for index in range(counted.commands):
        with pytest.raises(expected):
            driver(order(FaultyCard(SerbianSimulation(FILES)), index)).read()


def test_a_read_that_gives_nothing_is_unreadable() -> None:
    with pytest.raises(CardUnreadableError):
        driver(FaultyCard(SerbianSimulation(FILES)).answer(2, b"\x90\x00")).read()


@given(RECORDS)
def test_what_is_written_is_read(records: dict[int, bytes]) -> None:
    assert parse_records(b"".join(with_header(tag, value) for tag, value in records.items())) == records


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    try:
        records = parse_records(content)
        stated, address = statement_in(records, records), address_in(records)
    except CardUnreadableError:
        return
    assert all(text.isprintable() for text in (stated.surname, stated.given_names, *address))


@pytest.mark.parametrize("records", [{1559: b"\xff"}, {1559: b"A\x1bB"}, {1566: b"31021984"}, {1566: b"1984"}])
def test_a_text_or_a_date_that_is_none_is_refused(records: dict[int, bytes]) -> None:
    with pytest.raises(CardUnreadableError):
        statement_in({}, records)


@pytest.mark.parametrize("content", ["17", "170601", "17060500 41", "1706010041 1706010041"])
def test_records_that_are_none_are_refused(content: str) -> None:
    with pytest.raises(CardUnreadableError):
        parse_records(bytes.fromhex(content))
