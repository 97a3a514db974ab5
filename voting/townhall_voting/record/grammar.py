# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Which event may follow which: one table, with neither gaps nor repetitions.

::

    Setup Ballot* EndBallots EncryptedTally (Shuffle+ EndShuffles)? PartialDecryption+ Result
"""

from enum import Enum
from typing import Final

from townhall_voting.errors import RecordRefusedError
from townhall_voting.record.events import Event
from townhall_voting.record.reasons import Place, Refusal


class Phase(Enum):
    """How far an election's record is."""

    NOTHING = "nothing"
    VOTING = "voting"
    CLOSED = "closed"
    TALLIED = "tallied"
    SHUFFLING = "shuffling"
    SHUFFLED = "shuffled"
    DECRYPTING = "decrypting"
    COMPLETE = "complete"


START: Final = Phase.NOTHING
_NEXT: Final[dict[Phase, dict[str, Phase]]] = {
    Phase.NOTHING: {"Setup": Phase.VOTING},
    Phase.VOTING: {"Ballot": Phase.VOTING, "EndBallots": Phase.CLOSED},
    Phase.CLOSED: {"EncryptedTally": Phase.TALLIED},
    Phase.TALLIED: {"Shuffle": Phase.SHUFFLING, "PartialDecryption": Phase.DECRYPTING},
    Phase.SHUFFLING: {"Shuffle": Phase.SHUFFLING, "EndShuffles": Phase.SHUFFLED},
    Phase.SHUFFLED: {"PartialDecryption": Phase.DECRYPTING},
    Phase.DECRYPTING: {"PartialDecryption": Phase.DECRYPTING, "Result": Phase.COMPLETE},
    Phase.COMPLETE: {},
}


def advance(phase: Phase, event: Event, place: Place) -> Phase:
    """Return the phase after ``event``, which stands at ``place``.

    Raises:
        RecordRefusedError: ORDER: it may not stand there.
    """
    following = _NEXT[phase].get(event.kind)
    if following is None:
        raise RecordRefusedError(Refusal.ORDER, place)
    return following
