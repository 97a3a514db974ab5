# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Whom this kiosk believes as signing authorities of states: by national files, master lists and revocation lists.

Each thing that cannot be used is told with its reason and spoils nothing else. A certificate of the administrators' own
files, or of a list by a signer of theirs, is believed if it signed itself; one that links a new key to an old one is
believed if a believed one of its country signed it (ICAO 9303-12 §3.2).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from townhall_crypto.master_list import read_master_list
from townhall_crypto.signature_key import UNREADABLE
from townhall_crypto.state_certificate import StateCertificate, name_of, read_certificate, require_authority
from townhall_crypto.state_errors import AuthorityRefusal, AuthorityRefusedError
from townhall_crypto.trust_revocation import RevocationFinding, RevocationLists, Verdict


@dataclass(frozen=True, slots=True)
class StateTrustFiles:
    """What the administrators published, by the names of the files."""

    authorities: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    """DER certificates of national authorities, whom they name themselves; the signers of lists must be by one."""
    master_lists: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    crls: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    signed_at: datetime | None = None
    """When these files were signed as a whole; None: nobody knows."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Something that was not loaded."""

    source: str
    """The name of the file; of a list, with the entry's number."""
    reason: AuthorityRefusal
    detail: str = ""
    about: str = ""
    """What it says of itself: country and name, as far as they can be read."""


@dataclass(frozen=True, slots=True)
class LoadedList:
    """A master list or revocation list that was loaded."""

    source: str
    country: str
    signed_at: datetime | None
    until: datetime | None = None
    entries: int = 0


@dataclass(frozen=True, slots=True)
class StateTrust:
    """The authorities that are believed, and what became of everything that was published."""

    authorities: tuple[StateCertificate, ...]
    sources: Mapping[bytes, tuple[str, ...]] = field(repr=False)  # by DER: the files that name an authority
    master_lists: tuple[LoadedList, ...] = ()
    crls: tuple[LoadedList, ...] = ()
    refused: tuple[Refused, ...] = ()
    signed_at: datetime | None = None
    lists: RevocationLists = field(default_factory=RevocationLists, repr=False, compare=False)

    def issuer_of(self, certificate: StateCertificate, at: datetime) -> StateCertificate | None:
        """Return the authority whose key signed a certificate, None where no believed one did.

        One key may have several certificates, links among them: one that was valid ``at`` that time comes first.
        """
        candidates = [each for each in self.authorities if certificate.may_be_by(each)]
        in_order = sorted(candidates, key=lambda each: not each.is_valid_at(at))
        return next((each for each in in_order if certificate.is_signed_by(each)), None)

    def find_revocation(
        self, certificate: StateCertificate, issuer: StateCertificate, at: datetime
    ) -> RevocationFinding:
        """Return what the lists say of a certificate.

        A state signs its one list with its newest key, for what all its keys issued (ICAO 9303-12 §7.1.4): so every
        authority of the issuer's country and name speaks, and the issuer itself under whatever name.
        """
        speakers = [each for each in self.authorities if each.country == issuer.country]
        speakers = [each for each in speakers if each.subject == certificate.issuer or each == issuer]
        findings = [self.lists.find((certificate.parsed, each.parsed), at) for each in speakers]
        for verdict in (Verdict.REVOKED, Verdict.GOOD):
            for finding in findings:
                if finding.verdict is verdict:
                    return finding
        dated = [each for each in findings if each.times is not None]
        return dated[0] if dated else RevocationFinding(Verdict.UNKNOWN, None)


def load_state_trust(files: StateTrustFiles, at: datetime) -> StateTrust:
    """Load what can be used and tell what cannot; nothing is raised for what a file holds."""
    loading = _Loading(at)
    for source, content in sorted(files.authorities.items()):
        loading.take(source, content)
    loading.link()
    publishers = tuple(loading.believed.values())
    for source, content in sorted(files.master_lists.items()):
        loading.take_list(source, content, publishers)
    loading.link()
    loading.refuse_links()
    lists = loading.take_crls(files.crls)
    return StateTrust(
        authorities=tuple(loading.believed.values()),
        sources={der: tuple(names) for der, names in loading.sources.items() if der in loading.believed},
        master_lists=tuple(loading.master_lists),
        crls=tuple(loading.crls),
        refused=tuple(loading.refused),
        signed_at=files.signed_at,
        lists=lists,
    )


@dataclass(slots=True)
class _Loading:
    at: datetime
    believed: dict[bytes, StateCertificate] = field(default_factory=dict)
    waiting: dict[bytes, StateCertificate] = field(default_factory=dict)
    """Links, until one is found that signed them."""
    sources: dict[bytes, list[str]] = field(default_factory=dict)
    master_lists: list[LoadedList] = field(default_factory=list)
    crls: list[LoadedList] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)

    def take(self, source: str, untrusted: bytes) -> None:
        try:
            self._take(source, untrusted)
        except AuthorityRefusedError as exc:
            self.refused.append(Refused(source, exc.reason, exc.detail, name_of(untrusted)))

    def take_list(self, source: str, untrusted: bytes, publishers: tuple[StateCertificate, ...]) -> None:
        try:
            found = read_master_list(untrusted, publishers, self.at)
        except AuthorityRefusedError as exc:
            self.refused.append(Refused(source, exc.reason, exc.detail))
            return
        self.master_lists.append(
            LoadedList(source, found.signer.country, found.signed_at, None, entries=len(found.entries))
        )
        for number, entry in enumerate(found.entries, start=1):
            self.take(f"{source}#{number}", entry)

    def link(self) -> None:
        """Believe what believed ones signed, until nothing more follows."""
        is_moving = True
        while is_moving:
            is_moving = False
            for der, certificate in tuple(self.waiting.items()):
                if any(_links(certificate, each) for each in self.believed.values()):
                    self.believed[der] = self.waiting.pop(der)
                    is_moving = True

    def refuse_links(self) -> None:
        for der, certificate in self.waiting.items():
            says_so = certificate.authority_key_identifier in {None, certificate.key_identifier}
            is_root = certificate.is_self_issued and says_so
            reason = AuthorityRefusal.SELF_SIGNATURE if is_root else AuthorityRefusal.LINK_UNKNOWN
            self.refused += [Refused(source, reason, about=name_of(der)) for source in self.sources[der]]

    def take_crls(self, files: Mapping[str, bytes]) -> RevocationLists:
        """Keep the lists that a believed authority signed."""
        kept = []
        for source, content in sorted(files.items()):
            try:
                lists = RevocationLists.parse((content,))
            except UNREADABLE:
                self.refused.append(Refused(source, AuthorityRefusal.CRL_UNREADABLE))
                continue
            signer = next((each for each in self.believed.values() if lists.are_by(each.parsed)), None)
            if signer is None:
                self.refused.append(Refused(source, AuthorityRefusal.CRL_SIGNER))
                continue
            crl = lists.lists[0]
            times = (crl.last_update_utc, crl.next_update_utc)
            self.crls.append(LoadedList(source, signer.country, *times, entries=len(crl)))
            kept.append(content)
        return RevocationLists.parse(kept)

    def _take(self, source: str, untrusted: bytes) -> None:
        certificate = read_certificate(untrusted)
        require_authority(certificate)
        self.sources.setdefault(certificate.der, []).append(source)
        if certificate.der in self.believed or certificate.der in self.waiting:
            return
        is_its_own = certificate.is_self_issued and certificate.is_signed_by(certificate)
        (self.believed if is_its_own else self.waiting)[certificate.der] = certificate


def _links(certificate: StateCertificate, authority: StateCertificate) -> bool:
    is_of_country = certificate.country == authority.country
    return is_of_country and certificate.may_be_by(authority) and certificate.is_signed_by(authority)
