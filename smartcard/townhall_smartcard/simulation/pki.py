# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The authorities behind the simulated cards: root, issuer and people's certificates, made afresh for each run.

Certomancer is the certification authority; what the certificates say is in ``pki.yaml``. All private keys live in
memory and end with the object.
"""

import enum
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import ClassVar, Final, TypeAlias

import certomancer.default_plugins  # noqa: F401 - registers what the file of settings refers to
import msgspec
from asn1crypto import keys, x509
from certomancer.config_utils import SearchDir
from certomancer.registry import ArchLabel, CertLabel, KeyLabel, PKIArchitecture, ServiceLabel
from certomancer.registry.entities import EntityRegistry
from certomancer.registry.keys import AsymKey, KeyFromFile, KeySet
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from townhall_crypto.trust import TrustAnchors
from townhall_smartcard.simulation.estonian_card_keys import CardKeys, CertifiedKey
from townhall_smartcard.simulation.estonian_card_person import Person
from townhall_smartcard.simulation.pki_copies import certify_alike

_Settings: TypeAlias = dict[str, object]
_URLS: Final = "http://townhall.invalid"  # a name that never resolves (RFC 2606): nothing is ever fetched
_AUTHORITY_BEGAN: Final = timedelta(weeks=520, hours=1)  # a list is issued each week: the newest is one hour old
_AUTHORITY_LASTS: Final = timedelta(weeks=520)
_STAMPER_LASTS: Final = timedelta(weeks=104)
_REVOKED_AGO: Final = timedelta(days=30)
_ROOT: Final = "root"
_ISSUER: Final = "issuer"
_STAMP_ROOT: Final = "stamp-root"
_STAMPER: Final = "stamper"


class Role(enum.Enum):
    """Which of a card's two certificates is meant."""

    AUTHENTICATION = "authentication"
    SIGNATURE = "signature"


class Standing(enum.Enum):
    """What became of a certificate; the value is its time of validity, seen from now."""

    GOOD = (timedelta(days=-90), timedelta(days=1460))
    REVOKED = (timedelta(days=-91), timedelta(days=1460))
    EXPIRED = (timedelta(days=-1900), timedelta(days=-75))
    FUTURE = (timedelta(days=10), timedelta(days=1470))


class _Config(msgspec.Struct, frozen=True):
    """The file ``pki.yaml``."""

    entities: dict[str, _Settings]
    authorities: dict[str, _Settings]
    services: _Settings
    persons: dict[str, _Settings]


class _MemoryKey(KeyFromFile):
    """A key that was never in a file."""

    def __init__(self, name: KeyLabel, key: ec.EllipticCurvePrivateKey) -> None:
        super().__init__(name, path="")
        private = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        self._key = AsymKey(keys.PublicKeyInfo.load(public), keys.PrivateKeyInfo.load(private))


class _MemoryKeys(KeySet):
    """Keys by name, made when first wanted."""

    def __init__(self) -> None:
        super().__init__({"keys": {}}, SearchDir("."))
        self.made: Final[dict[str, ec.EllipticCurvePrivateKey]] = {}

    def make(self, name: str) -> ec.EllipticCurvePrivateKey:
        key = ec.generate_private_key(ec.SECP384R1())
        self.made[name] = key
        self._dict[KeyLabel(name)] = _MemoryKey(KeyLabel(name), key)
        return key


class TestPki:
    """One root, one issuer, and whoever they certify. ``at`` is the moment everything is dated from (default: now)."""

    __test__: ClassVar[bool] = False  # pytest: the name is no test's

    def __init__(self, at: datetime | None = None) -> None:
        """Make the authorities' keys."""
        self.at: Final = (at or datetime.now(UTC)).replace(microsecond=0)
        text = files(__package__).joinpath("pki.yaml").read_bytes()
        self._config: Final = msgspec.yaml.decode(text, type=_Config)
        self._keys: Final = _MemoryKeys()
        self._names: Final = dict(self._config.entities)
        self._certificates: Final[dict[str, _Settings]] = {}
        self._made: Final[dict[CertLabel, x509.Certificate]] = {}
        for name, settings in self._config.authorities.items():
            self._keys.make(name)
            lasts = _STAMPER_LASTS if name == _STAMPER else _AUTHORITY_LASTS
            validity = _validity(self.at - _AUTHORITY_BEGAN, self.at + lasts)
            self._certificates[name] = {**settings, "validity": validity}

    @property
    def anchors_der(self) -> tuple[bytes, ...]:
        """The root."""
        return (self._der(_ROOT),)

    @property
    def intermediates_der(self) -> tuple[bytes, ...]:
        """The issuer."""
        return (self._der(_ISSUER),)

    @property
    def timestamp_anchors(self) -> TrustAnchors:
        """Whose time stamps are believed; they vouch for no person."""
        return self.timestamp_anchors_at(self.at)

    def timestamp_anchors_at(self, moment: datetime) -> TrustAnchors:
        """Return the same with the revocation list of another time."""
        crl = self.architecture().service_registry.get_crl(ServiceLabel(_STAMP_ROOT), at_time=moment)
        return TrustAnchors((self._der(_STAMP_ROOT),), (), (crl.dump(),), signed_at=moment)

    @property
    def crls_der(self) -> tuple[bytes, ...]:
        """The newest revocation lists of issuer and root, good for a week from an hour before ``at``."""
        services = self.architecture().service_registry
        return tuple(services.get_crl(ServiceLabel(name), at_time=self.at).dump() for name in (_ISSUER, _ROOT))

    @property
    def trust_anchors(self) -> TrustAnchors:
        """All of these as the verifiers take them."""
        return TrustAnchors(self.anchors_der, self.intermediates_der, self.crls_der, signed_at=self.at)

    def issue(self, person: Person, role: Role, standing: Standing = Standing.GOOD) -> CertifiedKey:
        """Make a key for a person and certify it."""
        label = f"{role.value}-{len(self._certificates)}"
        key = self._keys.make(label)
        self._names[label] = _subject(person)
        begins, ends = standing.value
        settings = {
            **self._config.persons[role.value],
            "subject": label,
            "validity": _validity(self.at + begins, self.at + ends),
        }
        if standing is Standing.REVOKED:
            settings["revocation"] = {"revoked-since": (self.at - _REVOKED_AGO).isoformat(), "reason": "key_compromise"}
        self._certificates[label] = settings
        return CertifiedKey(key, self._der(label))

    def issue_many(self, people: Sequence[Person], role: Role) -> list[CertifiedKey]:
        """Certify many people at once, all of good standing, alike but for name, number and key.

        Certomancer reads all that it ever certified for each new one: a whole town of them would take it hours.
        """
        alike = self.issue(people[0], role)
        issuer = self._keys.made[_ISSUER]
        keys = [ec.generate_private_key(ec.SECP384R1()) for _ in people[1:]]
        return [
            alike,
            *(
                CertifiedKey(key, certify_alike(alike.certificate, _subject(person), key.public_key(), issuer))
                for person, key in zip(people[1:], keys, strict=True)
            ),
        ]

    def issue_card_keys(self, person: Person, standing: Standing = Standing.GOOD) -> CardKeys:
        """Make and certify both keys of a card."""
        return CardKeys(self.issue(person, Role.AUTHENTICATION, standing), self.issue(person, Role.SIGNATURE, standing))

    def revoke(self, key: CertifiedKey, since: datetime) -> None:
        """Revoke a certificate, as lists and answers made from now on will say."""
        label = next(label for label, made in self._made.items() if made.dump() == key.certificate)
        self._certificates[label.value]["revocation"] = {"revoked-since": since.isoformat(), "reason": "key_compromise"}

    def _der(self, label: str) -> bytes:
        der: bytes = self.architecture().get_cert(CertLabel(label)).dump()
        return der

    def architecture(self) -> PKIArchitecture:
        """Return certomancer's view of all that is certified so far; what was made once is made no second time."""
        return PKIArchitecture(
            ArchLabel("townhall"),
            key_set=self._keys,
            entities=EntityRegistry(self._names),  # type: ignore[no-untyped-call]  # certomancer left it untyped
            cert_spec_config=self._certificates,
            service_config=self._config.services,
            external_url_prefix=_URLS,
            cert_cache=self._made,
        )


def _validity(begins: datetime, ends: datetime) -> dict[str, str]:
    return {"valid-from": begins.isoformat(), "valid-to": ends.isoformat()}


def _subject(person: Person) -> _Settings:
    return {
        "country-name": "EE",
        "common-name": f"{person.surname},{person.given_names},{person.personal_code}",
        "surname": person.surname,
        "given-name": person.given_names,
        "serial-number": f"PNOEE-{person.personal_code}",
    }
