# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Protocols without a wire: they yield commands, are sent the card's answers, and return how they ended."""

from collections.abc import Generator
from typing import TypeAlias, TypeVar

from townhall_smartcard.apdu import CommandApdu, ResponseApdu
from townhall_smartcard.processors import ApduProcessor

T = TypeVar("T")
Steps: TypeAlias = Generator[CommandApdu, ResponseApdu, T]


def run(steps: Steps[T], card: ApduProcessor) -> T:
    """Take the steps with a card; raises as the protocol and as the card's ``exchange``."""
    try:
        command = next(steps)
        while True:
            command = steps.send(card.exchange(command))
    except StopIteration as end:
        outcome: T = end.value
        return outcome
