# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""When a call is overdue, and when to look next."""

import pytest

from townhall_smartcard.call_clock import Call, CallClock
from townhall_smartcard.errors import CardMuteError, ReaderBusyError, ServiceGoneError


class HandClock:
    """A clock that a test sets."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_call_is_overdue_from_its_deadline_on_and_not_before() -> None:
    hand = HandClock()
    calls = CallClock(10.0, hand)
    with calls.during(Call.TRANSMIT):
        hand.now = 109.9
        assert calls.overdue is None
        assert calls.next_look_s == pytest.approx(0.1)
        hand.now = 110.0
        assert calls.overdue is Call.TRANSMIT
        assert calls.next_look_s == 0.0


def test_each_call_has_a_deadline_of_its_own() -> None:
    hand = HandClock()
    calls = CallClock(10.0, hand)
    for _ in range(5):
        with calls.during(Call.TRANSMIT):
            hand.now += 9.0
            assert calls.overdue is None


def test_between_calls_nothing_is_overdue() -> None:
    hand = HandClock()
    calls = CallClock(10.0, hand)
    with calls.during(Call.CONNECT):
        pass
    hand.now += 1000
    assert calls.overdue is None
    assert calls.next_look_s == 10.0


def test_a_call_that_raises_is_over() -> None:
    hand = HandClock()
    calls = CallClock(10.0, hand)
    with pytest.raises(RuntimeError), calls.during(Call.RELEASE):
        raise RuntimeError
    hand.now += 1000
    assert calls.overdue is None


@pytest.mark.parametrize("call", list(Call))
def test_a_call_that_never_ends_is_blamed_on_whom_it_waits_for(call: Call) -> None:
    others = {Call.REACH_SERVICE: ServiceGoneError, Call.BEGIN_TRANSACTION: ReaderBusyError}
    assert type(call.error) is others.get(call, CardMuteError)
