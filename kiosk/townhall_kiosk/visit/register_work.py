# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a visit does to know what registers already know: the card finds and opens its own holder's records.

Nothing here can end a visit: a register that does not answer, or a card that cannot agree, leaves the questions to the
person.
"""

import logging
from dataclasses import dataclass

from townhall_crypto.card_key import card_public_key
from townhall_crypto.errors import MalformedError
from townhall_forms.errors import RegisterRefusedError
from townhall_forms.registers.extract import RecordRequest
from townhall_forms.registers.register import KnownRegister
from townhall_forms.registers.statement import Person, Statement, verify_statement
from townhall_kiosk.ports import AgreeingCard, RegisterRecords
from townhall_kiosk.visit.desk import Desk, Known
from townhall_kiosk.visit.surroundings import Surroundings
from townhall_smartcard.identity import Identity
from townhall_smartcard.messages import Agreed

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class RegisterWork:
    """Fills the desk with what registers state about the person whose card was just proved."""

    desk: Desk
    around: Surroundings
    records: RegisterRecords

    def is_of_use(self, certificate: bytes) -> bool:
        """Say whether there is a register to ask, and a card with a key that can agree (P-384)."""
        try:
            card_public_key(certificate)
        except MalformedError:
            return False
        return bool(self.around.registers)

    async def open(self, cards: AgreeingCard, reader: str, pin: bytearray, identity: Identity) -> None:
        """Open the person's record in each extract, by the PIN that the card has just accepted; wipes ``pin``."""
        self.desk.known = {}
        try:
            for name, register in self.around.registers.items():
                known = await self._record(cards, reader, bytearray(pin), (register, identity))
                if known is not None:
                    self.desk.known[name] = known
        finally:
            pin[:] = bytes(len(pin))

    async def _record(
        self, cards: AgreeingCard, reader: str, pin: bytearray, whose: tuple[KnownRegister, Identity]
    ) -> Known | None:
        register, identity = whose
        head = register.head
        try:
            request = RecordRequest.of(head)
            outcome = await cards.agree(reader, pin, request.point)
            if not isinstance(outcome, Agreed):
                _log.info("the card agrees on nothing with register %s", head.register)
                return None
            keys = request.keys(outcome.shared_x)
            sealed = await self.records.seek(head.register, keys.name)
            if not sealed:
                return None
            statement = keys.open(sealed, head)
            return Known(statement, _verified(statement, register, identity))
        except RegisterRefusedError as exc:
            _log.warning("%s: register %s: %s", exc.code, head.register, exc)
            return None
        finally:
            pin[:] = bytes(len(pin))


def _verified(untrusted: Statement, register: KnownRegister, identity: Identity) -> dict[str, str]:
    person = Person(identity.country, identity.personal_code)
    return verify_statement(untrusted, {register.head.register: register.registrar.keys}, person)
