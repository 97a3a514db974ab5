# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The count: trustees' shares complete the record, and their side-cars go beside it."""

import os
from collections.abc import Sequence
from pathlib import Path

from townhall_central.errors import VoteStateError
from townhall_sync.durable import sync_directory
from townhall_voting.record.completion import Counted, WaitingTally, complete, read_waiting
from townhall_voting.trustees.combination import OfferedShare
from townhall_voting.trustees.side_car import file_name


def read_tallied(path: Path) -> WaitingTally:
    """Return what there is to decrypt in a record of our own box; raises as ``read_waiting`` does."""
    with path.open("rb") as stream:
        return read_waiting(stream)


def count(path: Path, offered: Sequence[OfferedShare]) -> Counted:
    """Complete a closed record; raises as ``read_waiting`` and ``complete`` do.

    Every side-car that came is durable before the record says which shares were used: a verifier asks for those.

    Raises:
        VoteStateError: two shares are offered as one trustee's: the side-car of one would take the other's place.
    """
    if len({each.owner for each in offered}) != len(offered):
        raise VoteStateError("two shares of one trustee: name each trustee once")
    waiting = read_tallied(path)
    for each in offered:
        if each.side_car is not None:
            _write_durably(path.parent / file_name(waiting.election.uuid, each.owner), each.side_car)
    return complete(path, waiting, offered)


def _write_durably(path: Path, content: bytes) -> None:
    new = path.with_name(f".{path.name}.new")
    with new.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    sync_directory(path.parent)
