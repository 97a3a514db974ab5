# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The election package: two officers' signatures over exactly these files, and nothing in them against the rest."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from townhall_crypto import canonical
from townhall_crypto.secret import Secret
from townhall_crypto.trust import TrustAnchors
from townhall_smartcard.simulation.estonian_card_keys import CardKeys
from townhall_smartcard.simulation.estonian_card_person import AINO, JUHAN, KADRI
from townhall_smartcard.simulation.pki import Standing, TestPki
from townhall_voting.errors import PackageRefusal, PackageRefusedError
from townhall_voting.mode import Mode
from townhall_voting.nonces import Randomness, draw_scalar
from townhall_voting.package.definition import Definition
from townhall_voting.package.officers import Grounds, OfficerSignature, Signatures, signing_digest
from townhall_voting.package.package import (
    MANIFEST,
    ROLL,
    SIGNATURES,
    TRUSTEES,
    Content,
    build_package,
    package_folder,
    verify_package,
)
from townhall_voting.package.roll import RollKeys, Voter, build_roll
from townhall_voting.package.roll_key import wrap_roll_key
from townhall_voting.schnorr_group import BELENIOS_2048
from townhall_voting.trustee_keys import prove_key
from townhall_voting.trustees.trustee_list import write_trustees

AT = datetime(2026, 11, 26, 12, tzinfo=UTC)
PKI = TestPki(AT)
KADRIS, JUHANS, AINOS = (PKI.issue_card_keys(person) for person in (KADRI, JUHAN, AINO))
KADRIS_SECOND = PKI.issue_card_keys(KADRI)
VOTER = Voter("EE", KADRI.personal_code)


def trustees(randomness: Randomness) -> bytes:
    key = prove_key(BELENIOS_2048, draw_scalar(randomness, BELENIOS_2048), randomness)
    return write_trustees(BELENIOS_2048, [key]).data


def unsigned(town: Definition, randomness: Randomness) -> dict[str, Content]:
    roll_key = Secret(bytes(32))
    officers = [KADRIS.authentication.certificate, JUHANS.authentication.certificate]
    roll = build_roll([(VOTER, "hill")], town, RollKeys.derive(roll_key, town))
    return dict(build_package(town, trustees(randomness), roll, wrap_roll_key(roll_key, officers, town)))


def sign(files: Mapping[str, Content], *cards: CardKeys) -> dict[str, Content]:
    digest = signing_digest(bytes(files[MANIFEST]))
    signatures = tuple(
        OfficerSignature(
            card.authentication.certificate, card.signature.certificate, card.signature.sign_digest(digest)
        )
        for card in cards
    )
    return {**files, SIGNATURES: Signatures(1, signatures).to_bytes()}


def grounds(*officers: CardKeys, at: datetime = AT, anchors: TrustAnchors | None = None) -> Grounds:
    listed = {card.authentication.certificate for card in officers}
    return Grounds(anchors or PKI.trust_anchors, lambda certificate, _at: certificate in listed, at)


BOTH = grounds(KADRIS, JUHANS)


@pytest.fixture
def files(town: Definition, randomness: Randomness) -> dict[str, Content]:
    return sign(unsigned(town, randomness), KADRIS, JUHANS)


def refusal(files: Mapping[str, Content], how: Grounds = BOTH) -> PackageRefusal:
    with pytest.raises(PackageRefusedError) as caught:
        verify_package(files, how)
    return caught.value.reason


def manifest_of(files: Mapping[str, Content], **changes: object) -> bytes:
    manifest = canonical.decode(bytes(files[MANIFEST]))
    assert isinstance(manifest, dict)
    return canonical.encode({**manifest, **changes})  # type: ignore[dict-item]  # tests give what the format has


def test_what_two_officers_signed_is_opened_with_everything_in_it(town: Definition, files: dict[str, Content]) -> None:
    package = verify_package(files, BOTH)
    assert package.definition == town
    assert package.mode is Mode.TEST
    assert package.elections[package.definition.style_of("harbour")] == package.elections["town"]
    assert package.style_of(package.elections["town"].fingerprint) == "town"
    assert package.roll.district_of(VOTER, RollKeys.derive(Secret(bytes(32)), town)) == "hill"
    assert package.roll_version == hashlib.sha256(files[ROLL]).hexdigest()
    assert package.wrapped_roll_key.holder_of(KADRIS.authentication.certificate) == 0
    assert set(package.officers) == {KADRIS.authentication.certificate, JUHANS.authentication.certificate}
    assert package_folder(town) == "small-town-2026.test"


def test_the_roll_may_be_a_mapped_file(files: dict[str, Content]) -> None:
    assert len(verify_package({**files, ROLL: memoryview(files[ROLL])}, BOTH).roll) == 1


def test_every_file_is_held_byte_for_byte(files: dict[str, Content]) -> None:
    for name in files.keys() - {MANIFEST, SIGNATURES}:
        content = bytearray(files[name])
        content[len(content) // 2] ^= 1
        assert refusal({**files, name: bytes(content)}) is PackageRefusal.OTHER_BYTES, name


def test_a_file_less_and_a_file_more_are_refused(files: dict[str, Content]) -> None:
    for name in files:
        assert refusal({each: content for each, content in files.items() if each != name}) is PackageRefusal.INCOMPLETE
    assert refusal({**files, "note.txt": b""}) is PackageRefusal.INCOMPLETE


def test_any_change_of_the_manifest_ends_the_signatures(files: dict[str, Content]) -> None:
    for changed in (manifest_of(files, mode="official"), manifest_of(files, election="other")):
        assert refusal({**files, MANIFEST: changed}) is PackageRefusal.OFFICERS
    assert refusal({**files, MANIFEST: bytes(files[MANIFEST]) + b" "}) is PackageRefusal.MALFORMED


def test_one_officer_is_not_enough_whatever_the_number_of_cards_and_signatures(
    town: Definition, randomness: Randomness
) -> None:
    files = unsigned(town, randomness)
    listed = grounds(KADRIS, KADRIS_SECOND, JUHANS)
    for cards in ((), (KADRIS,), (KADRIS, KADRIS), (KADRIS, KADRIS_SECOND)):
        assert refusal(sign(files, *cards), listed) is PackageRefusal.OFFICERS


def test_who_is_not_on_the_list_counts_for_nobody(files: dict[str, Content]) -> None:
    assert refusal(files, grounds(KADRIS)) is PackageRefusal.OFFICERS
    assert refusal(files, grounds()) is PackageRefusal.OFFICERS
    assert refusal(files, grounds(KADRIS, AINOS)) is PackageRefusal.OFFICERS


def test_two_officers_among_many_signatures_are_enough(town: Definition, randomness: Randomness) -> None:
    files = sign(unsigned(town, randomness), AINOS, KADRIS, JUHANS)
    assert len(verify_package(files, BOTH).officers) == 2


def test_an_expired_revoked_or_foreign_card_counts_for_nobody(town: Definition, randomness: Randomness) -> None:
    files = unsigned(town, randomness)
    foreign = TestPki(AT).issue_card_keys(JUHAN)
    for other in (PKI.issue_card_keys(JUHAN, Standing.EXPIRED), PKI.issue_card_keys(JUHAN, Standing.REVOKED), foreign):
        assert refusal(sign(files, KADRIS, other), grounds(KADRIS, other)) is PackageRefusal.OFFICERS
    late = grounds(KADRIS, JUHANS, at=AT + timedelta(days=365 * 20))
    assert refusal(sign(files, KADRIS, JUHANS), late) is PackageRefusal.OFFICERS


def test_certificates_of_two_people_in_one_signature_count_for_nobody(town: Definition, randomness: Randomness) -> None:
    """Aino signs, and shows an officer's authentication certificate, which anybody can read from the card."""
    files = unsigned(town, randomness)
    mixed = replace(AINOS, authentication=JUHANS.authentication)
    assert refusal(sign(files, KADRIS, mixed)) is PackageRefusal.OFFICERS


def test_a_signature_by_the_authentication_key_counts_for_nobody(town: Definition, randomness: Randomness) -> None:
    """What PIN 1 signs is asked for at every kiosk; it must never sign an election."""
    files = unsigned(town, randomness)
    by_pin_1 = replace(JUHANS, signature=JUHANS.authentication)
    assert refusal(sign(files, KADRIS, by_pin_1)) is PackageRefusal.OFFICERS
    forged = Signatures(
        1,
        (
            msgspec.json.decode(bytes(sign(files, KADRIS)[SIGNATURES]), type=Signatures).signatures[0],
            OfficerSignature(
                JUHANS.authentication.certificate,
                JUHANS.signature.certificate,
                JUHANS.authentication.sign_digest(signing_digest(bytes(files[MANIFEST]))),
            ),
        ),
    )
    assert refusal({**files, SIGNATURES: forged.to_bytes()}) is PackageRefusal.OFFICERS


def test_signatures_of_a_test_are_none_of_the_official_election(
    town: Definition, randomness: Randomness, files: dict[str, Content]
) -> None:
    official = unsigned(msgspec.structs.replace(town, mode=Mode.OFFICIAL), randomness)
    assert refusal({**official, SIGNATURES: files[SIGNATURES]}) is PackageRefusal.OFFICERS
    assert verify_package(sign(official, KADRIS, JUHANS), BOTH).mode is Mode.OFFICIAL


def resigned(files: Mapping[str, Content], name: str, content: Content) -> dict[str, Content]:
    """Have two officers sign a package with another file in it: they may err, the package must not."""
    manifest = canonical.decode(bytes(files[MANIFEST]))
    assert isinstance(manifest, dict)
    named = manifest["files"]
    assert isinstance(named, dict)
    changed = {**files, name: content}
    sha256 = hashlib.sha256(content).hexdigest()
    changed[MANIFEST] = canonical.encode({**manifest, "files": {**named, name: sha256}})
    return sign({each: data for each, data in changed.items() if each != SIGNATURES}, KADRIS, JUHANS)


def test_officers_cannot_sign_a_package_that_contradicts_itself(
    town: Definition, files: dict[str, Content], randomness: Randomness
) -> None:
    official = msgspec.structs.replace(town, mode=Mode.OFFICIAL)
    titled = msgspec.structs.replace(town, title={**town.title, "en": "Another title"})
    election = bytes(files["election-town.json"])
    for name, content, reason in (
        ("definition.json", official.to_bytes(), PackageRefusal.OTHER_MODE),
        ("definition.json", titled.to_bytes(), PackageRefusal.OTHER_ELECTION),
        ("definition.json", b"{}", PackageRefusal.MALFORMED),
        ("election-town.json", election.replace(b"Liis Tamm", b"Liis Tomm"), PackageRefusal.OTHER_ELECTION),
        (TRUSTEES, trustees(randomness), PackageRefusal.OTHER_ELECTION),
        (TRUSTEES, b"[]", PackageRefusal.OTHER_ELECTION),
        (ROLL, b"no roll", PackageRefusal.MALFORMED),
        ("roll-key.json", b"{}", PackageRefusal.MALFORMED),
        ("election-hill.json", election, PackageRefusal.INCOMPLETE),
    ):
        assert refusal(resigned(files, name, content)) is reason, name


def test_a_manifest_that_is_none_is_refused(files: dict[str, Content]) -> None:
    for manifest in (b"", b"{}", b"[]", b"\xff", manifest_of(files, version=2), manifest_of(files, type="envelope")):
        assert refusal({**files, MANIFEST: manifest}) is PackageRefusal.MALFORMED
    assert refusal({**files, SIGNATURES: b"{}"}) is PackageRefusal.MALFORMED
