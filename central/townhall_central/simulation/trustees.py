# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The trustees of a simulated election: they hold the whole ceremony at one table, and each decrypts its share."""

from dataclasses import dataclass, field
from pathlib import Path

from townhall_central.simulation.polling import RANDOMNESS
from townhall_central.vote.counting import read_tallied
from townhall_voting.group import Group, Scalar
from townhall_voting.record.completion import WaitingTally
from townhall_voting.trustees.ceremony import Terms, assemble, make_certificate
from townhall_voting.trustees.ceremony_dealing import check_reveals, commit, deal, reveal
from townhall_voting.trustees.ceremony_outcome import conclude, publish_key, route, take_share
from townhall_voting.trustees.combination import OfferedShare
from townhall_voting.trustees.partial_decryption import DecryptionStatement, decrypt_partially
from townhall_voting.trustees.private_keys import new_ceremony_keys
from townhall_voting.trustees.side_car import prove_side_car
from townhall_voting.trustees.trustee_list import Trustees, write_trustees


@dataclass(frozen=True, slots=True)
class SimulatedTrustees:
    """Trustees with their shares of the key, by place from 1."""

    group: Group
    published: Trustees
    shares: tuple[Scalar, ...] = field(repr=False)

    @classmethod
    def hold_ceremony(cls, group: Group, threshold: int, size: int) -> "SimulatedTrustees":
        """Hold the ceremony after which any ``threshold`` of ``size`` trustees can decrypt."""
        terms = Terms(group, size, threshold)
        keys = [new_ceremony_keys(group, RANDOMNESS) for _ in range(size)]
        certificates = [make_certificate(terms, place, each, RANDOMNESS) for place, each in enumerate(keys, 1)]
        ceremony = assemble(terms, certificates)
        dealings = [deal(ceremony, each, RANDOMNESS) for each in keys]
        pairs = list(zip(keys, dealings, strict=True))
        commits = [commit(ceremony, each, dealing, RANDOMNESS) for each, dealing in pairs]
        reveals = [reveal(ceremony, each, dealing, commits, RANDOMNESS) for each, dealing in pairs]
        dealt = check_reveals(ceremony, commits, reveals)
        shares = tuple(
            take_share(ceremony, each, given) for each, given in zip(keys, route(ceremony, dealt), strict=True)
        )
        published = [
            publish_key(ceremony, each, share, dealt, RANDOMNESS) for each, share in zip(keys, shares, strict=True)
        ]
        return cls(group, write_trustees(group, [conclude(ceremony, dealt, published)]), shares)

    def decrypt(self, record: Path, owner: int) -> OfferedShare:
        """Return a trustee's share of the decryption of a closed record, with its side-car."""
        return self.share_of(read_tallied(record), owner)

    def share_of(self, tallied: WaitingTally, owner: int) -> OfferedShare:
        """Return a trustee's share of the decryption of a tally."""
        public_key = tallied.trustees.keys[owner - 1].public_key
        statement = DecryptionStatement(tallied.election, tallied.tally, owner, public_key)
        private = self.shares[owner - 1]
        share = decrypt_partially(statement, private, RANDOMNESS)
        return OfferedShare(owner, share.data, prove_side_car(statement, share, private, RANDOMNESS))
