# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The life of a German card's PIN as pure rules: three tries, the last behind the access number, then the PUK.

::

    Ready(3) -wrong-> Ready(2) -wrong-> Suspended -access number-> Resumed -wrong-> Blocked -PUK-> Ready(3)

A right PIN gives all tries back. Whoever holds the card to their reader in passing can take two tries away, no more:
the third wants the number that is printed on it (BSI TR-03110-2 §3.3, TR-03127 §4.3).
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final, TypeAlias, assert_never

from townhall_smartcard.errors import CardMisuseError, UnexpectedStatusError
from townhall_smartcard.status import StatusWord, tries_left

MOST_TRIES: Final = 3
PIN_DIGITS: Final = 6
TRANSPORT_PIN_DIGITS: Final = 5
PUK_DIGITS: Final = 10
_DEACTIVATED: Final = frozenset(
    {StatusWord.FILE_DEACTIVATED, StatusWord.REFERENCE_DATA_NOT_USABLE, StatusWord.CONDITIONS_NOT_SATISFIED}
)  # the first is the standard's; the others are what chips say of a password that nobody may use


@dataclass(frozen=True, slots=True)
class Ready:
    """The PIN may be entered; ``tries`` are 2 or 3."""

    tries: int


@dataclass(frozen=True, slots=True)
class Suspended:
    """One try is left, and the card takes it only in a session that its access number opened."""


@dataclass(frozen=True, slots=True)
class Resumed:
    """The access number was given in this session: the last try may be used, until the session ends."""


@dataclass(frozen=True, slots=True)
class Blocked:
    """No try is left: the PUK gives all back, and the PIN stays what it was."""


@dataclass(frozen=True, slots=True)
class Deactivated:
    """The online function is off; an authority alone turns it on, with rights that a kiosk does not have."""


@dataclass(frozen=True, slots=True)
class Transport:
    """The five digits of the letter were right: they are good for nothing but a PIN of the holder's own.

    No card tells it beforehand; it shows by the length of what the card took (TR-03127 §4.3.2).
    """


PinState: TypeAlias = Ready | Suspended | Resumed | Blocked | Deactivated | Transport


class PinEvent(Enum):
    """What the card said last."""

    PIN_RIGHT = "pin-right"
    TRANSPORT_PIN_RIGHT = "transport-pin-right"
    PIN_WRONG = "pin-wrong"
    CAN_RIGHT = "can-right"
    PUK_RIGHT = "puk-right"
    PIN_SET = "pin-set"
    SESSION_ENDED = "session-ended"


def state_of(status: int) -> PinState:
    """Return what a card says of its PIN by the status word of MSE: Set AT (TR-03110-3 §B.11.1).

    Raises:
        UnexpectedStatusError: it says nothing of it.
    """
    if status in _DEACTIVATED:
        return Deactivated()
    if status == StatusWord.AUTHENTICATION_METHOD_BLOCKED:
        return Blocked()
    match MOST_TRIES if status == StatusWord.OK else tries_left(status):
        case None:
            raise UnexpectedStatusError("MSE SET AT of the PIN", status)
        case 0:
            return Blocked()
        case 1:
            return Suspended()
        case left:
            return Ready(min(left, MOST_TRIES))


def tries_in(state: PinState) -> int:
    """Return how many tries are left, the one behind the access number included."""
    match state:
        case Ready(tries):
            return tries
        case Suspended() | Resumed():
            return 1
        case Transport():
            return MOST_TRIES
        case Blocked() | Deactivated():
            return 0
        case _:
            assert_never(state)


def after(state: PinState, event: PinEvent) -> PinState:
    """Return the state after an event.

    Raises:
        CardMisuseError: a card in this state does not say so.
    """
    if isinstance(state, Ready) and event is PinEvent.PIN_WRONG:
        return Ready(state.tries - 1) if state.tries - 1 > 1 else Suspended()
    for kinds, when, then in _RULES:
        if event is when and isinstance(state, kinds):
            return state if then is None else then
    raise CardMisuseError(f"{event.value} of a PIN that is {type(state).__name__}")


_FULL: Final = Ready(MOST_TRIES)
_RULES: Final[tuple[tuple[tuple[type[PinState], ...], PinEvent, PinState | None], ...]] = (
    ((Ready, Resumed, Transport), PinEvent.PIN_RIGHT, _FULL),
    ((Ready, Resumed), PinEvent.TRANSPORT_PIN_RIGHT, Transport()),
    ((Resumed,), PinEvent.PIN_WRONG, Blocked()),
    ((Suspended,), PinEvent.CAN_RIGHT, Resumed()),
    ((Ready, Resumed, Blocked, Deactivated, Transport), PinEvent.CAN_RIGHT, None),
    ((Ready, Suspended, Resumed, Blocked), PinEvent.PUK_RIGHT, _FULL),
    ((Ready, Transport), PinEvent.PIN_SET, _FULL),
    ((Resumed,), PinEvent.SESSION_ENDED, Suspended()),
    ((Transport,), PinEvent.SESSION_ENDED, _FULL),
    ((Ready, Suspended, Blocked, Deactivated), PinEvent.SESSION_ENDED, None),
)
"""In which states, after what, comes which; None: it stays."""
