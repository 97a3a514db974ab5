# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Signed content is exactly what one signer signed, as the kind of content that it is; OpenSSL judges both ways."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from asn1crypto import cms
from hypothesis import given
from hypothesis import strategies as st
from tests.crypto.openssl import openssl

from townhall_crypto.signed_content import SignedContent, open_content, verify_content
from townhall_crypto.state_errors import ContentRefusal, ContentRefusedError
from townhall_smartcard.simulation import states
from townhall_smartcard.simulation.state_keys import CurveStateKey, RsaStateKey, Spelling, StateKey

TYPE = states.LDS_SECURITY_OBJECT
CONTENT = b"which hash each part has"
KEYS: dict[str, Callable[[], StateKey]] = {
    "rsa": RsaStateKey,
    "pss": lambda: RsaStateKey(is_pss=True, digest="sha512"),
    "explicit": lambda: CurveStateKey("brainpoolp384r1", Spelling.EXPLICIT, digest="sha384"),
    "null": lambda: CurveStateKey("secp256r1", Spelling.NULL),
    "small": lambda: CurveStateKey("brainpoolp224r1", digest="sha224"),
}


@cache
def signer(kind: str = "explicit") -> states.Standing:
    return states.document_signer(authority(), KEYS[kind]())


@cache
def authority() -> states.Standing:
    return states.authority(CurveStateKey("secp256r1"))


@cache
def signed_bytes() -> bytes:
    return states.signed_content(TYPE, CONTENT, signer())


def read(untrusted: bytes) -> SignedContent:
    return verify_content(open_content(untrusted, frozenset({TYPE})))


def refusal(untrusted: bytes) -> ContentRefusal:
    with pytest.raises(ContentRefusedError) as refused:
        read(untrusted)
    return refused.value.reason


@pytest.mark.parametrize("by_identifier", [False, True])
@pytest.mark.parametrize("kind", KEYS)
def test_content_of_every_kind_of_key_is_read(kind: str, *, by_identifier: bool) -> None:
    made = states.signed_content(TYPE, CONTENT, signer(kind), by_identifier=by_identifier)
    found = read(made)
    assert (found.content, found.signer.dump()) == (CONTENT, signer(kind).der)
    assert found.signed_at is not None


@pytest.mark.parametrize("kind", ["rsa", "pss"])
def test_openssl_accepts_what_the_simulated_state_signs(kind: str, tmp_path: Path) -> None:
    file = tmp_path / "content.p7m"
    file.write_bytes(states.signed_content(TYPE, CONTENT, signer(kind)))
    assert openssl("cms", "-verify", "-inform", "DER", "-in", file, "-noverify", "-binary") == CONTENT


@pytest.mark.parametrize("spelling", ["der", "indefinite lengths"])
@pytest.mark.parametrize("identified", ["issuer and number", "key"])
def test_what_openssl_signs_is_read(spelling: str, identified: str, tmp_path: Path) -> None:
    key, certificate, file = (tmp_path / name for name in ("key.pem", "certificate.pem", "content"))
    file.write_bytes(CONTENT)
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key)
    openssl("req", "-x509", "-new", "-key", key, "-subj", "/C=UT/CN=Signer", "-out", certificate)
    options = ["-keyid"] if identified == "key" else []
    options += ["-stream"] if spelling != "der" else []
    signing = ("-signer", certificate, "-inkey", key, "-econtent_type", TYPE, "-nodetach", "-binary", "-md", "sha256")
    made = openssl("cms", "-sign", "-in", file, "-outform", "DER", *signing, *options)
    assert (made[1] == 0x80) == (spelling != "der")
    assert read(made).content == CONTENT


def test_other_content_under_the_same_signature_is_refused() -> None:
    other = CONTENT.replace(b"each", b"some")
    assert refusal(signed_bytes().replace(CONTENT, other)) is ContentRefusal.CHANGED


def test_content_of_another_kind_is_refused() -> None:
    with pytest.raises(ContentRefusedError) as refused:
        open_content(states.signed_content(states.MASTER_LIST, CONTENT, signer()), frozenset({TYPE}))
    assert refused.value.reason is ContentRefusal.OTHER_CONTENT


def test_a_signature_over_another_kind_of_content_is_refused() -> None:
    """Nobody turns what was signed as a list into what was signed as a document."""
    made = states.signed_content(TYPE, CONTENT, signer(), bound={"content_type": states.MASTER_LIST})
    assert refusal(made) is ContentRefusal.NOT_BOUND


@pytest.mark.parametrize("attribute", ["content_type", "message_digest"])
def test_a_signature_that_binds_nothing_is_refused(attribute: str) -> None:
    made = states.signed_content(TYPE, CONTENT, signer(), bound={attribute: None})
    assert refusal(made) is ContentRefusal.NOT_BOUND


@pytest.mark.parametrize("version", ["v1", "v3", "v4"])
def test_the_version_that_is_written_outside_decides_nothing(version: str) -> None:
    def write(data: cms.SignedData) -> None:
        data["version"] = version

    assert read(changed(write)).content == CONTENT


def test_no_time_of_signing_is_no_fault() -> None:
    assert read(states.signed_content(TYPE, CONTENT, signer(), bound={"signing_time": None})).signed_at is None


def changed(change: Callable[[cms.SignedData], None]) -> bytes:
    info = cms.ContentInfo.load(signed_bytes())
    change(info["content"])
    return bytes(info.dump(force=True))


def test_without_signed_attributes_it_is_refused() -> None:
    def strip(data: cms.SignedData) -> None:
        data["signer_infos"][0]["signed_attrs"] = None

    assert refusal(changed(strip)) is ContentRefusal.NOT_BOUND


def test_an_attribute_that_stands_twice_binds_nothing() -> None:
    def double(data: cms.SignedData) -> None:
        data["signer_infos"][0]["signed_attrs"].append(data["signer_infos"][0]["signed_attrs"][1].copy())

    assert refusal(changed(double)) is ContentRefusal.NOT_BOUND


@pytest.mark.parametrize("number", [0, 2])
def test_one_signer_signs(number: int) -> None:
    def multiply(data: cms.SignedData) -> None:
        data["signer_infos"] = [data["signer_infos"][0].copy() for _ in range(number)]

    assert refusal(changed(multiply)) is ContentRefusal.SIGNERS


def test_a_signer_without_certificate_is_refused() -> None:
    def swap(data: cms.SignedData) -> None:
        data["certificates"] = [authority().certificate]

    assert refusal(changed(swap)) is ContentRefusal.NO_CERTIFICATE


def test_a_certificate_of_the_same_name_and_number_with_another_key_signs_nothing() -> None:
    """The key that is named is the one that is asked."""
    forged = signer().certificate
    forged["tbs_certificate"]["subject_public_key_info"] = CurveStateKey("brainpoolp384r1", digest="sha384").public

    def swap(data: cms.SignedData) -> None:
        data["certificates"] = [forged]

    assert refusal(changed(swap)) is ContentRefusal.SIGNATURE_BROKEN


def test_sequences_that_never_end_are_refused() -> None:
    assert refusal(b"\x30\x80" * 20_000) is ContentRefusal.UNREADABLE


@given(st.data())
def test_no_changed_byte_breaks_the_reader_or_changes_what_it_returns(data: st.DataObject) -> None:
    made = bytearray(signed_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        made[data.draw(st.integers(0, len(made) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(made)) | st.just(len(made)))
    try:
        found = read(bytes(made[:cut]))
    except ContentRefusedError:
        return
    assert found.content == CONTENT
