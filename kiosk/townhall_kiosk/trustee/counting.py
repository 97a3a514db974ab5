# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The end of an election: shares put together, the record completed, whoever handed in a bad one named."""

from collections.abc import Iterator
from pathlib import Path

from townhall_kiosk.trustee import durable
from townhall_kiosk.trustee.decryption import Examined
from townhall_kiosk.trustee.errors import ExchangeError
from townhall_kiosk.trustee.exchange import Exchange
from townhall_kiosk.trustee.home import TrusteeHome
from townhall_voting.record.completion import Counted, complete
from townhall_voting.trustees.combination import OfferedShare


def count(home: TrusteeHome, exchange: Exchange, record: Path, examined: Examined) -> Counted:
    """Complete the record whose copy was examined: shares that suffice, and the result.

    The copy is completed and then takes the place of the folder's record at once.

    Raises:
        TooFewSharesError: not enough valid shares in the folder; the record is as it was.
        ResultRefusedError: they open to nothing that these ballots could have.
        RecordFileError, RecordRefusedError: the copy cannot be written, or is not as it was examined.
        ExchangeError: a share cannot be read, or the record not be written; then it is as it was.
    """
    waiting = examined.record.waiting
    offered = _offered(exchange, waiting.election.uuid, len(waiting.trustees.keys))
    counted = complete(home.record_copy, waiting, offered)
    try:
        durable.replace_by_copy(record, home.record_copy)
    except OSError as error:
        raise ExchangeError("the record cannot be written") from error
    return counted


def _offered(exchange: Exchange, uuid: str, count: int) -> Iterator[OfferedShare]:
    for owner in range(1, count + 1):
        share, side_car = exchange.share(uuid, owner)
        if share is not None:
            yield OfferedShare(owner, share, side_car)
