# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a visit has the card do with its PINs: take a new one, by right of the present one or of the PUK (ADR 0042)."""

import hmac
from dataclasses import dataclass

import msgspec

from townhall_kiosk import events as on
from townhall_kiosk.errors import VisitError
from townhall_kiosk.pin_life import effects as make
from townhall_kiosk.pin_life import events as happened
from townhall_kiosk.pin_life.errand import PinErrand, PinWay
from townhall_kiosk.ports import Cards
from townhall_kiosk.visit.card_answers import failed, no_signature
from townhall_kiosk.visit.desk import Desk
from townhall_kiosk.visit.surroundings import Surroundings
from townhall_smartcard.apdu import wipe
from townhall_smartcard.messages import (
    CardContents,
    Failed,
    Failure,
    NewPinUnfit,
    PinBlocked,
    PinReplaced,
    PinRole,
    PinTries,
    PinWrong,
    ReplacementOutcome,
)
from townhall_smartcard.pin_replacement import PinReplacement
from townhall_smartcard.pin_rules import NewPin, NewPinFault, weaknesses

_NOTHING_WAS_SENT = frozenset({Failure.CARD_REMOVED, Failure.READER_BUSY, Failure.CARD_UNSUPPORTED})
"""Removed may mean either; the table answers that by the state."""


def puk_tries(contents: CardContents) -> int:
    """Return by how many tries of its PUK a card's PINs can be set here; 0 where they cannot."""
    tries = contents.tries.get(PinRole.UNBLOCKING)
    return tries.left if tries is not None and PinRole.SIGNATURE in contents.replaceable else 0


def never_set(contents: CardContents) -> PinRole | None:
    """Return the first PIN that its holder has never set and can set here."""
    roles = (PinRole.AUTHENTICATION, PinRole.SIGNATURE)
    return next((r for r in roles if r in contents.replaceable and not contents.tries[r].is_activated), None)


@dataclass(slots=True)
class PinWork:
    """Keeps the codes on the desk until they are sent or dropped; asks one card process at a time."""

    desk: Desk
    around: Surroundings
    cards: Cards | None = None

    def perform(self, effect: make.KeepCode | make.ForgetCodes) -> None:
        """Keep the code that gives the right, or wipe all that is kept."""
        self.desk.codes.wipe()
        if isinstance(effect, make.KeepCode):
            self.desk.codes.code = effect.pin

    def judge(self, job: make.JudgeNewPin) -> on.Event:
        """Keep the new PIN if nobody would guess it early; the driver judges it once more before it is sent."""
        codes = self.desk.codes
        wipe(codes.new)
        try:
            is_same = hmac.compare_digest(job.pin, codes.code)
            faults = (*((NewPinFault.SAME,) if is_same else ()), *weaknesses(self._new_pin(job.pin)))
            if faults:
                return happened.NewPinUnfit(faults)
            codes.new = bytearray(job.pin)
            return happened.NewPinFits()
        finally:
            wipe(job.pin)

    async def replace(self, job: make.ReplacePin) -> on.Event:
        """Have the card take the new PIN if it was entered twice alike; nothing is sent again, and all is wiped."""
        codes = self.desk.codes
        try:
            if not hmac.compare_digest(job.pin, codes.new):
                wipe(codes.new)
                return happened.NewPinDiffers()
        finally:
            wipe(job.pin)
        if self.cards is None:
            raise VisitError("no card process")
        errand = job.errand
        asked = PinReplacement(errand.role, codes.code, self._new_pin(codes.new), errand.way is PinWay.UNBLOCK)
        try:
            outcome = await self.cards.replace_pin(errand.reader, asked, last_try_confirmed=errand.last_try_confirmed)
        finally:
            codes.wipe()
        return self._told(errand, outcome)

    async def replace_at_reader(self, job: make.ReplacePinAtReader) -> on.Event:
        """Have the codes entered at the reader's keys: none of them is here, and nobody here judges the new one."""
        if self.cards is None:
            raise VisitError("no card process")
        errand = job.errand
        outcome = await self.cards.replace_pin_at_reader(
            errand.reader,
            errand.role,
            self.around.keys(),
            is_code_puk=errand.way is PinWay.UNBLOCK,
            last_try_confirmed=errand.last_try_confirmed,
        )
        return self._told(errand, outcome)

    def _told(self, errand: PinErrand, outcome: ReplacementOutcome) -> on.Event:  # noqa: PLR0911  # one line an outcome
        match outcome:
            case PinReplaced():
                return happened.PinWasReplaced(self._renew(errand.role))
            case NewPinUnfit(faults=faults):
                return happened.NewPinUnfit(faults)
            case PinWrong(tries_left=left):
                self._note(errand.code, left)
                return on.PinWasWrong(left, puk_tries(self._contents()))
            case PinBlocked():
                self._note(errand.code, 0)
                return on.PinWasBlocked(puk_tries(self._contents()))
            case Failed(failure=failure) if failure not in _NOTHING_WAS_SENT:
                return happened.CardBrokeOff()
            case Failed():
                return failed(outcome)
            case _:
                return no_signature(outcome)

    def _renew(self, role: PinRole) -> int:
        """Note that a PIN was set, and return its tries."""
        tries = self._contents().tries[role]
        self._put(role, msgspec.structs.replace(tries, left=tries.maximum, is_activated=True))
        return tries.maximum

    def _note(self, role: PinRole, left: int) -> None:
        self._put(role, msgspec.structs.replace(self._contents().tries[role], left=left))

    def _put(self, role: PinRole, tries: PinTries) -> None:
        contents = self._contents()
        self.desk.contents = msgspec.structs.replace(contents, tries={**contents.tries, role: tries})

    def _new_pin(self, digits: bytearray) -> NewPin:
        stated = self._contents().stated
        return NewPin(digits, stated.birth_date, stated.personal_code)

    def _contents(self) -> CardContents:
        if self.desk.contents is None:
            raise VisitError("a card is used before it was read")
        return self.desk.contents
