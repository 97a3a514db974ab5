# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a card's failure is called has one home: the visit and the staff's screen ask the same rule."""

import pytest

from townhall_kiosk.card_problem import DISTURBED, CardProblem
from townhall_smartcard.messages import Failure


@pytest.mark.parametrize(
    ("failure", "problem"),
    [
        (Failure.CARD_MUTE, CardProblem.MUTE),
        (Failure.NO_SERVICE, CardProblem.MUTE),
        (Failure.CARD_UNSUPPORTED, CardProblem.UNSUPPORTED),
        (Failure.CARD_NOT_ACTIVATED, CardProblem.NOT_ACTIVATED),
        (Failure.CARD_UNREADABLE, CardProblem.UNREADABLE),
        (Failure.CARD_RESET, CardProblem.BUSY),
        (Failure.READER_BUSY, CardProblem.BUSY),
    ],
)
def test_each_failure_is_one_problem(failure: Failure, problem: CardProblem) -> None:
    assert CardProblem.of(failure) is problem


def test_what_another_program_did_is_a_busy_card_and_no_other_failure_is() -> None:
    assert {failure for failure in Failure if CardProblem.of(failure) is CardProblem.BUSY} == DISTURBED
