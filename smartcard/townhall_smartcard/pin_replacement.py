# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""One PIN to be replaced, as the person asked for it: what a visit hands over and what the card process is sent."""

from dataclasses import dataclass, field

from townhall_smartcard.apdu import wipe
from townhall_smartcard.messages import PinRole, ReplacePin
from townhall_smartcard.pin_rules import NewPin


@dataclass(frozen=True, slots=True, eq=False)
class PinReplacement:
    """Which PIN gets which value, by right of what: the present PIN, or the PUK. Whoever takes it wipes it."""

    role: PinRole
    code: bytearray = field(repr=False)
    new: NewPin
    is_code_puk: bool = False

    def request(self, number: int, reader: str, *, last_try_confirmed: bool) -> ReplacePin:
        """Return the request for it, which shares both codes with this object."""
        return ReplacePin(
            request=number,
            reader=reader,
            role=self.role,
            code=self.code,
            new=self.new.digits,
            is_code_puk=self.is_code_puk,
            last_try_confirmed=last_try_confirmed,
            birth_date=self.new.birth_date,
            personal_code=self.new.personal_code,
        )

    def wipe(self) -> None:
        """Wipe both codes."""
        wipe(self.code)
        wipe(self.new.digits)
