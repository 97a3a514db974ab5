# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A voter's receipt against the public log: whether the box still has what the receipt says that it had."""

from dataclasses import dataclass

from townhall_voting.board.log import PublishedLog, has_root
from townhall_voting.eligibility.receipt import VotingReceiptFacts
from townhall_voting.errors import LogRefusedError
from townhall_voting.hashing import Fingerprint


@dataclass(frozen=True, slots=True)
class ReceiptChecked:
    """``has_root``: the receipt bears a state of the log, which this log continues. ``is_listed``: its ballot is there.

    A ballot that is not listed yet may still be at its kiosk, unless the log is closed.
    """

    has_root: bool
    is_listed: bool
    is_closed: bool


def check_receipt(log: PublishedLog, facts: VotingReceiptFacts) -> ReceiptChecked:
    """Hold the log to a receipt whose signature was verified.

    Raises:
        LogRefusedError: the log does not continue what the device had seen of it: the box has shown two logs, or the
            log is another one than the receipt speaks of.
    """
    if facts.board and not has_root(log, facts.board_size, bytes.fromhex(facts.board)):
        raise LogRefusedError("the log does not continue the one that the receipt names")
    is_listed = Fingerprint(facts.tracker) in log.trackers(facts.election) if facts.tracker else False
    return ReceiptChecked(bool(facts.board), is_listed, log.is_closed)
