# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A booth and its desk without kiosks: the booth prints slips and never learns who, the desk takes them, never what."""

import secrets
from dataclasses import dataclass, field

from townhall_central.simulation.polling import Cast, PollingDevice
from townhall_smartcard.simulation.estonian_card_keys import CertifiedKey
from townhall_voting.ballot_making import Choices
from townhall_voting.eligibility.admission import draw_admission
from townhall_voting.eligibility.slip import SlipFacts, sign_slip, verify_slip
from townhall_voting.errors import SlipRefusedError


@dataclass
class BoothAndDesk:
    """Two devices of one place. What a person carries between them is an admission number and a slip."""

    booth: PollingDevice
    desk: PollingDevice
    admitted: set[str] = field(default_factory=set)

    def admit(self) -> str:
        """Return a fresh admission number, for one slip."""
        number = draw_admission(secrets.randbelow)
        self.admitted.add(number)
        return number

    def print_slip(self, cast: Cast, style: str, admission: str) -> str:
        """Have the booth sign that a ballot can be opened no more."""
        facts = SlipFacts(
            type="cast",
            mode=self.booth.package.mode,
            election=self.booth.package.elections[style].fingerprint,
            ballot=cast.ballot,
            admission=admission,
            booth=self.booth.kiosk.name,
        )
        return sign_slip(facts, self.booth.kiosk.key)

    def redeem(self, slip: str, card: CertifiedKey, style: str, at: int) -> None:
        """Have the desk take a slip and the voter's card cast the ballot that it names.

        Raises:
            SlipRefusedError: not a cast slip of this booth and election, or its admission number is not open.
        """
        facts = verify_slip(slip, "cast", self.booth.kiosk.key.public_der)
        package = self.desk.package
        if facts.mode is not package.mode or facts.election != package.elections[style].fingerprint:
            raise SlipRefusedError("a slip of another election")
        if facts.booth != self.booth.kiosk.name or facts.admission not in self.admitted:
            raise SlipRefusedError("nobody was admitted under this number, or the slip was taken before")
        self.admitted.remove(facts.admission)
        self.desk.state(card, style, facts.ballot, at)

    def cast(self, card: CertifiedKey, style: str, choices: Choices, at: int) -> Cast:
        """Admit a person, make their ballot, and have their card cast it."""
        admission = self.admit()
        cast = self.booth.keep_ballot(style, choices)
        self.redeem(self.print_slip(cast, style, admission), card, style, at)
        return cast
