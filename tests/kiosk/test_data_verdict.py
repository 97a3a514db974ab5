# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Cards of data alone: believed as far as their state signed the data, by the branch of it that makes cards."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from townhall_crypto.trust import TrustAnchors
from townhall_kiosk.documents.data_verdict import judge_data
from townhall_kiosk.documents.national_report import as_lines, report_on_national
from townhall_kiosk.documents.national_verdict import NationalOutcome, NationalVerdict, Part
from townhall_kiosk.texts import Texts
from townhall_smartcard.emrtd.passive_verdict import Standing
from townhall_smartcard.messages import CardFamily
from townhall_smartcard.national.at_desk import NationalRead
from townhall_smartcard.national.contract import NationalContents
from townhall_smartcard.national.registry import national_family
from townhall_smartcard.national.serbia import SerbianCard
from townhall_smartcard.processors import processors_for
from townhall_smartcard.simulation.every_family import JELENA, SERBIAN
from townhall_smartcard.simulation.national_keys import KeyKind, KeyUsage, NationalAuthority, NationalKey
from townhall_smartcard.simulation.serbian_card import SerbianSimulation, serbian_files, signed_list, with_header

AUTHORITY: Final = NationalAuthority("RS", name="Townhall TEST CA Resursi")
SIGNER: Final = AUTHORITY.issue_register("RS", "Townhall TEST signer of cards", KeyKind.RSA_2048)
FILES: Final = serbian_files(JELENA, SIGNER)
OTHER: Final = serbian_files(
    replace(JELENA, person={**JELENA.person, 1559: "ДРУГИ"}, photo=JELENA.photo + b"other"), SIGNER
)


def read(files: dict[int, bytes]) -> NationalContents:
    return SerbianCard(processors_for(SerbianSimulation(files))).read()


def judged(
    files: dict[int, bytes], authority: NationalAuthority = AUTHORITY, after: timedelta = timedelta()
) -> NationalVerdict:
    return judge_data("RS", read(files), authority.trusted(), datetime.now(UTC) + after)


def test_what_the_state_signed_is_believed_and_two_things_stay_open() -> None:
    verdict = judged(FILES)
    still_open = {part for part, standing in verdict.parts.items() if standing is not Standing.GOOD}
    assert still_open == {Part.CHIP, Part.AGREEMENT}
    assert verdict.outcome is NationalOutcome.PROVISIONAL
    assert verdict.subject is not None
    assert (verdict.subject.personal_code, verdict.subject.country) == (SERBIAN.serial_number, "RS")


def test_without_an_address_nothing_can_be_of_another_person() -> None:
    files = {name: file for name, file in FILES.items() if name not in (0x0F04, 0x0F1D)}
    assert judged(files).parts[Part.AGREEMENT] is Standing.GOOD


@pytest.mark.parametrize(
    "changed",
    [
        {0x0F03: OTHER[0x0F03]},
        {0x0F06: OTHER[0x0F06]},
        {0x0F04: with_header(0x0F04, b"")},
        {0x0F02: with_header(0x0F02, FILES[0x0F02][4:-1] + b"7")},
        {0x0F1C: FILES[0x0F1D]},
        {0x0F1C: with_header(0x0F1C, with_header(0, FILES[0x0F1C][8:-1] + b"\0"))},
        {0x0F1D: b"\x1d\x0f\0\0"},
    ],
    ids=["person", "photo", "address", "document", "other list", "broken signature", "empty list"],
)
def test_what_the_state_did_not_sign_names_nobody(changed: dict[int, bytes]) -> None:
    verdict = judged({**FILES, **changed})
    assert verdict.parts[Part.REGISTER] is Standing.BAD
    assert (verdict.outcome, verdict.subject) == (NationalOutcome.INCONSISTENT, None)


def by(signer: NationalKey) -> dict[int, bytes]:
    return serbian_files(JELENA, signer)


def test_a_citizen_s_key_signs_no_card() -> None:
    citizens = NationalAuthority("RS", name="Townhall TEST CA Gradjani")
    own = citizens.issue(SERBIAN, KeyUsage.SIGNATURE, KeyKind.RSA_2048)
    verdict = judged(by(own), citizens)
    assert (verdict.outcome, verdict.subject) == (NationalOutcome.ISSUER_UNKNOWN, None)
    assert judged(by(citizens.issue_register("RS", "Resursi", KeyKind.RSA_2048)), citizens).subject is None


def test_a_stranger_of_the_same_name_names_nobody() -> None:
    stranger = NationalAuthority("RS", name="Townhall TEST CA Resursi")
    assert judged(by(stranger.issue_register("RS", "x", KeyKind.P256))).outcome is NationalOutcome.ISSUER_UNKNOWN


def test_a_signer_that_was_not_certified_when_it_signed_is_not_believed() -> None:
    ended = AUTHORITY.issue_register("RS", "x", KeyKind.RSA_2048, lasts=timedelta(days=-1))
    verdict = judged(by(ended))
    assert (verdict.outcome, verdict.subject) == (NationalOutcome.NOT_IN_FORCE, None)


def test_an_authority_of_another_country_is_inconsistent() -> None:
    abroad = NationalAuthority("ME", name="Townhall TEST CA Resursi")
    verdict = judged(by(abroad.issue_register("RS", "x", KeyKind.RSA_2048)), abroad)
    assert verdict.outcome is NationalOutcome.INCONSISTENT


def test_a_card_past_its_date_is_not_in_force() -> None:
    files = serbian_files(replace(JELENA, document={**JELENA.document, 1550: "01012020"}), SIGNER)
    assert judged(files).outcome is NationalOutcome.NOT_IN_FORCE


def test_what_is_known_from_long_ago_leaves_a_doubt() -> None:
    verdict = judge_data("RS", read(FILES), TrustAnchors((AUTHORITY.anchor_der,)), datetime.now(UTC))
    doubted = {part for part, standing in verdict.parts.items() if standing is Standing.UNKNOWN}
    assert doubted == {Part.CHIP, Part.AGREEMENT, Part.REVOCATION, Part.FRESHNESS}


def test_digests_of_files_without_their_headers_are_as_good() -> None:
    bare = signed_list(SIGNER, *(FILES[each][4:] for each in (0x0F02, 0x0F03, 0x0F06)))
    assert judged({**FILES, 0x0F1C: with_header(0x0F1C, with_header(0, bare))}).outcome is NationalOutcome.PROVISIONAL


def test_a_desk_is_told_who_it_is_and_no_counter() -> None:
    family = national_family(CardFamily.SRBID)
    assert family is not None
    made = NationalRead(family, read(FILES), {}, 1, 0.0, {})
    report = report_on_national(made, {}, AUTHORITY.trusted(), datetime.now(UTC))
    lines = as_lines(report, Texts("en"))
    assert SERBIAN.surname in lines
    assert "БЕОГРАД" in lines
    assert "tries left" not in lines
    assert SERBIAN.surname not in repr(report)
