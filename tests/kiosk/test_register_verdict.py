# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the Belgian register signed is judged beside the certificates; what it did not sign is not believed."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from townhall_crypto.register_signature import BELGIAN_REGISTER
from townhall_crypto.trust import TrustAnchors
from townhall_kiosk.documents.national_report import as_json, as_lines, report_on_national
from townhall_kiosk.documents.national_verdict import NationalOutcome, NationalVerdict, Part, judge_national
from townhall_kiosk.texts import Texts
from townhall_smartcard.emrtd.passive_verdict import Standing
from townhall_smartcard.emrtd.session import ChipVerdict
from townhall_smartcard.messages import CardFamily
from townhall_smartcard.national.at_desk import NationalRead
from townhall_smartcard.national.belgium import BelgianCard
from townhall_smartcard.national.contract import NationalContents
from townhall_smartcard.national.registry import national_family
from townhall_smartcard.processors import processors_for
from townhall_smartcard.simulation.belgian_card import BelgianCertificates, BelgianContents, BelgianSimulation
from townhall_smartcard.simulation.belgian_person import BelgianFiles, BelgianPerson
from townhall_smartcard.simulation.every_family import BELGIAN, NOE
from townhall_smartcard.simulation.national_keys import KeyKind, KeyUsage, NationalAuthority, NationalKey

AUTHORITY: Final = NationalAuthority("BE")
REGISTER: Final = AUTHORITY.issue_register("BE", "RRN", KeyKind.P384)
OTHER: Final = replace(NOE, address=("Kerkstraat 1", "9000", "Gent"), photo=NOE.photo + b"other")


def written(register: NationalKey = REGISTER, person: BelgianPerson = NOE) -> BelgianContents:
    keys = AUTHORITY.issue_card_keys(BELGIAN, KeyKind.P384, KeyKind.P384)
    certificates = BelgianCertificates(AUTHORITY.anchor_der, AUTHORITY.anchor_der, register.certificate)
    return BelgianContents(keys, certificates, BelgianFiles.signed(person, register))


def read(contents: BelgianContents) -> NationalContents:
    return BelgianCard(processors_for(BelgianSimulation(contents))).read()


def judged(contents: NationalContents, anchors: TrustAnchors | None = None) -> NationalVerdict:
    now = datetime.now(UTC)
    return judge_national("BE", contents, ChipVerdict.PROVED, anchors or AUTHORITY.trusted(), now)


@pytest.mark.parametrize("kind", [KeyKind.RSA_2048, KeyKind.P384])
def test_what_the_register_signed_is_verified(kind: KeyKind) -> None:
    verdict = judged(read(written(AUTHORITY.issue_register("BE", "RRN", kind))))
    assert set(verdict.parts) == set(Part)
    assert verdict.outcome is NationalOutcome.VERIFIED


Change = Callable[[BelgianFiles, BelgianFiles], BelgianFiles]
CHANGES: Final[dict[str, Change]] = {
    "another address": lambda mine, other: replace(mine, address=other.address),
    "an address with its own signature, of another card": lambda mine, other: replace(
        mine, address=other.address, address_signature=other.address_signature
    ),
    "another photo": lambda mine, other: replace(mine, photo=other.photo),
    "another identity": lambda mine, other: replace(mine, identity=other.identity),
    "no signature": lambda mine, _other: replace(mine, identity_signature=b""),
    "no signature of the address": lambda mine, _other: replace(mine, address_signature=b""),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_the_register_did_not_sign_is_inconsistent(name: str) -> None:
    mine = written()
    other = BelgianFiles.signed(replace(OTHER, card_number="592000000218"), REGISTER)
    verdict = judged(read(replace(mine, files=CHANGES[name](mine.files, other))))
    assert verdict.parts[Part.REGISTER] is Standing.BAD
    assert verdict.outcome is NationalOutcome.INCONSISTENT


def test_a_citizen_s_own_key_is_not_the_register_s() -> None:
    own = AUTHORITY.issue(BELGIAN, KeyUsage.SIGNATURE, KeyKind.P384)
    assert judged(read(written(own))).parts[Part.REGISTER] is Standing.BAD


@pytest.mark.parametrize(
    "register",
    [
        AUTHORITY.issue_register("BE", "RRN of somebody", KeyKind.P384),
        AUTHORITY.issue_register("NL", "RRN", KeyKind.P384),
        NationalAuthority("BE").issue_register("BE", "RRN", KeyKind.P384),
    ],
    ids=["another name", "another country", "another authority"],
)
def test_a_register_of_another_name_or_authority_vouches_for_nothing(register: NationalKey) -> None:
    verdict = judged(read(written(register)))
    assert verdict.parts[Part.REGISTER] is Standing.BAD
    assert not verdict.is_believed


def test_a_register_s_certificate_that_has_ended_leaves_a_doubt() -> None:
    ended = AUTHORITY.issue_register(
        BELGIAN_REGISTER.country, BELGIAN_REGISTER.common_name, KeyKind.P384, lasts=timedelta(days=-1)
    )
    verdict = judged(read(written(ended)))
    assert verdict.parts[Part.REGISTER] is Standing.UNKNOWN
    assert verdict.outcome is NationalOutcome.PROVISIONAL


def test_evidence_that_is_left_out_is_no_evidence() -> None:
    contents = read(written())
    for left_out in contents.evidence:
        kept = tuple(each for each in contents.evidence if each is not left_out)
        assert judged(replace(contents, evidence=kept)).parts[Part.REGISTER] is Standing.BAD


def test_a_desk_is_told_of_the_register_and_that_the_card_counts_no_tries() -> None:
    family = national_family(CardFamily.BELPIC)
    assert family is not None
    report = report_on_national(
        NationalRead(family, read(written()), {}, 1, 0.0, {}), {}, AUTHORITY.trusted(), datetime.now(UTC)
    )
    assert report.tries == {"pin1": None, "pin2": None}
    lines = as_lines(report, Texts("en"))
    assert "tries left       pin1 not told, pin2 not told" in lines
    assert any(line.startswith("Signed by the register") and line.endswith("yes") for line in lines.splitlines())
    assert b'"register":"good"' in as_json(report)
