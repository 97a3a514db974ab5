# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Containers: one spelling, hostile ones refused; outside programs accept what we sign and refuse what was changed."""

from __future__ import annotations

import asyncio
import io
import re
import shutil
import subprocess
import zipfile
from typing import TYPE_CHECKING, Protocol

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from signxml.algorithms import SignatureMethod
from signxml.exceptions import SignXMLException
from signxml.verifier import SignatureConfiguration
from signxml.xades.xades import XAdESVerifier

from townhall_crypto.asice import inspect_container, is_container, sign_asice, validate_asice
from townhall_crypto.asice_container import MAX_CONTAINER_BYTES, MEDIA_TYPE, Container, ContainerFile, write_container
from townhall_crypto.errors import (
    CardSignatureRefusedError,
    CertificateRefusal,
    ContainerRefusal,
    ContainerRefusedError,
    ProgrammingError,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.crypto.conftest import CertificationAuthority, Certified

ANSWERS = '<data id="library-card"><name>Jõeorg &amp; Ärsson</name></data>'.encode()
ROLE = "parent of the child <named> & above"


class Sign(Protocol):
    def __call__(self, signer: Certified, *, role: str = ..., files: dict[str, bytes] | None = ...) -> bytes: ...


@pytest.fixture(scope="session")
def sign(authority: CertificationAuthority, plain_pdf: bytes) -> Sign:
    def make(signer: Certified, *, role: str = "", files: dict[str, bytes] | None = None) -> bytes:
        contents = files or {"document.pdf": plain_pdf, "answers.xml": ANSWERS}
        signing = sign_asice(
            contents, certificate=signer.der, sign_digest=signer.sign_digest, signed_at=authority.now, role=role
        )
        return asyncio.run(signing)

    return make


@pytest.fixture(scope="session")
def container(sign: Sign, signer: Certified) -> bytes:
    return sign(signer, role=ROLE)


def refusal(untrusted: bytes) -> ContainerRefusal:
    with pytest.raises(ContainerRefusedError) as refused:
        inspect_container(untrusted)
    return refused.value.reason


def entries(container: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(container)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def again(container: bytes, **changes: bytes) -> bytes:
    """The container spelled as it must be, with other contents; names with _ for the dot."""
    contents = entries(container)
    names = {name.rpartition("/")[2].replace(".", "_"): name for name in contents}
    contents |= {names[name]: content for name, content in changes.items()}
    files = tuple(ContainerFile(name, content) for name, content in contents.items() if re.fullmatch(r"\w+\.\w+", name))
    return write_container(Container(files, contents["META-INF/signatures0.xml"]))


# Hostile first: the ZIP.


def zipped(contents: list[tuple[str, bytes]], *, compression: int = zipfile.ZIP_STORED) -> bytes:
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", compression) as archive:
        for name, content in contents:
            archive.writestr(zipfile.ZipInfo(name), content, compress_type=compression)
    return output.getvalue()


def duplicated(contents: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    return [*contents[:2], ("document.pdf", b"%PDF-1.7 another"), *contents[2:]]


HOSTILE_ZIPS: dict[str, Callable[[list[tuple[str, bytes]]], bytes]] = {
    "compressed": lambda contents: zipped(contents, compression=zipfile.ZIP_DEFLATED),
    "a bomb": lambda contents: zipped(
        [*contents[:1], ("bomb.xml", bytes(50_000_000)), *contents[1:]], compression=zipfile.ZIP_DEFLATED
    ),
    "a name twice": lambda contents: zipped(duplicated(contents)),
    "a path out of the folder": lambda contents: zipped([*contents, ("../../etc/cron.d/x.xml", b"x")]),
    "an absolute path": lambda contents: zipped([*contents, ("/etc/x.xml", b"x")]),
    "a path with another slash": lambda contents: zipped([*contents, ("a\\b.xml", b"x")]),
    "a file that nobody signed": lambda contents: zipped([*contents[:1], ("unsigned.xml", b"x"), *contents[1:]]),
    "a second signature": lambda contents: zipped([*contents, ("META-INF/signatures1.xml", contents[-1][1])]),
    "no mimetype": lambda contents: zipped(contents[1:]),
    "another mimetype": lambda contents: zipped([("mimetype", b"application/zip"), *contents[1:]]),
    "the mimetype last": lambda contents: zipped([*contents[1:], contents[0]]),
    "no manifest": lambda contents: zipped([each for each in contents if "manifest" not in each[0]]),
    "no signature": lambda contents: zipped(contents[:-1]),
    "nothing": lambda _contents: zipped([]),
    "many files": lambda contents: zipped([*contents[:1], *((f"a{n}.xml", b"") for n in range(300)), *contents[1:]]),
}


@pytest.mark.parametrize("how", HOSTILE_ZIPS)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_container_with_more_or_less_than_the_format_says_is_refused(container: bytes, how: str) -> None:
    assert refusal(HOSTILE_ZIPS[how](list(entries(container).items()))) is ContainerRefusal.NOT_A_CONTAINER


@pytest.mark.parametrize(
    "spoil",
    [
        lambda container: container + b"x",
        lambda container: b"x" + container,
        lambda container: container[:-1],
        lambda container: b"MZ" + container[2:],
        lambda container: container[:-2] + b"\x01\x00x",  # an archive comment
        lambda _: b"",
        lambda _: b"%PDF-1.7\n%%EOF\n",
        lambda _: b"PK\x05\x06" + bytes(18),
    ],
)
def test_bytes_around_a_container_are_refused(container: bytes, spoil: Callable[[bytes], bytes]) -> None:
    assert refusal(spoil(container)) is ContainerRefusal.NOT_A_CONTAINER


def test_what_is_larger_than_any_container_is_not_looked_at() -> None:
    assert refusal(bytes(MAX_CONTAINER_BYTES + 1)) is ContainerRefusal.TOO_LARGE


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_changed_byte_passes_and_none_crashes(container: bytes, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(container) - 1))
    changed = bytearray(container)
    changed[place] ^= data.draw(st.integers(1, 255))
    assert refusal(bytes(changed)) in ContainerRefusal


@settings(max_examples=100, deadline=None)
@given(noise=st.binary(max_size=400))
def test_noise_is_refused(noise: bytes) -> None:
    assert refusal(b"PK\x03\x04" + noise) is ContainerRefusal.NOT_A_CONTAINER


# Hostile: the XML.


def _twice(xml: bytes) -> bytes:
    return xml.replace(b"</ds:Object>", b"</ds:Object><ds:Object><x Id='S0-SignedProperties'/></ds:Object>")


def _wrapped(xml: bytes) -> bytes:
    """The signed properties moved aside, others of the attacker's in their place."""
    properties = re.search(rb"<xades:SignedProperties.*?</xades:SignedProperties>", xml, re.DOTALL)
    assert properties is not None
    evil = properties[0].replace(b"parent of", b"guardian of").replace(b'Id="S0-SignedProperties"', b'Id="S9"')
    aside = b"<ds:Object>" + properties[0] + b"</ds:Object></ds:Signature>"
    return xml.replace(properties[0], evil).replace(b"</ds:Signature>", aside)


HOSTILE_XML: dict[str, Callable[[bytes], bytes]] = {
    "an entity": lambda xml: b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + xml.replace(b"parent", b"&e;"),
    "a billion laughs": lambda xml: b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + xml,
    "a comment in the role": lambda xml: xml.replace(b"parent of", b"parent<!-- --> of"),
    "a processing instruction": lambda xml: xml.replace(b"<ds:SignatureValue", b"<?x y?><ds:SignatureValue"),
    "the same Id twice": _twice,
    "a wrapped signature": _wrapped,
    "another signature beside it": lambda xml: xml.replace(
        b"</asic:XAdESSignatures>", b'<ds:Signature Id="S1"/></asic:XAdESSignatures>'
    ),
    "a transform on a file": lambda xml: xml.replace(
        b'URI="document.pdf">',
        b'URI="document.pdf"><ds:Transforms><ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116"/>'
        b"</ds:Transforms>",
    ),
    "a weak digest": lambda xml: xml.replace(b"xmldsig-more#sha384", b"xmldsig#sha1"),
    "an HMAC": lambda xml: xml.replace(b"xmldsig-more#ecdsa-sha384", b"xmldsig-more#hmac-sha384"),
    "a reference to elsewhere": lambda xml: xml.replace(b'URI="answers.xml"', b'URI="http://example.org/answers.xml"'),
    "a reference left out": lambda xml: re.sub(rb'<ds:Reference Id="S0-R1".*?</ds:Reference>', b"", xml),
    "another format of a file": lambda xml: xml.replace(b"application/xml", b"text/html"),
    "another role": lambda xml: xml.replace(b"parent of", b"guardian of"),
    "another time": lambda xml: re.sub(rb"<xades:SigningTime>\d", b"<xades:SigningTime>1", xml),
    "white space": lambda xml: xml + b"\n",
    "not XML": lambda _xml: b"<",
    "nothing": lambda _xml: b"",
    "deep": lambda _xml: b"<a>" * 100_000,
    "long": lambda _xml: b"<a>" + b"x" * 3_000_000 + b"</a>",
}


@pytest.mark.parametrize("how", HOSTILE_XML)
def test_a_signature_in_any_other_spelling_is_refused(container: bytes, how: str) -> None:
    xml = entries(container)["META-INF/signatures0.xml"]
    changed = HOSTILE_XML[how](xml)
    assert changed != xml
    reason = refusal(again(container, signatures0_xml=changed))
    assert reason in {ContainerRefusal.NOT_XADES, ContainerRefusal.CHANGED, ContainerRefusal.SIGNATURE_BROKEN}


def test_a_changed_file_is_refused(container: bytes) -> None:
    assert refusal(again(container, answers_xml=ANSWERS.replace(b"card", b"keys"))) is ContainerRefusal.CHANGED


def test_a_swapped_certificate_is_refused(
    container: bytes, sign: Sign, authority: CertificationAuthority, signer: Certified
) -> None:
    """Both with another's certificate put in, and with everything but the key made for another certificate."""
    other = authority.issue()
    xml = entries(container)["META-INF/signatures0.xml"]
    mine, theirs = (re.search(rb"<ds:X509Certificate>(.*?)<", each) for each in (xml, _xml(sign(other))))
    assert mine is not None
    assert theirs is not None
    assert refusal(again(container, signatures0_xml=xml.replace(mine[1], theirs[1]))) is ContainerRefusal.CHANGED
    forged = type(signer)(other.key, signer.der)
    with pytest.raises(CardSignatureRefusedError):
        sign(forged)


def _xml(container: bytes) -> bytes:
    return entries(container)["META-INF/signatures0.xml"]


@pytest.mark.parametrize("answer", [b"", bytes(96), b"\xff" * 96, bytes(95), bytes(97)])
def test_what_a_card_returns_instead_of_a_signature_is_refused(
    authority: CertificationAuthority, signer: Certified, answer: bytes
) -> None:
    async def broken(_digest: bytes) -> bytes:
        return answer

    signing = sign_asice({"a.xml": b"<a/>"}, certificate=signer.der, sign_digest=broken, signed_at=authority.now)
    with pytest.raises(CardSignatureRefusedError):
        asyncio.run(signing)


@pytest.mark.parametrize("name", ["", "../a.xml", "a/b.xml", "A.xml", "a.exe", "mimetype", "META-INF/a.xml", "õ.xml"])
def test_names_outside_the_format_are_a_mistake_of_the_caller_and_reach_no_card(
    authority: CertificationAuthority, signer: Certified, name: str
) -> None:
    asked = len(signer.digests)
    signing = sign_asice({name: b"x"}, certificate=signer.der, sign_digest=signer.sign_digest, signed_at=authority.now)
    with pytest.raises(ProgrammingError):
        asyncio.run(signing)
    assert len(signer.digests) == asked


@pytest.mark.parametrize("role", ["\x00", "two\nlines", "x" * 201, "\ud800"])
def test_a_role_that_cannot_be_printed_is_a_mistake_of_the_caller(sign: Sign, signer: Certified, role: str) -> None:
    with pytest.raises(ProgrammingError):
        sign(signer, role=role)


# The honest one.


def test_what_was_signed_is_read_back(
    container: bytes, authority: CertificationAuthority, signer: Certified, plain_pdf: bytes
) -> None:
    found = validate_asice(container, authority.anchors(), authority.now)
    assert found.files == {"document.pdf": plain_pdf, "answers.xml": ANSWERS}
    assert (found.certificate.der, found.signed_at, found.role) == (signer.der, authority.now, ROLE)
    assert is_container(container)
    assert not is_container(plain_pdf)
    assert "ORG" not in repr(found)


def test_the_card_is_asked_once(sign: Sign, authority: CertificationAuthority) -> None:
    signer = authority.issue()
    sign(signer)
    assert [len(digest) for digest in signer.digests] == [48]


def test_the_mimetype_stands_first_and_uncompressed(container: bytes) -> None:
    assert container[30:38] == b"mimetype"
    assert container[38 : 38 + len(MEDIA_TYPE)] == MEDIA_TYPE.encode()


def test_a_stranger_and_a_revoked_person_are_refused_by_their_reason(
    sign: Sign, authority: CertificationAuthority
) -> None:
    signer = authority.issue()
    revoked = authority.anchors(authority.revocation_list(authority.issuer, [signer.der]))
    for anchors, reason in (
        (type(authority)().anchors(), CertificateRefusal.UNTRUSTED),
        (revoked, CertificateRefusal.REVOKED),
    ):
        with pytest.raises(ContainerRefusedError) as refused:
            validate_asice(sign(signer), anchors, authority.now)
        assert (refused.value.reason, refused.value.certificate_reason) == (ContainerRefusal.CERTIFICATE, reason)


# Outside judges.


def unpacked(container: bytes, folder: Path) -> Path:
    """The files, and the signature beside them, so that its references resolve."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, content in entries(container).items():
        (folder / name.rpartition("/")[2]).write_bytes(content)
    return folder


def xmlsec1(folder: Path, authority: CertificationAuthority) -> bool:
    for name, der in (("root", authority.root.der), ("issuer", authority.issuer.der)):
        certificate = x509.load_der_x509_certificate(der)
        (folder / f"{name}.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    command = [
        *("xmlsec1", "--verify", "--enabled-key-data", "x509", "--trusted-pem", "root.pem"),
        *("--untrusted-pem", "issuer.pem", "--id-attr:Id", "http://uri.etsi.org/01903/v1.3.2#:SignedProperties"),
        "signatures0.xml",
    ]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert "Error: unable" not in done.stderr
    return done.returncode == 0


def signxml(folder: Path, signer: Certified) -> bool:
    configuration = SignatureConfiguration(
        expect_references=3, signature_methods=frozenset({SignatureMethod.ECDSA_SHA384})
    )
    try:
        XAdESVerifier().verify(
            (folder / "signatures0.xml").read_bytes(),
            x509_cert=signer.certificate,
            uri_resolver=lambda uri: (folder / uri).read_bytes(),
            expect_config=configuration,
        )
    except (SignXMLException, InvalidSignature):
        return False
    return True


@pytest.mark.parametrize("curve", [ec.SECP384R1(), ec.SECP256R1(), ec.SECP521R1()], ids=lambda curve: curve.name)
@pytest.mark.parametrize("role", ["", ROLE])
def test_outside_programs_accept_what_we_sign(
    sign: Sign, authority: CertificationAuthority, tmp_path: Path, curve: ec.EllipticCurve, role: str
) -> None:
    signer = authority.issue(key=ec.generate_private_key(curve))
    folder = unpacked(sign(signer, role=role), tmp_path / "container")
    assert xmlsec1(folder, authority)
    assert signxml(folder, signer)


@pytest.mark.parametrize(
    ("file", "change"),
    [
        ("document.pdf", lambda content: content[:500] + bytes([content[500] ^ 1]) + content[501:]),
        ("answers.xml", lambda _: b"<data/>"),
        ("signatures0.xml", lambda content: content.replace(b"parent of", b"guardian of")),
        ("signatures0.xml", lambda content: content.replace(b"application/pdf", b"application/xml", 1)),
        ("signatures0.xml", lambda content: re.sub(rb"<xades:SigningTime>2", b"<xades:SigningTime>1", content)),
    ],
    ids=["byte", "file", "role", "format", "time"],
)
def test_outside_programs_and_ours_refuse_what_was_changed(  # noqa: PLR0917 - fixtures
    container: bytes,
    authority: CertificationAuthority,
    signer: Certified,
    tmp_path: Path,
    file: str,
    change: Callable[[bytes], bytes],
) -> None:
    folder = unpacked(container, tmp_path / "container")
    changed = change((folder / file).read_bytes())
    assert changed != (folder / file).read_bytes()
    (folder / file).write_bytes(changed)
    assert not xmlsec1(folder, authority)
    assert not signxml(folder, signer)
    assert refusal(again(container, **{file.replace(".", "_"): changed})) is ContainerRefusal.CHANGED
