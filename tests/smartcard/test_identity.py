# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who is believed to stand there, and who is not."""

import unicodedata
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from townhall_crypto.card_signature import ECDSA_SHA384
from townhall_crypto.namespaces import CARD_CHALLENGE
from townhall_crypto.trust import TrustAnchors
from townhall_smartcard.estonia import StatedData
from townhall_smartcard.identity import (
    Identity,
    IdentityRefused,
    RefusalReason,
    birth_date_of,
    challenge_bytes,
    challenge_digest,
    verify_identity,
)
from townhall_smartcard.messages import CardContents, CardStatement, PinRole
from townhall_smartcard.national.estonia_2018 import statement_of
from townhall_smartcard.simulation.estonian_card_keys import CardKeys, CertifiedKey
from townhall_smartcard.simulation.estonian_card_person import AINO, JUHAN, KADRI, Person
from townhall_smartcard.simulation.pki import Role, Standing, TestPki

CHALLENGE: Final = bytes(range(32))


ALGORITHMS: Final = dict.fromkeys((PinRole.AUTHENTICATION, PinRole.SIGNATURE), ECDSA_SHA384)


def stated_by(person: Person) -> CardStatement:
    return statement_of(StatedData(*(record.decode() for record in person.records()[:9])))


def contents_of(person: Person, keys: CardKeys) -> CardContents:
    return CardContents(
        1, stated_by(person), keys.authentication.certificate, keys.signature.certificate, {}, ALGORITHMS
    )


def proof_by(key: CertifiedKey, challenge: bytes = CHALLENGE) -> bytes:
    return key.sign_digest(challenge_digest(challenge))


def judge(
    pki: TestPki, contents: CardContents, proof: bytes, *, at: datetime | None = None
) -> Identity | RefusalReason:
    verdict = verify_identity(contents, CHALLENGE, proof, pki.trust_anchors, at or pki.at)
    return verdict.reason if isinstance(verdict, IdentityRefused) else verdict


def test_the_certified_person_is_believed_and_told_whole(pki: TestPki, kadri_keys: CardKeys) -> None:
    verdict = judge(pki, contents_of(KADRI, kadri_keys), proof_by(kadri_keys.authentication))
    assert isinstance(verdict, Identity)
    assert (verdict.surname, verdict.given_names, verdict.personal_code) == (
        KADRI.surname,
        KADRI.given_names,
        KADRI.personal_code,
    )
    assert verdict.birth_date == KADRI.birth
    assert verdict.authentication_certificate == kadri_keys.authentication.certificate
    assert verdict.signature_certificate == kadri_keys.signature.certificate
    assert verdict.stated == stated_by(KADRI)
    assert KADRI.surname not in repr(verdict)


@pytest.mark.parametrize(
    "proof",
    ["other challenge", "other key", "signature key", "zeros", "short", "long", "empty", "flipped", "plain challenge"],
)
def test_whoever_cannot_sign_the_challenge_is_not_believed(
    pki: TestPki, kadri_keys: CardKeys, juhan_keys: CardKeys, proof: str
) -> None:
    good = proof_by(kadri_keys.authentication)
    forged = {
        "other challenge": proof_by(kadri_keys.authentication, bytes(32)),
        "other key": proof_by(juhan_keys.authentication),
        "signature key": proof_by(kadri_keys.signature),
        "zeros": bytes(96),
        "short": good[:-1],
        "long": good + b"\x00",
        "empty": b"",
        "flipped": good[:-1] + bytes((good[-1] ^ 1,)),
        "plain challenge": kadri_keys.authentication.sign_digest(CHALLENGE + bytes(16)),
    }
    assert judge(pki, contents_of(KADRI, kadri_keys), forged[proof]) is RefusalReason.CHALLENGE_FAILED


@pytest.mark.parametrize(
    ("standing", "reason"),
    [
        (Standing.EXPIRED, RefusalReason.EXPIRED),
        (Standing.REVOKED, RefusalReason.REVOKED),
        (Standing.FUTURE, RefusalReason.NOT_YET_VALID),
    ],
)
def test_an_authentication_certificate_out_of_its_time_is_named_so(
    pki: TestPki, standing: Standing, reason: RefusalReason
) -> None:
    keys = pki.issue_card_keys(KADRI, standing)
    assert judge(pki, contents_of(KADRI, keys), proof_by(keys.authentication)) is reason


def test_a_certificate_by_an_unknown_issuer_is_untrusted(pki: TestPki) -> None:
    stranger = TestPki()
    keys = stranger.issue_card_keys(KADRI)
    assert judge(pki, contents_of(KADRI, keys), proof_by(keys.authentication)) is RefusalReason.UNTRUSTED
    nobody = TrustAnchors(())
    verdict = verify_identity(contents_of(KADRI, keys), CHALLENGE, proof_by(keys.authentication), nobody, pki.at)
    assert verdict == IdentityRefused(RefusalReason.UNTRUSTED)


@pytest.mark.parametrize("certificate", [b"", b"\x30\x00", b"\x30\x03\x02\x01\x01", bytes(100)])
def test_what_is_no_certificate_is_untrusted(pki: TestPki, kadri_keys: CardKeys, certificate: bytes) -> None:
    contents = msgspec.structs.replace(contents_of(KADRI, kadri_keys), authentication_certificate=certificate)
    assert judge(pki, contents, proof_by(kadri_keys.authentication)) is RefusalReason.UNTRUSTED


def test_a_signature_certificate_does_not_authenticate(pki: TestPki, kadri_keys: CardKeys) -> None:
    swapped = CardKeys(kadri_keys.signature, kadri_keys.authentication)
    assert judge(pki, contents_of(KADRI, swapped), proof_by(swapped.authentication)) is RefusalReason.UNTRUSTED


@pytest.mark.parametrize(
    "other",
    [
        replace(KADRI, personal_code=JUHAN.personal_code),
        replace(KADRI, surname=JUHAN.surname),
        replace(KADRI, given_names=JUHAN.given_names),
        replace(KADRI, surname=KADRI.given_names, given_names=KADRI.surname),
        replace(KADRI, surname="OISPUU"),
        replace(KADRI, given_names="KADRI LIIS"),
        replace(KADRI, given_names=""),
        JUHAN,
    ],
)
def test_a_file_that_speaks_of_somebody_else_makes_the_card_inconsistent(
    pki: TestPki, kadri_keys: CardKeys, other: Person
) -> None:
    verdict = judge(pki, contents_of(other, kadri_keys), proof_by(kadri_keys.authentication))
    assert verdict is RefusalReason.CARD_INCONSISTENT


@pytest.mark.parametrize("standing", [Standing.EXPIRED, Standing.REVOKED, Standing.FUTURE])
def test_a_bad_signature_certificate_makes_the_card_inconsistent(
    pki: TestPki, kadri_keys: CardKeys, standing: Standing
) -> None:
    keys = CardKeys(kadri_keys.authentication, pki.issue(KADRI, Role.SIGNATURE, standing))
    assert judge(pki, contents_of(KADRI, keys), proof_by(keys.authentication)) is RefusalReason.CARD_INCONSISTENT


def test_somebody_elses_or_no_signature_certificate_makes_the_card_inconsistent(
    pki: TestPki, kadri_keys: CardKeys, juhan_keys: CardKeys
) -> None:
    for certificate in (juhan_keys.signature.certificate, kadri_keys.authentication.certificate, b"", b"\x30\x00"):
        contents = msgspec.structs.replace(contents_of(KADRI, kadri_keys), signature_certificate=certificate)
        assert judge(pki, contents, proof_by(kadri_keys.authentication)) is RefusalReason.CARD_INCONSISTENT


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
@pytest.mark.parametrize("case", [str.upper, str.lower, str.title])
def test_names_agree_in_every_unicode_form_and_case(pki: TestPki, form: str, case: object) -> None:
    assert callable(case)
    keys = pki.issue_card_keys(AINO)
    stated = stated_by(AINO)

    def spelled(name: str) -> str:
        text = case(name)
        assert isinstance(text, str)
        return "  ".join(unicodedata.normalize(form, text).split())  # type: ignore[arg-type]  # a Literal of four

    stated = replace(stated, surname=spelled(stated.surname), given_names=spelled(stated.given_names))
    contents = msgspec.structs.replace(contents_of(AINO, keys), stated=stated)
    assert isinstance(judge(pki, contents, proof_by(keys.authentication)), Identity)


def test_the_time_of_the_visit_decides_not_the_machines(pki: TestPki, kadri_keys: CardKeys) -> None:
    contents, proof = contents_of(KADRI, kadri_keys), proof_by(kadri_keys.authentication)
    assert judge(pki, contents, proof, at=pki.at + timedelta(days=1500)) is RefusalReason.EXPIRED
    assert judge(pki, contents, proof, at=datetime(2001, 1, 1, tzinfo=UTC)) is RefusalReason.NOT_YET_VALID


@given(st.binary(min_size=32, max_size=32))
def test_the_signed_bytes_begin_with_their_namespace(challenge: bytes) -> None:
    assert challenge_bytes(challenge) == CARD_CHALLENGE + challenge
    assert len(challenge_digest(challenge)) == 48


@given(st.binary(max_size=64).filter(lambda each: len(each) != 32))
def test_a_challenge_of_another_length_is_refused(challenge: bytes) -> None:
    with pytest.raises(ValueError, match="challenge"):
        challenge_digest(challenge)


@pytest.mark.parametrize(
    ("code", "birth"),
    [
        ("38001085718", date(1980, 1, 8)),
        ("60402290003", date(2004, 2, 29)),
        ("18505010000", date(1885, 5, 1)),
        ("80001010000", date(2100, 1, 1)),
        ("60302290003", None),
        ("98001085718", None),
        ("08001085718", None),
        ("3800108571", None),
        ("3800108571x", None),
        ("٣٨٠٠١٠٨٥٧١٨", None),
        ("", None),
    ],
)
def test_a_personal_code_begins_with_the_birth_date(code: str, birth: date | None) -> None:
    assert birth_date_of(code) == birth


@given(st.text(max_size=12))
def test_any_text_has_a_birth_date_or_none(text: str) -> None:
    assert birth_date_of(text) is None or len(text) == 11


def test_every_reason_has_a_code_in_the_table_for_staff() -> None:
    table = (Path(__file__).resolve().parents[2] / "docs" / "failure-codes.md").read_text()
    codes = [reason.code for reason in RefusalReason]
    assert len(set(codes)) == len(codes)
    assert all(f"| {code} |" in table for code in codes)
