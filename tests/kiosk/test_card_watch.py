# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a change of readers means for one visit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from townhall_kiosk import events as on
from townhall_kiosk.card_problem import CardProblem
from townhall_kiosk.visit.card_watch import CardWatch
from townhall_smartcard.messages import CardFamily, Reader

GOOD = CardFamily.ESTEID_2018


def readers(**cards: CardFamily | None) -> tuple[Reader, ...]:
    return tuple(Reader(name, card) for name, card in cards.items())


@pytest.mark.parametrize(
    ("cards", "event"),
    [
        ({}, None),
        ({"a": None, "b": None}, None),
        ({"a": GOOD, "b": None}, on.CardInserted("a")),
        ({"a": None, "b": GOOD}, on.CardInserted("b")),
        ({"a": GOOD, "b": GOOD}, on.SeveralCardsSeen()),
        ({"a": GOOD, "b": CardFamily.DEAD}, on.SeveralCardsSeen()),
        ({"a": CardFamily.DEAD}, on.CardUnusable(CardProblem.DEAD)),
        ({"a": CardFamily.FOREIGN}, on.CardUnusable(CardProblem.UNSUPPORTED)),
        ({"a": CardFamily.TOO_OLD}, on.CardUnusable(CardProblem.TOO_OLD)),
    ],
)
def test_a_look_tells_which_card_there_is(cards: dict[str, CardFamily | None], event: on.Event | None) -> None:
    assert CardWatch().look(readers(**cards)) == event
    assert CardWatch().notice(readers(**cards)) == event


def test_a_card_is_told_once_and_its_removal_once() -> None:
    watch = CardWatch()
    assert watch.notice(readers(a=GOOD)) == on.CardInserted("a")
    assert watch.notice(readers(a=GOOD, b=None)) is None
    assert watch.notice(readers(a=None)) == on.CardRemoved()
    assert watch.notice(readers(a=None, b=None)) is None


def test_a_reader_that_is_unplugged_takes_its_card_along() -> None:
    watch = CardWatch()
    watch.notice(readers(a=GOOD))
    watch.take("a")
    assert watch.notice(()) == on.CardRemoved()


def test_a_second_card_changes_nothing_for_the_visit_s_own() -> None:
    watch = CardWatch()
    watch.notice(readers(a=GOOD, b=None))
    watch.take("a")
    assert watch.notice(readers(a=GOOD, b=GOOD)) is None
    assert watch.notice(readers(a=GOOD, b=None)) is None
    assert watch.notice(readers(a=None, b=GOOD)) == on.CardRemoved(), "the visit's own left, though another is in"


def test_of_several_cards_the_one_that_stays_is_told() -> None:
    watch = CardWatch()
    assert watch.notice(readers(a=GOOD, b=GOOD)) == on.SeveralCardsSeen()
    assert watch.notice(readers(a=None, b=GOOD)) == on.CardInserted("b")


def test_all_cards_out_at_once_is_a_removal() -> None:
    watch = CardWatch()
    watch.notice(readers(a=GOOD, b=CardFamily.DEAD))
    assert watch.notice(readers(a=None, b=None)) == on.CardRemoved()


def test_after_its_card_left_the_visit_has_none() -> None:
    watch = CardWatch()
    watch.notice(readers(a=GOOD))
    watch.take("a")
    watch.notice(readers(a=None))
    assert watch.notice(readers(a=GOOD)) == on.CardInserted("a")


families = st.none() | st.sampled_from(CardFamily)


@given(st.lists(st.fixed_dictionaries({"a": families, "b": families}), max_size=12))
def test_what_is_told_follows_from_what_was_seen(sights: list[dict[str, CardFamily | None]]) -> None:
    watch = CardWatch()
    before: list[str] = []
    for sight in sights:
        event = watch.notice(readers(**sight))
        there = [name for name, card in sight.items() if card is not None]
        if there == before:
            assert event is None
        elif not there:
            assert event == on.CardRemoved()
        else:
            assert event == CardWatch().look(readers(**sight))
        before = there


@given(st.lists(st.fixed_dictionaries({"a": families, "b": families}), max_size=12))
def test_a_visit_hears_of_its_own_card_s_removal_and_of_nothing_else_while_it_is_in(
    sights: list[dict[str, CardFamily | None]],
) -> None:
    watch = CardWatch()
    watch.notice(readers(a=GOOD, b=None))
    watch.take("a")
    for sight in sights:
        event = watch.notice(readers(**sight))
        if sight["a"] is None:
            assert event == on.CardRemoved()
            return
        assert event is None


# A reader for staff


def test_a_card_in_the_reader_for_staff_is_no_citizens() -> None:
    watch = CardWatch("s")
    assert watch.notice(readers(a=None, s=None)) is None
    assert watch.notice(readers(a=None, s=GOOD)) is None
    assert watch.look(readers(a=GOOD, s=GOOD)) == on.CardInserted("a"), "and never a second card of theirs"
    assert not watch.has_reader(readers(s=GOOD))
    assert watch.has_reader(readers(a=None, s=GOOD))


def test_a_card_of_staff_is_told_when_it_comes_and_when_it_goes() -> None:
    watch = CardWatch("s")
    assert watch.notice_staff(readers(a=GOOD, s=None)) is None
    assert watch.notice_staff(readers(a=GOOD, s=GOOD)) == on.StaffCardInserted("s")
    assert watch.notice_staff(readers(a=None, s=GOOD)) is None
    assert watch.notice_staff(readers(a=None, s=None)) == on.StaffCardRemoved()
    assert watch.notice_staff(readers(s=CardFamily.DEAD)) == on.StaffCardInserted("s"), "the screen is covered for any"
    assert watch.notice_staff(()) == on.StaffCardRemoved(), "its reader was unplugged"


def test_a_card_of_staff_that_lies_there_since_before_is_nobodys_act_until_it_comes_again() -> None:
    watch = CardWatch("s")
    assert watch.notice_staff(readers(s=GOOD)) is None
    assert watch.notice_staff(readers(s=None)) == on.StaffCardRemoved()
    assert watch.notice_staff(readers(s=GOOD)) == on.StaffCardInserted("s")


def test_reading_a_card_of_staff_does_not_make_it_the_visits() -> None:
    watch = CardWatch("s")
    watch.notice(readers(a=GOOD, s=GOOD))
    watch.take("a")
    watch.take("s")
    assert watch.notice(readers(a=GOOD, s=None)) is None
    assert watch.notice(readers(a=None, s=None)) == on.CardRemoved()


def test_the_reader_for_staff_is_known_by_its_name_without_the_numbers_behind_it() -> None:
    named = (Reader("Good Reader 00 01", None), Reader("Good Reader Two 00 00", None))
    inserted = (Reader("Good Reader 00 01", GOOD), Reader("Good Reader Two 00 00", None))
    for name, is_it in (("Good Reader 00 01", True), ("Good Reader", True), ("Good Read", False), ("", False)):
        watch = CardWatch(name)
        watch.notice_staff(named)
        assert (watch.notice_staff(inserted) is not None) == is_it, name
