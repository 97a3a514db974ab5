# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a state signed is told from what it did not, part by part, with simulated states that do everything wrong."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from townhall_crypto.errors import ProgrammingError
from townhall_crypto.state_trust import StateTrust, StateTrustFiles, load_state_trust
from townhall_smartcard.emrtd.passive_authentication import ReadDocument, authenticate
from townhall_smartcard.emrtd.passive_verdict import Check, Outcome, PassiveVerdict, Reason, Standing
from townhall_smartcard.simulation import lds_files, states
from townhall_smartcard.simulation.lds_files import Holder
from townhall_smartcard.simulation.state_keys import CurveStateKey, RsaStateKey, Spelling
from townhall_smartcard.simulation.states import Standing as Certified
from townhall_smartcard.simulation.states import Wish
from townhall_smartcard.tlv import encode

NOW = datetime.now(UTC) + timedelta(hours=3)
"""Later than whatever the tests sign, however long other tests run between the collection of these and their turn."""
DG1 = lds_files.dg1(lds_files.td1(Holder()))
GROUPS = {1: DG1, 2: b"a picture, as far as this goes"}


@cache
def utopia() -> Certified:
    return states.authority(CurveStateKey("brainpoolp384r1", Spelling.EXPLICIT, digest="sha384"))


@cache
def signer() -> Certified:
    return states.document_signer(utopia(), CurveStateKey("brainpoolp256r1", Spelling.EXPLICIT))


@dataclass(frozen=True)
class World:
    """What the kiosk knows, and what the chip holds."""

    authorities: Mapping[str, bytes] = field(default_factory=lambda: {"ut.der": utopia().der})
    crls: Mapping[str, bytes] = field(default_factory=lambda: {"ut.crl": states.revocation_list(utopia())})
    trust_at: datetime | None = NOW - timedelta(days=1)
    sod: bytes = b""
    groups: Mapping[int, bytes] = field(default_factory=lambda: GROUPS)
    at: datetime = NOW

    def trust(self) -> StateTrust:
        return load_state_trust(StateTrustFiles(self.authorities, {}, self.crls, self.trust_at), self.at)

    def judge(self) -> PassiveVerdict:
        sod = self.sod or states.security_object(signer(), GROUPS)
        return authenticate(ReadDocument(sod, self.groups), self.trust(), self.at)


def not_good(verdict: PassiveVerdict) -> dict[Check, tuple[Reason, ...]]:
    assert set(verdict.findings) == set(Check)
    return {check: each.reasons for check, each in verdict.findings.items() if each.standing is not Standing.GOOD}


def not_reached(*checks: Check) -> dict[Check, tuple[Reason, ...]]:
    return dict.fromkeys(checks, (Reason.NOT_REACHED,))


BEHIND_THE_CHAIN = (Check.COUNTRY, Check.VALIDITY, Check.REVOCATION, Check.FRESHNESS)


def test_what_a_state_signed_is_verified_in_every_part() -> None:
    verdict = World().judge()
    assert not_good(verdict) == {}
    assert verdict.outcome is Outcome.VERIFIED
    assert verdict.is_accepted
    assert verdict.groups == dict.fromkeys(GROUPS, Standing.GOOD)
    assert verdict.signer is not None
    assert (verdict.signer.country, verdict.signer.authority) == ("UT", "UT Utopia CSCA")
    assert verdict.signer.serial_number == signer().certificate.serial_number


@pytest.mark.parametrize("digest", ["sha1", "sha224", "sha384", "sha512"])
def test_every_hash_of_documents_in_use_is_compared(digest: str) -> None:
    sod = states.security_object(signer(), GROUPS, digest=digest)
    assert World(sod=sod).judge().outcome is Outcome.VERIFIED
    assert World(sod=sod, groups={1: DG1, 2: b"another"}).judge().outcome is Outcome.CHANGED


def test_a_changed_picture_is_told_from_the_rest() -> None:
    verdict = World(groups={1: DG1, 2: b"another face"}).judge()
    assert not_good(verdict) == {Check.DATA: (Reason.CHANGED,)}
    assert verdict.groups == {1: Standing.GOOD, 2: Standing.BAD}
    assert verdict.outcome is Outcome.CHANGED
    assert not verdict.is_accepted


def test_another_name_in_the_zone_is_a_changed_document() -> None:
    changed = lds_files.dg1(lds_files.td1(replace(Holder(), surname="SOMEBODY")))
    assert World(groups={1: changed}).judge().outcome is Outcome.CHANGED


def test_a_file_that_the_state_did_not_sign_is_not_believed() -> None:
    verdict = World(groups={**GROUPS, 11: b"more about the person"}).judge()
    assert not_good(verdict) == {Check.DATA: (Reason.NOT_LISTED,)}
    assert verdict.groups[11] is Standing.UNKNOWN
    assert verdict.outcome is Outcome.CHANGED


@pytest.mark.parametrize("groups", [{}, {2: GROUPS[2]}])
def test_without_the_zone_nobody_is_verified(groups: Mapping[int, bytes]) -> None:
    verdict = World(groups=groups).judge()
    assert not_good(verdict) == {Check.DATA: (Reason.NOTHING_READ,), Check.COUNTRY: (Reason.NOTHING_READ,)}
    assert verdict.outcome is Outcome.ISSUER_UNKNOWN


def test_a_broken_signature_says_nothing_about_who_signed() -> None:
    sod = bytearray(states.security_object(signer(), GROUPS))
    sod[-1] ^= 1
    verdict = World(sod=bytes(sod)).judge()
    assert not_good(verdict) == {
        Check.SIGNATURE: (Reason.NOT_SIGNED,),
        **not_reached(Check.CHAIN, *BEHIND_THE_CHAIN),
    }
    assert verdict.outcome is Outcome.FORGED
    assert verdict.signer is None


def test_hashes_that_were_put_into_a_signed_object_are_not_signed() -> None:
    other = {1: DG1, 2: b"another face"}
    good, wanted = (states.lds_security_object(_hashes(each)) for each in (GROUPS, other))
    sod = states.security_object(signer(), GROUPS)
    assert good in sod
    verdict = World(sod=sod.replace(good, wanted), groups=other).judge()
    assert verdict.findings[Check.DATA].standing is Standing.GOOD
    assert verdict.findings[Check.SIGNATURE].reasons == (Reason.NOT_SIGNED,)
    assert verdict.outcome is Outcome.FORGED


def test_a_signer_of_an_unknown_authority_is_nobody() -> None:
    """Also when everything else is as it should be, the authority's name included."""
    impostor = states.authority(CurveStateKey("brainpoolp384r1"))
    verdict = World(sod=states.security_object(states.document_signer(impostor), GROUPS)).judge()
    assert not_good(verdict) == {Check.CHAIN: (Reason.AUTHORITY_UNKNOWN,), **not_reached(*BEHIND_THE_CHAIN)}
    assert verdict.outcome is Outcome.ISSUER_UNKNOWN
    assert not verdict.is_accepted


def test_an_authority_signs_no_documents_itself() -> None:
    verdict = World(sod=states.security_object(utopia(), GROUPS)).judge()
    assert verdict.findings[Check.CHAIN].reasons == (Reason.NO_DOCUMENT_SIGNER,)
    assert verdict.outcome is Outcome.FORGED


def test_a_signer_on_a_forged_curve_signs_nothing() -> None:
    forged = states.document_signer(utopia(), CurveStateKey("secp256r1", Spelling.FORGED))
    assert World(sod=states.security_object(forged, GROUPS)).judge().outcome is Outcome.FORGED


def test_the_signer_of_one_state_does_not_sign_for_another() -> None:
    other = states.authority(RsaStateKey(), Wish("EE", "Estonia"))
    sod = states.security_object(states.document_signer(other), GROUPS)
    verdict = World({"ee.der": other.der}, {"ee.crl": states.revocation_list(other)}, sod=sod).judge()
    assert not_good(verdict) == {Check.COUNTRY: (Reason.OTHER_COUNTRY,)}
    assert verdict.outcome is Outcome.FORGED


def test_a_state_that_nobody_knows_is_not_taken_for_another() -> None:
    zone = lds_files.dg1(lds_files.td1(replace(Holder(), state="JJJ")))
    verdict = World(sod=states.security_object(signer(), {1: zone}), groups={1: zone}).judge()
    assert not_good(verdict) == {Check.COUNTRY: (Reason.STATE_UNKNOWN,)}
    assert verdict.outcome is Outcome.ISSUER_UNKNOWN


def sod_of(days: int) -> bytes:
    """Return EF.SOD that says it was signed so many days from now."""
    content = states.lds_security_object(_hashes(GROUPS))
    moment = (NOW + timedelta(days=days)).replace(microsecond=0)
    return encode(0x77, states.signed_content(states.LDS_SECURITY_OBJECT, content, signer(), signed_at=moment))


@pytest.mark.parametrize(
    ("days", "reasons"),
    [
        (-400, (Reason.SIGNER_NOT_VALID, Reason.AUTHORITY_NOT_VALID)),  # both are a year old
        (2, (Reason.SIGNED_LATER,)),
        (4500, (Reason.SIGNED_LATER, Reason.SIGNER_NOT_VALID)),
    ],
)
def test_a_document_is_signed_while_its_signer_is_valid(days: int, reasons: tuple[Reason, ...]) -> None:
    verdict = World(sod=sod_of(days)).judge()
    assert not_good(verdict) == {Check.VALIDITY: reasons}
    assert verdict.outcome is Outcome.FORGED


def test_a_signer_that_has_ended_since_signed_well() -> None:
    old = Wish(name="Ended", since=NOW - timedelta(days=300), lasts=timedelta(days=200))
    ended = states.document_signer(utopia(), None, old)
    content = states.lds_security_object(_hashes(GROUPS))
    moment = (NOW - timedelta(days=250)).replace(microsecond=0)
    signed = states.signed_content(states.LDS_SECURITY_OBJECT, content, ended, signed_at=moment)
    undated = states.signed_content(states.LDS_SECURITY_OBJECT, content, ended, bound={"signing_time": None})
    assert World(sod=encode(0x77, signed)).judge().outcome is Outcome.VERIFIED
    assert World(sod=encode(0x77, undated)).judge().outcome is Outcome.FORGED


def test_a_revoked_signer_is_not_believed() -> None:
    verdict = World(crls={"ut.crl": states.revocation_list(utopia(), [signer()])}).judge()
    assert not_good(verdict) == {Check.REVOCATION: (Reason.REVOKED,)}
    assert verdict.outcome is Outcome.REVOKED


def test_a_list_that_has_ended_still_refuses_whom_it_names() -> None:
    old = states.revocation_list(utopia(), [signer()], since=NOW - timedelta(days=200))
    assert World(crls={"ut.crl": old}).judge().outcome is Outcome.REVOKED


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"crls": {}}, {Check.REVOCATION: (Reason.NO_LIST,)}),
        ({"trust_at": None}, {Check.FRESHNESS: (Reason.TRUST_UNDATED,)}),
        ({"trust_at": NOW - timedelta(days=31)}, {Check.FRESHNESS: (Reason.TRUST_OLD,)}),
        ({"trust_at": NOW + timedelta(days=1)}, {Check.FRESHNESS: (Reason.TRUST_AHEAD,)}),
        (
            {"at": NOW + timedelta(days=120), "trust_at": NOW + timedelta(days=119)},
            {Check.REVOCATION: (Reason.LIST_ENDED,), Check.FRESHNESS: (Reason.LIST_OLD,)},
        ),
    ],
    ids=["no list", "undated", "old", "ahead", "ended"],
)
def test_old_knowledge_makes_a_doubt_and_no_refusal(change: dict[str, object], expected: object) -> None:
    verdict = replace(World(), **change).judge()  # type: ignore[arg-type]  # fields by name
    assert not_good(verdict) == expected
    assert verdict.outcome is Outcome.PROVISIONAL
    assert verdict.is_accepted


def test_a_document_under_the_new_key_of_a_linked_authority_is_verified() -> None:
    new = states.authority(RsaStateKey(is_pss=True))
    known = {"old.der": utopia().der, "link.der": states.linked(utopia(), new).der}
    sod = states.security_object(states.document_signer(new), GROUPS)
    verdict = World(known, {"ut.crl": states.revocation_list(new)}, sod=sod).judge()
    assert verdict.outcome is Outcome.VERIFIED


@pytest.mark.parametrize("sod", [b"\x00", b"\x77\x00", b"\x77\x02\x30\x00", DG1, b"\x77\x80" * 1000])
def test_without_a_security_object_there_is_nothing_to_look_at(sod: bytes) -> None:
    verdict = World(sod=sod).judge()
    assert verdict.findings[Check.SIGNATURE].reasons == (Reason.UNREADABLE,)
    assert verdict.outcome is Outcome.UNREADABLE


def test_a_time_without_a_zone_is_a_fault_of_the_program() -> None:
    with pytest.raises(ProgrammingError):
        replace(World(), at=datetime(2026, 1, 1)).judge()  # noqa: DTZ001  # that is the question


@cache
def _good() -> tuple[bytes, StateTrust]:
    return states.security_object(signer(), GROUPS), World().trust()


@given(st.data())
def test_no_changed_byte_of_a_document_is_accepted_with_other_data(data: st.DataObject) -> None:
    sod, trust = _good()
    files = {0: bytearray(sod), 1: bytearray(DG1), 2: bytearray(GROUPS[2])}
    which = data.draw(st.sampled_from([0, 0, 0, 1, 2]))
    at = data.draw(st.integers(0, len(files[which]) - 1))
    files[which][at] ^= data.draw(st.integers(1, 255))
    groups = {number: bytes(files[number]) for number in (1, 2)}
    verdict = authenticate(ReadDocument(bytes(files[0]), groups), trust, NOW)
    assert set(verdict.findings) == set(Check)
    if verdict.is_accepted:
        assert groups == GROUPS


def _hashes(groups: Mapping[int, bytes]) -> dict[int, bytes]:
    return {number: hashlib.sha256(file).digest() for number, file in groups.items()}
