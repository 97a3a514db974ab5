# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The rules of a German PIN: what a card tells of it, and which state follows which."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from townhall_smartcard.errors import CardMisuseError, UnexpectedStatusError
from townhall_smartcard.national.german_pin import (
    MOST_TRIES,
    Blocked,
    Deactivated,
    PinEvent,
    PinState,
    Ready,
    Resumed,
    Suspended,
    Transport,
    after,
    state_of,
    tries_in,
)

STATES: tuple[PinState, ...] = (Ready(3), Ready(2), Suspended(), Resumed(), Blocked(), Deactivated(), Transport())
PUBLIC = st.sampled_from(STATES)


def walked(*events: PinEvent, start: PinState = Ready(3)) -> PinState:  # noqa: B008 - a constant
    state = start
    for event in events:
        state = after(state, event)
    return state


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (0x9000, Ready(3)),
        (0x63C3, Ready(3)),
        (0x63CF, Ready(3)),
        (0x63C2, Ready(2)),
        (0x63C1, Suspended()),
        (0x63C0, Blocked()),
        (0x6983, Blocked()),
        (0x6283, Deactivated()),
        (0x6984, Deactivated()),
        (0x6985, Deactivated()),
    ],
)
def test_each_status_word_is_one_state(status: int, state: PinState) -> None:
    assert state_of(status) == state


@pytest.mark.parametrize("status", [0x6300, 0x6A80, 0x6A88, 0x6D00, 0x6988, 0x6F00])
def test_any_other_status_word_tells_nothing_and_is_an_error(status: int) -> None:
    with pytest.raises(UnexpectedStatusError):
        state_of(status)


def test_two_wrong_pins_suspend_and_the_access_number_gives_the_third_try() -> None:
    wrong = PinEvent.PIN_WRONG
    assert walked(wrong) == Ready(2)
    assert walked(wrong, wrong) == Suspended()
    assert walked(wrong, wrong, PinEvent.CAN_RIGHT) == Resumed()
    assert walked(wrong, wrong, PinEvent.CAN_RIGHT, PinEvent.PIN_RIGHT) == Ready(3)
    assert walked(wrong, wrong, PinEvent.CAN_RIGHT, PinEvent.SESSION_ENDED) == Suspended()
    assert walked(wrong, wrong, PinEvent.CAN_RIGHT, wrong) == Blocked()
    assert walked(PinEvent.PUK_RIGHT, start=Blocked()) == Ready(3)


def test_a_transport_pin_leads_to_a_pin_of_ones_own_and_is_a_pin_again_if_none_is_set() -> None:
    assert walked(PinEvent.TRANSPORT_PIN_RIGHT) == Transport()
    assert walked(PinEvent.TRANSPORT_PIN_RIGHT, PinEvent.PIN_SET) == Ready(3)
    assert walked(PinEvent.TRANSPORT_PIN_RIGHT, PinEvent.SESSION_ENDED) == Ready(3)


@pytest.mark.parametrize(
    ("state", "event"),
    [
        (Suspended(), PinEvent.PIN_RIGHT),
        (Suspended(), PinEvent.PIN_WRONG),
        (Blocked(), PinEvent.PIN_RIGHT),
        (Blocked(), PinEvent.PIN_WRONG),
        (Deactivated(), PinEvent.PIN_RIGHT),
        (Deactivated(), PinEvent.PUK_RIGHT),
        (Suspended(), PinEvent.PIN_SET),
        (Blocked(), PinEvent.PIN_SET),
    ],
)
def test_what_no_card_says_in_a_state_is_our_own_mistake(state: PinState, event: PinEvent) -> None:
    with pytest.raises(CardMisuseError, match=event.value):
        after(state, event)


@given(PUBLIC, st.lists(st.sampled_from(PinEvent), max_size=12))
def test_no_walk_gives_more_than_three_tries_or_a_try_for_a_wrong_pin(state: PinState, events: list[PinEvent]) -> None:
    for event in events:
        before = tries_in(state)
        try:
            state = after(state, event)
        except CardMisuseError:
            continue
        assert 0 <= tries_in(state) <= MOST_TRIES
        if event is PinEvent.PIN_WRONG:
            assert tries_in(state) == before - 1


def test_nothing_but_a_right_code_adds_a_try() -> None:
    giving = {PinEvent.PIN_RIGHT, PinEvent.TRANSPORT_PIN_RIGHT, PinEvent.PUK_RIGHT, PinEvent.PIN_SET}
    others = [each for each in PinEvent if each not in giving]
    for state, event in itertools.product(STATES, others):
        try:
            assert tries_in(after(state, event)) <= tries_in(state)
        except CardMisuseError:
            continue
