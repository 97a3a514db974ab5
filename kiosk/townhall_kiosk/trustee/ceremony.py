# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The ceremony as one trustee goes through it; what the folder holds decides what is next, whatever was interrupted."""

from dataclasses import dataclass, replace
from typing import TypeAlias

from townhall_crypto.secret import Secret
from townhall_kiosk.trustee.errors import ExchangeError, TrusteeHomeError
from townhall_kiosk.trustee.exchange import Exchange, Missing, Step
from townhall_kiosk.trustee.home import TrusteeHome
from townhall_voting.hashing import HexHash, hex_hash
from townhall_voting.nonces import Randomness
from townhall_voting.trustees.ceremony import Ceremony, Terms, assemble, make_certificate
from townhall_voting.trustees.ceremony_dealing import check_reveals, commit, deal, reveal
from townhall_voting.trustees.ceremony_outcome import check_share, conclude, publish_key, route, take_share
from townhall_voting.trustees.key_file import TrusteeSecrets
from townhall_voting.trustees.private_keys import new_ceremony_keys, open_share, seal_share
from townhall_voting.trustees.trustee_list import write_trustees


@dataclass(frozen=True, slots=True)
class CompareCeremony:
    """All certificates are there: every trustee must see this hash before anybody goes on."""

    hash: HexHash


@dataclass(frozen=True, slots=True)
class Concluded:
    """trustees.json is there: every trustee, and whoever makes the election, must see this hash of it."""

    hash: HexHash
    owner: int


Progress: TypeAlias = Missing | CompareCeremony | Concluded
"""Where the ceremony stands: whose messages are awaited, what is to be compared, or that it has ended."""


@dataclass(slots=True)
class CeremonyDesk:
    """One trustee at the ceremony: own folder, folder that goes round, number that opens the key."""

    home: TrusteeHome
    exchange: Exchange
    randomness: Randomness

    def begin(self, terms: Terms, place: int, number: Secret) -> None:
        """Take a place: make keys, keep them under the key number that was written down, put the certificate.

        Raises:
            ExchangeError: the folder's ceremony has other terms, or the place is taken.
            TrusteeHomeError: a key is here already, or the folder cannot be written.
            ProgrammingError: no such place.
            RandomnessError: the source of randomness failed.
        """
        if self.home.has_key:
            raise TrusteeHomeError("a trustee's key is here already")
        self.exchange.put_terms(terms)
        if self.exchange.message(Step.CERTIFICATE, place) is not None:
            raise ExchangeError(f"place {place} is taken")
        keys = new_ceremony_keys(terms.group, self.randomness)
        certificate = make_certificate(terms, place, keys, self.randomness)
        self.home.create(TrusteeSecrets(terms, place, keys), number, self.randomness)
        self.exchange.put_message(Step.CERTIFICATE, place, certificate)

    def go_on(self, number: Secret, agreed: HexHash | None = None) -> Progress:
        """Do every step that can be done now. ``agreed`` is the hash that all trustees found to be the same.

        Raises:
            CeremonyRefusedError, TrusteesRefusedError: a message ends the ceremony; whose.
            KeyLockedError, KeyRefusedError: the number does not open the key, or the key is of another ceremony.
            ExchangeError, TrusteeHomeError, RandomnessError: as named.
        """
        secrets = self.home.open(number)
        place, size = secrets.index, secrets.terms.size
        if self.exchange.message(Step.CERTIFICATE, place) is None:
            certificate = make_certificate(secrets.terms, place, secrets.keys, self.randomness)
            self.exchange.put_message(Step.CERTIFICATE, place, certificate)
        certificates = self.exchange.gather(Step.CERTIFICATE, size)
        if isinstance(certificates, Missing):
            return certificates
        ceremony = assemble(secrets.terms, certificates)
        ceremony.index_of(secrets.keys)
        if secrets.share is None and secrets.dealing is None:
            if agreed != ceremony.hash:
                return CompareCeremony(ceremony.hash)
            secrets = replace(secrets, dealing=deal(ceremony, secrets.keys, self.randomness))
            self.home.save(secrets, number, self.randomness)
        return self._deal(ceremony, secrets, number)

    def _deal(self, ceremony: Ceremony, secrets: TrusteeSecrets, number: Secret) -> Progress:
        place, size, dealing = secrets.index, secrets.terms.size, secrets.dealing
        if dealing is not None and self.exchange.message(Step.COMMIT, place) is None:
            message = commit(ceremony, secrets.keys, dealing, self.randomness)
            self.exchange.put_message(Step.COMMIT, place, message)
        commits = self.exchange.gather(Step.COMMIT, size)
        if isinstance(commits, Missing):
            return commits
        if dealing is not None and self.exchange.message(Step.REVEAL, place) is None:
            message = reveal(ceremony, secrets.keys, dealing, commits, self.randomness)
            self.exchange.put_message(Step.REVEAL, place, message)
        reveals = self.exchange.gather(Step.REVEAL, size)
        if isinstance(reveals, Missing):
            return reveals
        dealt = check_reveals(ceremony, commits, reveals)
        if secrets.share is None:
            share = take_share(ceremony, secrets.keys, route(ceremony, dealt)[place - 1])
            sealed = seal_share(secrets.keys, share, self.randomness)
            secrets = replace(secrets, share=sealed, dealing=None)
            self.home.save(secrets, number, self.randomness)
        share = open_share(secrets.keys, secrets.share or "")
        if self.exchange.message(Step.KEY, place) is None:
            message = publish_key(ceremony, secrets.keys, share, dealt, self.randomness)
            self.exchange.put_message(Step.KEY, place, message)
        published = self.exchange.gather(Step.KEY, size)
        if isinstance(published, Missing):
            return published
        trustees = conclude(ceremony, dealt, published)
        owner = check_share(trustees, secrets.keys, share)
        data = write_trustees(secrets.terms.group, [trustees]).data
        self.exchange.put("trustees.json", data)
        return Concluded(hex_hash(data), owner)
