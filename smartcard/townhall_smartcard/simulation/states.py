# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Simulated states: signing authorities, document signers, links, revocation lists, and what documents carry signed.

Everything is built by hand from asn1crypto's parts, because no library would write the odd things that real states do.
"""

import hashlib
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from asn1crypto import algos, cms, core, crl, x509

from townhall_crypto.state_certificate import LIST_SIGNING
from townhall_smartcard.simulation.state_keys import CurveStateKey, StateKey

LDS_SECURITY_OBJECT: Final = "2.23.136.1.1.1"
MASTER_LIST: Final = "2.23.136.1.1.2"
_AUTHORITY_LASTS: Final = timedelta(days=15 * 365)
_SIGNER_LASTS: Final = timedelta(days=11 * 365)


@dataclass(frozen=True, slots=True)
class Standing:
    """A certificate with its private key."""

    der: bytes = field(repr=False)
    key: StateKey = field(repr=False)

    @property
    def certificate(self) -> x509.Certificate:
        """The certificate, parsed."""
        return x509.Certificate.load(self.der)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a certificate is to say; odd states wish odd things."""

    country: str = "UT"
    name: str = "Utopia CSCA"
    since: datetime = field(default_factory=lambda: datetime.now(UTC) - timedelta(days=365))
    lasts: timedelta = _AUTHORITY_LASTS
    is_authority: bool = True
    has_constraints: bool = True
    has_identifiers: bool = True
    extended_usage: tuple[str, ...] = ()
    is_printable: bool = False  # the country as PrintableString, as it should be, or as UTF8String


def authority(key: StateKey, wish: Wish | None = None) -> Standing:
    """Return a country signing authority, signed by itself."""
    wish = wish or Wish()
    return Standing(_certify(key, wish, key, _name(wish)), key)


def linked(old: Standing, new: Standing) -> Standing:
    """Return the certificate by which an authority's old key vouches for its new one."""
    wish = Wish(since=datetime.now(UTC) - timedelta(days=30))
    certificate = new.certificate
    der = _certify(new.key, wish, old.key, old.certificate.subject, subject=certificate.subject)
    return Standing(der, new.key)


def document_signer(issuer: Standing, key: StateKey | None = None, wish: Wish | None = None) -> Standing:
    """Return a signer of documents under an authority."""
    wish = wish or Wish(country=_country(issuer), name="Document Signer", lasts=_SIGNER_LASTS)
    key = key or CurveStateKey("secp256r1")
    return Standing(_certify(key, replace(wish, is_authority=False), issuer.key, issuer.certificate.subject), key)


def list_signer(issuer: Standing, key: StateKey | None = None) -> Standing:
    """Return a signer of master lists under an authority."""
    wish = Wish(_country(issuer), "Master List Signer", lasts=_SIGNER_LASTS, extended_usage=(LIST_SIGNING,))
    return document_signer(issuer, key, wish)


def revocation_list(
    issuer: Standing, revoked: Iterable[Standing] = (), *, since: datetime | None = None, lasts: timedelta | None = None
) -> bytes:
    """Return an authority's list of what it revoked, a day ago."""
    since = since or datetime.now(UTC) - timedelta(hours=1)
    entries = [
        {"user_certificate": each.certificate.serial_number, "revocation_date": _time(since - timedelta(days=1))}
        for each in revoked
    ]
    told = {
        "version": "v2",
        "signature": issuer.key.algorithm,
        "issuer": issuer.certificate.subject,
        "this_update": _time(since),
        "next_update": _time(since + (lasts or timedelta(days=90))),
        "revoked_certificates": entries or None,
    }
    signed = crl.TbsCertList({name: value for name, value in told.items() if value is not None})
    signature = issuer.key.sign(signed.dump())
    return bytes(
        crl.CertificateList(
            {"tbs_cert_list": signed, "signature_algorithm": issuer.key.algorithm, "signature": signature}
        ).dump()
    )


def master_list(
    signer: Standing, certificates: Sequence[bytes], *, beside: Sequence[Standing] = (), is_german: bool = False
) -> bytes:
    """Return a master list; Germany's names its signer by the key's identifier and carries its authority beside it."""
    entries = b"".join(sorted(certificates))
    content = core.Sequence(contents=core.Integer(0).dump() + _constructed(0x31, entries)).dump()
    return signed_content(MASTER_LIST, content, signer, beside=beside, by_identifier=is_german)


def security_object(signer: Standing, groups: Mapping[int, bytes], *, digest: str = "sha256") -> bytes:
    """Return EF.SOD over data groups (whole files, by their numbers), with tag 77 around it (ICAO 9303-10 §4.6.2)."""
    content = lds_security_object(
        {number: hashlib.new(digest, file).digest() for number, file in groups.items()}, digest
    )
    return _constructed(0x77, signed_content(LDS_SECURITY_OBJECT, content, signer))


def lds_security_object(hashes: Mapping[int, bytes], digest: str = "sha256") -> bytes:
    """Return the signed content of EF.SOD: which data groups have which hashes."""
    listed = b"".join(
        core.Sequence(contents=core.Integer(number).dump() + core.OctetString(value).dump()).dump()
        for number, value in sorted(hashes.items())
    )
    algorithm = algos.DigestAlgorithm({"algorithm": digest}).dump()
    return bytes(core.Sequence(contents=core.Integer(0).dump() + algorithm + _constructed(0x30, listed)).dump())


def signed_content(  # noqa: PLR0913  # CMS has that many
    content_type: str,
    content: bytes,
    signer: Standing,
    *,
    beside: Sequence[Standing] = (),
    by_identifier: bool = False,
    signed_at: datetime | None = None,
    bound: Mapping[str, object] | None = None,
) -> bytes:
    """Return CMS signed data; ``bound`` replaces signed attributes, a None leaves one out."""
    key, certificate = signer.key, signer.certificate
    told: dict[str, object] = {
        "content_type": content_type,
        "message_digest": hashlib.new(key.digest, content).digest(),
        "signing_time": cms.Time({"utc_time": signed_at or datetime.now(UTC).replace(microsecond=0)}),
    }
    told |= bound or {}
    attributes = cms.CMSAttributes(
        [{"type": name, "values": [value]} for name, value in told.items() if value is not None]
    )
    named = cms.IssuerAndSerialNumber({"issuer": certificate.issuer, "serial_number": certificate.serial_number})
    if by_identifier:
        sid = cms.SignerIdentifier(name="subject_key_identifier", value=core.OctetString(key.identifier))
    else:
        sid = cms.SignerIdentifier(name="issuer_and_serial_number", value=named)
    info = {
        "version": "v3" if by_identifier else "v1",
        "sid": sid,
        "digest_algorithm": {"algorithm": key.digest},
        "signed_attrs": attributes,
        "signature_algorithm": key.algorithm,
        "signature": key.sign(attributes.dump()),
    }
    data = cms.SignedData(
        {
            "version": "v3",
            "digest_algorithms": [{"algorithm": key.digest}],
            "encap_content_info": {"content_type": content_type, "content": content},
            "certificates": [x509.Certificate.load(each.der) for each in (signer, *beside)],
            "signer_infos": [info],
        }
    )
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": data}).dump())


def _certify(
    key: StateKey, wish: Wish, signing: StateKey, issuer: x509.Name, *, subject: x509.Name | None = None
) -> bytes:
    told = x509.TbsCertificate(
        {
            "version": "v3",
            "serial_number": secrets.randbits(63) | 1,
            "signature": signing.algorithm,
            "issuer": issuer,
            "validity": {"not_before": _time(wish.since), "not_after": _time(wish.since + wish.lasts)},
            "subject": subject or _name(wish),
            "subject_public_key_info": key.public,
            "extensions": _extensions(key, wish, signing) or None,
        }
    )
    signature = signing.sign(told.dump())
    certificate = {"tbs_certificate": told, "signature_algorithm": signing.algorithm, "signature_value": signature}
    return bytes(x509.Certificate(certificate).dump())


def _extensions(key: StateKey, wish: Wish, signing: StateKey) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    if wish.has_constraints:
        usage = {"key_cert_sign", "crl_sign"} if wish.is_authority else {"digital_signature"}
        found.append({"extn_id": "key_usage", "critical": True, "extn_value": usage})
        if wish.is_authority:
            limits = {"ca": True, "path_len_constraint": 0}
            found.append({"extn_id": "basic_constraints", "critical": True, "extn_value": limits})
    if wish.has_identifiers:
        identified = {"key_identifier": signing.identifier}
        found.append({"extn_id": "key_identifier", "extn_value": key.identifier})
        found.append({"extn_id": "authority_key_identifier", "extn_value": identified})
    if wish.extended_usage:
        usages = list(wish.extended_usage)
        found.append({"extn_id": "extended_key_usage", "critical": True, "extn_value": usages})
    return found


def _name(wish: Wish) -> x509.Name:
    kind = core.PrintableString if wish.is_printable else core.UTF8String
    attributes = [("2.5.4.6", kind(wish.country)), ("2.5.4.3", core.UTF8String(wish.name))]
    parts = b"".join(
        _constructed(0x31, _constructed(0x30, core.ObjectIdentifier(identifier).dump() + value.dump()))
        for identifier, value in attributes
    )
    return x509.Name.load(_constructed(0x30, parts))


def _country(issuer: Standing) -> str:
    return str(issuer.certificate.subject.native["country_name"])


def _time(moment: datetime) -> x509.Time:
    return x509.Time({"utc_time": moment.replace(microsecond=0)})


def _constructed(tag: int, contents: bytes) -> bytes:
    length = len(contents)
    if length < 0x80:
        return bytes((tag, length)) + contents
    count = (length.bit_length() + 7) // 8
    return bytes((tag, 0x80 | count)) + length.to_bytes(count, "big") + contents
