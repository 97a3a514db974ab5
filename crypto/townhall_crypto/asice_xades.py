# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A XAdES signature over files (ETSI EN 319 132-1 §6, XML Signature 1.1), in one spelling (docs/formats/asice.md).

The document is built from its few facts and is its own canonical form. Reading takes the facts out, builds it again and
compares: a second element of the same Id, a signature around something else, a comment, an entity or another
transform has no place where it could stand.
"""

import base64
import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from lxml import etree

from townhall_crypto.asice_container import ContainerFile
from townhall_crypto.card_signature import ECDSA_SHA384, CardAlgorithm, Digest, Scheme
from townhall_crypto.errors import ContainerRefusal, ContainerRefusedError, ProgrammingError

DS: Final = "http://www.w3.org/2000/09/xmldsig#"
XADES: Final = "http://uri.etsi.org/01903/v1.3.2#"
ASIC: Final = "http://uri.etsi.org/02918/v1.2.1#"
EXCLUSIVE_C14N: Final = "http://www.w3.org/2001/10/xml-exc-c14n#"
SHA384: Final = "http://www.w3.org/2001/04/xmldsig-more#sha384"
SIGNED_PROPERTIES: Final = "http://uri.etsi.org/01903#SignedProperties"

_METHODS: Final = {
    **{
        CardAlgorithm(Scheme.ECDSA, digest): f"http://www.w3.org/2001/04/xmldsig-more#ecdsa-{digest.value}"
        for digest in Digest
    },
    **{
        CardAlgorithm(Scheme.RSA_PKCS1, digest): f"http://www.w3.org/2001/04/xmldsig-more#rsa-{digest.value}"
        for digest in Digest
    },
    **{
        CardAlgorithm(Scheme.RSA_PSS, digest): f"http://www.w3.org/2007/05/xmldsig-more#{digest.value}-rsa-MGF1"
        for digest in Digest
    },
}
"""Signature methods of RFC 9231 §2.3; the last: MGF1 with the same hash, the salt as long as the digest (§2.3.10)."""
_PREFIXES: Final = {"asic": ASIC, "ds": DS, "xades": XADES}
_ID: Final = "S0"
_MAX_XML_BYTES: Final = 2 * 1024 * 1024
_MAX_ROLE: Final = 200


@dataclass(frozen=True, slots=True)
class Unsigned:
    """What was added after the signature: a time stamp (level B-T), and what proves it (B-LT). All DER."""

    timestamp: bytes = field(default=b"", repr=False)
    certificates: tuple[bytes, ...] = field(default=(), repr=False)
    crls: tuple[bytes, ...] = field(default=(), repr=False)
    ocsps: tuple[bytes, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class XadesFacts:
    """All that decides a signature's XML, beside the files that it is over."""

    certificate_der: bytes = field(repr=False)
    signed_at: datetime
    """Whole seconds, UTC; the signer's claim."""
    role: str = field(default="", repr=False)
    """As the signer claims it; empty: none is claimed."""
    signature: bytes = field(default=b"", repr=False)
    """In the form of the algorithm's scheme; empty while it is being made."""
    unsigned: Unsigned = Unsigned()
    algorithm: CardAlgorithm = ECDSA_SHA384
    """What the key of the certificate does; the files' digests are SHA-384 whatever it is."""


def signed_bytes(files: Sequence[ContainerFile], facts: XadesFacts) -> bytes:
    """Return the canonical SignedInfo: what the card signs the digest of."""
    return _canonical(_find(_tree(files, facts), f".//{{{DS}}}SignedInfo"))


def stamped_bytes(files: Sequence[ContainerFile], facts: XadesFacts) -> bytes:
    """Return the canonical SignatureValue: what a signature time stamp is over (EN 319 132-1 §5.3)."""
    return _canonical(_find(_tree(files, facts), f".//{{{DS}}}SignatureValue"))


def write_signatures(files: Sequence[ContainerFile], facts: XadesFacts) -> bytes:
    """Return the one ``signatures0.xml`` of these facts over these files."""
    return bytes(etree.tostring(_tree(files, facts), method="c14n"))


def read_signatures(untrusted: bytes, files: Sequence[ContainerFile]) -> XadesFacts:
    """Return the facts of a signature over exactly these files; nothing about them is verified but their digests.

    Raises:
        ContainerRefusedError: it is not spelled as ``write_signatures`` does: other files, changed, or hostile.
    """
    try:
        facts = _facts(_parse(untrusted))
        is_one_spelling = write_signatures(files, facts) == untrusted
    except (etree.LxmlError, ProgrammingError, ValueError, TypeError, LookupError, StopIteration, binascii.Error):
        raise ContainerRefusedError(ContainerRefusal.NOT_XADES) from None
    if not is_one_spelling:
        raise ContainerRefusedError(ContainerRefusal.CHANGED)
    return facts


def _parse(untrusted: bytes) -> etree._Element:
    if len(untrusted) > _MAX_XML_BYTES or b"<!" in untrusted or b"<?" in untrusted:
        raise ContainerRefusedError(ContainerRefusal.NOT_XADES)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    return etree.fromstring(untrusted, parser)


def _facts(root: etree._Element) -> XadesFacts:
    roles = root.findall(f".//{{{XADES}}}ClaimedRole")
    stamps = _all(root, "EncapsulatedTimeStamp")
    signed_at = datetime.strptime(_text(root, f".//{{{XADES}}}SigningTime"), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    method = _find(root, f".//{{{DS}}}SignatureMethod").get("Algorithm")
    return XadesFacts(
        algorithm=next(algorithm for algorithm, known in _METHODS.items() if known == method),
        certificate_der=_decoded(_text(root, f".//{{{DS}}}KeyInfo//{{{DS}}}X509Certificate")),
        signed_at=signed_at,
        role=str(roles[0].text) if roles else "",
        signature=_decoded(_text(root, f".//{{{DS}}}SignatureValue")),
        unsigned=Unsigned(
            timestamp=stamps[0] if stamps else b"",
            certificates=_all(root, "EncapsulatedX509Certificate"),
            crls=_all(root, "EncapsulatedCRLValue"),
            ocsps=_all(root, "EncapsulatedOCSPValue"),
        ),
    )


def _all(root: etree._Element, name: str) -> tuple[bytes, ...]:
    return tuple(_decoded(str(each.text)) for each in root.iterfind(f".//{{{XADES}}}{name}"))


def _find(root: etree._Element, path: str) -> etree._Element:
    found = root.find(path)
    if found is None:
        raise ContainerRefusedError(ContainerRefusal.NOT_XADES)
    return found


def _text(root: etree._Element, path: str) -> str:
    return str(_find(root, path).text)


def _decoded(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def _canonical(element: etree._Element) -> bytes:
    return bytes(etree.tostring(element, method="c14n", exclusive=True, with_comments=False))


def _digest(content: bytes) -> str:
    return base64.b64encode(hashlib.sha384(content).digest()).decode("ascii")


def _tree(files: Sequence[ContainerFile], facts: XadesFacts) -> etree._Element:
    is_timed = facts.signed_at.utcoffset() is not None and not facts.signed_at.microsecond
    if not is_timed or len(facts.role) > _MAX_ROLE or not facts.role.isprintable():
        raise ProgrammingError("a time in whole seconds with a time zone, and a short role that can be printed")
    root = etree.Element(f"{{{ASIC}}}XAdESSignatures", nsmap=_PREFIXES)
    signature = _add(root, DS, "Signature", Id=_ID)
    info = _add(signature, DS, "SignedInfo", Id=f"{_ID}-SignedInfo")
    _add(info, DS, "CanonicalizationMethod", Algorithm=EXCLUSIVE_C14N)
    _add(info, DS, "SignatureMethod", Algorithm=_METHODS[facts.algorithm])
    _add(signature, DS, "SignatureValue", facts.signature, Id=f"{_ID}-SignatureValue")
    data = _add(_add(signature, DS, "KeyInfo"), DS, "X509Data")
    _add(data, DS, "X509Certificate", facts.certificate_der)
    qualifying = _add(_add(signature, DS, "Object"), XADES, "QualifyingProperties", Target=f"#{_ID}")
    properties = _signed_properties(qualifying, files, facts)
    _unsigned_properties(qualifying, facts.unsigned)
    for number, file in enumerate(files):
        reference = _add(info, DS, "Reference", Id=_reference(number), URI=file.name)
        _add_digest(reference, file.content)
    own = _add(info, DS, "Reference", Type=SIGNED_PROPERTIES, URI=f"#{_ID}-SignedProperties")
    _add(_add(own, DS, "Transforms"), DS, "Transform", Algorithm=EXCLUSIVE_C14N)
    _add_digest(own, _canonical(properties))
    return root


def _signed_properties(qualifying: etree._Element, files: Sequence[ContainerFile], facts: XadesFacts) -> etree._Element:
    properties = _add(qualifying, XADES, "SignedProperties", Id=f"{_ID}-SignedProperties")
    about = _add(properties, XADES, "SignedSignatureProperties")
    _add(about, XADES, "SigningTime").text = facts.signed_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    digest = _add(_add(_add(about, XADES, "SigningCertificateV2"), XADES, "Cert"), XADES, "CertDigest")
    _add_digest(digest, facts.certificate_der)
    if facts.role:
        roles = _add(_add(about, XADES, "SignerRoleV2"), XADES, "ClaimedRoles")
        _add(roles, XADES, "ClaimedRole").text = facts.role
    formats = _add(properties, XADES, "SignedDataObjectProperties")
    for number, file in enumerate(files):
        entry = _add(formats, XADES, "DataObjectFormat", ObjectReference=f"#{_reference(number)}")
        _add(entry, XADES, "MimeType").text = file.media_type
    return properties


def _unsigned_properties(qualifying: etree._Element, unsigned: Unsigned) -> None:
    if unsigned == Unsigned():
        return
    added = _add(_add(qualifying, XADES, "UnsignedProperties"), XADES, "UnsignedSignatureProperties")
    stamp = _add(added, XADES, "SignatureTimeStamp", Id=f"{_ID}-T0")
    _add(stamp, DS, "CanonicalizationMethod", Algorithm=EXCLUSIVE_C14N)
    _add(stamp, XADES, "EncapsulatedTimeStamp", unsigned.timestamp)
    if not unsigned.certificates:
        return
    certificates = _add(added, XADES, "CertificateValues")
    for der in unsigned.certificates:
        _add(certificates, XADES, "EncapsulatedX509Certificate", der)
    revocation = _add(added, XADES, "RevocationValues")
    lists, answers = _add(revocation, XADES, "CRLValues"), _add(revocation, XADES, "OCSPValues")
    for der in unsigned.crls:
        _add(lists, XADES, "EncapsulatedCRLValue", der)
    for der in unsigned.ocsps:
        _add(answers, XADES, "EncapsulatedOCSPValue", der)


def _reference(number: int) -> str:
    return f"{_ID}-R{number}"


def _add_digest(parent: etree._Element, content: bytes) -> None:
    _add(parent, DS, "DigestMethod", Algorithm=SHA384)
    _add(parent, DS, "DigestValue").text = _digest(content)


def _add(
    parent: etree._Element, namespace: str, name: str, content: bytes | None = None, **attributes: str
) -> etree._Element:
    element = etree.SubElement(parent, f"{{{namespace}}}{name}", attributes)
    if content is not None:
        element.text = base64.b64encode(content).decode("ascii")
    return element
