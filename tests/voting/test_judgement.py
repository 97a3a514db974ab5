# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The eligibility board's judgement of one statement, for each way in which it can be good, bad or doubtful."""

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from townhall_crypto.device_key import FileDeviceKey
from townhall_crypto.trust import TrustAnchors, ValidatedCertificate
from townhall_smartcard.simulation.estonian_card_keys import CertifiedKey
from townhall_smartcard.simulation.estonian_card_person import KADRI
from townhall_smartcard.simulation.pki import Role, Standing, TestPki
from townhall_voting.eligibility.duplicates import OpeningHours, Pseudonym
from townhall_voting.eligibility.judgement import Bad, Bench, Doubtful, Good, Judgement, Open, Refused, judge
from townhall_voting.eligibility.sentence import SENTENCES, sentence_of, statement_language
from townhall_voting.eligibility.statement import StatementFacts, sign_statement
from townhall_voting.errors import StatementRefusedError
from townhall_voting.hashing import Fingerprint, HexHash, fingerprint, hex_hash
from townhall_voting.mode import Mode
from townhall_voting.package.contests import Id
from townhall_voting.package.definition import BallotStyle, Definition, Device, DeviceRole, District, Hours

# Certificates of the test PKI begin to be valid a while before it is made.
NOW = datetime.now(UTC).replace(microsecond=0)
ROLL = HexHash("ab" * 32)
PHI, OTHER_PHI = fingerprint(b"town"), fingerprint(b"village")
HOURS = OpeningHours(int(NOW.timestamp()) - 3600, int(NOW.timestamp()) + 3600)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A roll with one person, or nobody."""

    district: Id | None = "centre"

    @property
    def version(self) -> HexHash:
        return ROLL

    def find(self, certificate: ValidatedCertificate) -> tuple[Pseudonym, Id] | None:
        person = certificate.subject.personal_code.encode()
        return None if self.district is None else (Pseudonym(person), self.district)


@pytest.fixture(scope="module")
def pki() -> TestPki:
    return TestPki()


@pytest.fixture(scope="module")
def card(pki: TestPki) -> CertifiedKey:
    return pki.issue(KADRI, Role.SIGNATURE)


@pytest.fixture(scope="module")
def definition(town: Definition) -> Definition:
    key = FileDeviceKey(ec.generate_private_key(ec.SECP256R1())).public_der
    place = msgspec.structs.replace(
        town.places[0],
        hours=(),
        devices=(Device("kiosk-1", DeviceRole.SINGLE, key), Device("booth-1", DeviceRole.BOOTH, key)),
    )
    hours = Hours(NOW - timedelta(hours=2), NOW + timedelta(hours=2))
    return msgspec.structs.replace(
        town,
        places=(place, *town.places[1:]),
        rules=msgspec.structs.replace(town.rules, hours=(hours,)),
        styles=(*town.styles, BallotStyle("village", ("mayor",))),
        districts=(District("centre", {"en": "Centre"}, "town"), District("lake", {"en": "Lake"}, "village")),
    )


@pytest.fixture(scope="module")
def facts(definition: Definition) -> StatementFacts:
    return StatementFacts(
        mode=Mode.TEST,
        election=PHI,
        ballot=fingerprint(b"ballot"),
        place=definition.places[0].id,
        device="kiosk-1",
        seq=1,
        time=int(NOW.timestamp()),
        roll_version=ROLL,
        language="et",
    )


@pytest.fixture(scope="module")
def bench(definition: Definition, pki: TestPki) -> Bench:
    elections: dict[Id, Fingerprint] = {"town": PHI, "village": OTHER_PHI}
    return Bench(definition, hex_hash(definition.to_bytes()), elections, Snapshot(), pki.trust_anchors, NOW)


def signed(facts: StatementFacts, card: CertifiedKey, definition: Definition, sentence: str | None = None) -> bytes:
    async def sign_digest(digest: bytes) -> bytes:
        return card.sign_digest(digest)

    read = sentence_of(facts, definition) if sentence is None else sentence
    return asyncio.run(
        sign_statement(facts, read, certificate=card.certificate, sign_digest=sign_digest, signed_at=NOW)
    )


def judged(bench: Bench, facts: StatementFacts, card: CertifiedKey, device: str = "kiosk-1") -> Judgement:
    return judge(signed(facts, card, bench.definition, "" if facts.place == "nowhere" else None), device, HOURS, bench)


def test_a_statement_of_a_person_on_the_roll_is_good(bench: Bench, facts: StatementFacts, card: CertifiedKey) -> None:
    judgement = judged(bench, facts, card)
    assert isinstance(judgement, Good)
    assert judgement.district == "centre"
    assert judgement.candidate.person == KADRI.personal_code.encode()
    assert (judgement.candidate.ballot, judgement.candidate.seq) == (facts.ballot, 1)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"mode": Mode.OFFICIAL}, Refused.OTHER_ELECTION),
        ({"election": fingerprint(b"elsewhere")}, Refused.OTHER_ELECTION),
        ({"election": OTHER_PHI}, Refused.OTHER_DISTRICT),
        ({"device": "booth-1"}, Refused.OTHER_DEVICE),
        ({"device": "stranger"}, Refused.OTHER_DEVICE),
        ({"place": "nowhere"}, Refused.OTHER_DEVICE),
        ({"roll_version": HexHash("cd" * 32)}, Refused.OTHER_ROLL),
    ],
    ids=["mode", "election", "district", "booth", "device", "place", "roll"],
)
def test_a_statement_about_something_else_is_bad(
    bench: Bench, facts: StatementFacts, card: CertifiedKey, change: dict[str, object], reason: Refused
) -> None:
    changed = msgspec.structs.replace(facts, **change)
    assert judged(bench, changed, card, device=changed.device) == Bad(reason)


def test_a_device_cannot_hand_in_another_devices_statement(
    bench: Bench, facts: StatementFacts, card: CertifiedKey
) -> None:
    assert judged(bench, facts, card, device="kiosk-2") == Bad(Refused.OTHER_DEVICE)


def test_rubbish_and_another_sentence_are_bad(bench: Bench, facts: StatementFacts, card: CertifiedKey) -> None:
    assert judge(b"rubbish", "kiosk-1", HOURS, bench) == Bad(Refused.UNSIGNED)
    other = signed(facts, card, bench.definition, "I want a library card.")
    assert judge(other, "kiosk-1", HOURS, bench) == Bad(Refused.OTHER_SENTENCE)


def test_somebody_who_is_not_on_the_roll_is_refused(bench: Bench, facts: StatementFacts, card: CertifiedKey) -> None:
    assert judged(replace(bench, voters=Snapshot(None)), facts, card) == Bad(Refused.NOT_ON_ROLL)


def test_a_card_of_nobody_we_trust_is_refused(bench: Bench, facts: StatementFacts, card: CertifiedKey) -> None:
    assert judged(replace(bench, anchors=TestPki().trust_anchors), facts, card) == Bad(Refused.CERTIFICATE)


def test_a_card_revoked_before_the_vote_is_for_people_to_decide(
    bench: Bench, facts: StatementFacts, pki: TestPki
) -> None:
    revoked = pki.issue(KADRI, Role.SIGNATURE, Standing.REVOKED)
    judgement = judged(replace(bench, anchors=pki.trust_anchors), facts, revoked)
    assert isinstance(judgement, Open)
    assert judgement.reason is Doubtful.REVOKED
    assert judgement.candidate.ballot == facts.ballot


def test_an_expired_card_is_for_people_to_decide(bench: Bench, facts: StatementFacts, pki: TestPki) -> None:
    judgement = judged(bench, facts, pki.issue(KADRI, Role.SIGNATURE, Standing.EXPIRED))
    assert isinstance(judgement, Open)
    assert judgement.reason is Doubtful.EXPIRED


def test_a_card_that_no_list_speaks_for_is_for_people_to_decide(
    bench: Bench, facts: StatementFacts, card: CertifiedKey
) -> None:
    silent: TrustAnchors = replace(bench.anchors, crls_der=())
    judgement = judged(replace(bench, anchors=silent), facts, card)
    assert isinstance(judgement, Open)
    assert judgement.reason is Doubtful.UNCHECKED


def test_a_time_outside_of_the_places_hours_is_for_people_to_decide(
    bench: Bench, facts: StatementFacts, card: CertifiedKey
) -> None:
    early = OpeningHours(HOURS.opened - 4 * 3600, HOURS.closed)
    changed = msgspec.structs.replace(facts, time=early.opened)
    judgement = judge(signed(changed, card, bench.definition), "kiosk-1", early, bench)
    assert isinstance(judgement, Open)
    assert judgement.reason is Doubtful.OUTSIDE_HOURS


def test_a_claimed_time_is_held_within_the_devices_hours(
    bench: Bench, facts: StatementFacts, card: CertifiedKey
) -> None:
    changed = msgspec.structs.replace(facts, time=1)
    assert isinstance(judge(signed(changed, card, bench.definition), "kiosk-1", HOURS, bench), Good)


def test_every_language_has_a_sentence_that_names_vote_place_and_ballot(
    definition: Definition, facts: StatementFacts
) -> None:
    for language in SENTENCES:
        assert statement_language(language, definition) == language
        sentence = sentence_of(msgspec.structs.replace(facts, language=language), definition)
        for part in (facts.ballot, definition.title[language], definition.places[0].name[language]):
            assert part in sentence
    assert statement_language("sv", definition) == "en"
    with pytest.raises(StatementRefusedError):
        sentence_of(msgspec.structs.replace(facts, language="sv"), definition)


def test_a_test_says_so_in_the_sentence(definition: Definition, facts: StatementFacts) -> None:
    official = msgspec.structs.replace(facts, mode=Mode.OFFICIAL)
    assert sentence_of(facts, definition).startswith("PROOV")
    assert not sentence_of(official, definition).startswith("PROOV")
