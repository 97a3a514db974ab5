# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Authorities of states by files and lists of every odd kind: what can be used is used, the rest is told and why."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509 import load_der_x509_certificate
from hypothesis import given
from hypothesis import strategies as st

from townhall_crypto.signature_key import describe
from townhall_crypto.state_certificate import LIST_SIGNING, StateCertificate, read_certificate
from townhall_crypto.state_errors import AuthorityRefusal, AuthorityRefusedError
from townhall_crypto.state_trust import StateTrust, StateTrustFiles, load_state_trust
from townhall_crypto.trust_revocation import Verdict
from townhall_smartcard.simulation import states
from townhall_smartcard.simulation.state_keys import CurveStateKey, RsaStateKey, Spelling, StateKey
from townhall_smartcard.simulation.states import Standing, Wish

NOW = datetime.now(UTC)
USABLE: dict[str, Callable[[], StateKey]] = {
    "RSA-2048": RsaStateKey,
    "RSA-2048, PSS": lambda: RsaStateKey(is_pss=True, digest="sha384"),
    "secp256r1": lambda: CurveStateKey("secp256r1"),
    "secp384r1, spelt out": lambda: CurveStateKey("secp384r1", Spelling.EXPLICIT, digest="sha384"),
    "secp521r1, NULL": lambda: CurveStateKey("secp521r1", Spelling.NULL, digest="sha512"),
    "secp224r1": lambda: CurveStateKey("secp224r1", Spelling.EXPLICIT),
    "brainpoolp224r1": lambda: CurveStateKey("brainpoolp224r1", Spelling.EXPLICIT, digest="sha224"),
    "brainpoolp256r1": lambda: CurveStateKey("brainpoolp256r1", Spelling.EXPLICIT),
    "brainpoolp320r1": lambda: CurveStateKey("brainpoolp320r1"),
    "brainpoolp384r1": lambda: CurveStateKey("brainpoolp384r1", Spelling.NULL, digest="sha384"),
    "brainpoolp512r1": lambda: CurveStateKey("brainpoolp512r1", Spelling.EXPLICIT, digest="sha512"),
}


@cache
def usable(kind: str) -> Standing:
    return states.authority(USABLE[kind](), Wish(name=f"CSCA {kind}"))


@cache
def german() -> Standing:
    return states.authority(CurveStateKey("brainpoolp384r1", Spelling.EXPLICIT), Wish("DE", "csca-germany"))


@cache
def german_list_signer() -> Standing:
    return states.list_signer(german(), CurveStateKey("brainpoolp256r1"))


def unusable() -> dict[str, tuple[bytes, AuthorityRefusal]]:
    good = usable("secp256r1")
    broken = bytearray(good.der)
    broken[-1] ^= 1
    nameless = states.authority(CurveStateKey("secp256r1"), Wish(country=""))
    return {
        "a number": (b"\x02\x01\x05", AuthorityRefusal.UNREADABLE),
        "an empty sequence": (b"\x30\x00", AuthorityRefusal.UNREADABLE),
        "torn inside": (b"\x30\x82\x01\x00" + good.der[4:260], AuthorityRefusal.UNREADABLE),
        "no country": (nameless.der, AuthorityRefusal.NO_COUNTRY),
        "a forged curve": (
            states.authority(CurveStateKey("secp256r1", Spelling.FORGED), Wish(name="Forger")).der,
            AuthorityRefusal.KEY,
        ),
        "its signature is broken": (bytes(broken), AuthorityRefusal.SELF_SIGNATURE),
        "a document signer": (states.document_signer(good).der, AuthorityRefusal.NOT_AN_AUTHORITY),
        "a link by nobody": (
            states.linked(states.authority(CurveStateKey("secp256r1"), Wish(name="Unknown")), good).der,
            AuthorityRefusal.LINK_UNKNOWN,
        ),
    }


def german_list(entries: Sequence[bytes]) -> bytes:
    return states.master_list(german_list_signer(), entries, beside=[german()], is_german=True)


def load(
    lists: Mapping[str, bytes] | None = None, crls: Mapping[str, bytes] | None = None, **authorities: Standing
) -> StateTrust:
    named = {f"{name}.der": each.der for name, each in authorities.items()}
    return load_state_trust(StateTrustFiles(named, lists or {}, crls or {}), NOW)


def reasons(trust: StateTrust) -> dict[str, AuthorityRefusal]:
    return {each.source: each.reason for each in trust.refused}


def signer_of(issuer: Standing) -> StateCertificate:
    return read_certificate(states.document_signer(issuer).der)


@pytest.mark.parametrize("kind", USABLE)
def test_an_authority_of_every_odd_kind_is_loaded_and_its_signers_are_found(kind: str) -> None:
    trust = load(lists={"german.ml": german_list([usable(kind).der])}, de=german())
    assert trust.refused == ()
    found = trust.issuer_of(signer_of(usable(kind)), NOW)
    assert found is not None
    assert found.der == usable(kind).der
    assert describe(found.key) == kind.split(",", maxsplit=1)[0]


def test_some_of_them_are_such_that_the_strict_library_cannot_use_them() -> None:
    """Else this module would prove nothing."""
    refused = set()
    for kind in USABLE:
        try:
            load_der_x509_certificate(usable(kind).der).public_key()
        except (ValueError, UnsupportedAlgorithm):
            refused.add(kind)
    assert {"brainpoolp224r1", "brainpoolp256r1", "secp521r1, NULL", "brainpoolp384r1"} <= refused


@pytest.mark.parametrize("is_german", [False, True], ids=["as ICAO's", "as Germany's"])
def test_what_cannot_be_used_is_told_and_spoils_nothing(*, is_german: bool) -> None:
    good = [usable(kind).der for kind in USABLE]
    bad = unusable()
    entries = [*good, *(der for der, _reason in bad.values())]
    listed = states.master_list(german_list_signer(), entries, beside=[german()], is_german=is_german)
    trust = load(lists={"all.ml": listed}, de=german())
    assert {each.der for each in trust.authorities} == {german().der, *good}
    assert sorted(each.reason.name for each in trust.refused) == sorted(reason.name for _der, reason in bad.values())
    assert all(each.source.startswith("all.ml#") for each in trust.refused)
    (loaded,) = trust.master_lists
    assert (loaded.country, loaded.entries) == ("DE", len(entries))


def test_what_a_certificate_says_of_itself_is_told_with_its_refusal() -> None:
    trust = load(forged=states.authority(CurveStateKey("secp256r1", Spelling.FORGED), Wish("UT", "Forger")))
    (refused,) = trust.refused
    assert (refused.about, refused.reason) == ("UT Forger", AuthorityRefusal.KEY)
    assert "numbers" in refused.detail


def test_a_list_by_a_signer_that_nobody_named_is_refused_whole() -> None:
    stranger = states.authority(CurveStateKey("secp256r1"), Wish("XX", "Stranger"))
    listed = states.master_list(states.list_signer(stranger), [stranger.der], beside=[stranger])
    trust = load(lists={"xx.ml": listed}, de=german())
    assert reasons(trust) == {"xx.ml": AuthorityRefusal.LIST_SIGNER}
    assert [each.country for each in trust.authorities] == ["DE"]


def test_a_signer_of_documents_signs_no_lists() -> None:
    listed = states.master_list(states.document_signer(german()), [usable("secp256r1").der])
    assert reasons(load(lists={"a.ml": listed}, de=german())) == {"a.ml": AuthorityRefusal.LIST_SIGNER}


def test_an_authority_that_a_list_names_does_not_vouch_for_lists() -> None:
    """Only whom the administrators named: else one list would bring the next."""
    second = states.master_list(states.list_signer(usable("secp256r1")), [usable("RSA-2048").der])
    trust = load(lists={"a.ml": german_list([usable("secp256r1").der]), "b.ml": second}, de=german())
    assert reasons(trust) == {"b.ml": AuthorityRefusal.LIST_SIGNER}


def test_a_signer_whose_time_was_over_signs_no_list() -> None:
    wish = Wish("DE", "Old", since=NOW - timedelta(days=900), lasts=timedelta(days=300))
    old = states.document_signer(german(), None, replace(wish, extended_usage=(LIST_SIGNING,)))
    listed = states.master_list(old, [german().der])
    assert reasons(load(lists={"a.ml": listed}, de=german())) == {"a.ml": AuthorityRefusal.LIST_SIGNER}


@pytest.mark.parametrize("junk", [b"", b"junk", bytes(100), b"\x30\x80" * 10_000])
def test_junk_is_refused_by_its_name(junk: bytes) -> None:
    trust = load_state_trust(StateTrustFiles({"a.der": junk}, {"b.ml": junk}, {"c.crl": junk}), NOW)
    assert reasons(trust) == {
        "a.der": AuthorityRefusal.UNREADABLE,
        "b.ml": AuthorityRefusal.LIST_SIGNATURE,
        "c.crl": AuthorityRefusal.CRL_UNREADABLE,
    }


def test_signed_content_that_is_no_list_is_refused() -> None:
    made = states.signed_content(states.MASTER_LIST, b"no list", german_list_signer())
    assert reasons(load(lists={"a.ml": made}, de=german())) == {"a.ml": AuthorityRefusal.LIST_UNREADABLE}


def test_a_link_is_believed_because_the_old_key_signed_it() -> None:
    old, new = usable("secp256r1"), states.authority(RsaStateKey(), Wish(name="CSCA secp256r1"))
    trust = load(old=old, link=states.linked(old, new))
    assert trust.refused == ()
    assert trust.issuer_of(signer_of(new), NOW) is not None
    assert trust.issuer_of(signer_of(old), NOW) is not None


def test_of_several_certificates_of_one_key_one_that_was_valid_then_is_taken() -> None:
    """A state renews its certificate, or links its key for a short time."""
    key = CurveStateKey("secp256r1")
    old = states.authority(key, Wish(since=NOW - timedelta(days=4000), lasts=timedelta(days=1000)))
    new = states.authority(key, Wish(since=NOW - timedelta(days=100)))
    trust = load(a_old=old, b_new=new)
    for standing, days in ((old, -3500), (new, -50)):
        found = trust.issuer_of(signer_of(new), NOW + timedelta(days=days))
        assert found is not None
        assert found.der == standing.der


def test_a_chain_of_links_is_followed_whatever_its_order() -> None:
    old = usable("secp256r1")
    new, newest = (states.authority(CurveStateKey("secp256r1"), Wish(name=f"CSCA {n}")) for n in (2, 3))
    trust = load(a_last=states.linked(new, newest), b_first=states.linked(old, new), c_old=old)
    assert trust.issuer_of(signer_of(newest), NOW) is not None


def test_a_link_of_another_country_is_not_believed() -> None:
    other = states.authority(CurveStateKey("secp256r1"), Wish("XX", "Other"))
    link = states.linked(usable("secp256r1"), other)
    assert reasons(load(old=usable("secp256r1"), link=link)) == {"link.der": AuthorityRefusal.LINK_UNKNOWN}


def test_a_signer_of_an_unknown_authority_has_no_issuer() -> None:
    """Also when that authority has the name of a known one."""
    impostor = states.authority(CurveStateKey("secp256r1"), Wish(name="CSCA secp256r1"))
    trust = load(ut=usable("secp256r1"))
    assert trust.issuer_of(signer_of(impostor), NOW) is None


def test_names_that_differ_in_their_spelling_alone_are_one_name() -> None:
    issuer = states.authority(CurveStateKey("secp256r1"), Wish("ut", "Spelling", has_identifiers=False))
    printable = states.authority(issuer.key, Wish("UT", "Spelling", has_identifiers=False, is_printable=True))
    trust = load(ut=issuer)
    assert trust.authorities[0].country == "UT"
    assert trust.issuer_of(signer_of(printable), NOW) is not None


def revocation(trust: StateTrust, signer: Standing) -> Verdict:
    certificate = read_certificate(signer.der)
    issuer = trust.issuer_of(certificate, NOW)
    assert issuer is not None
    return trust.find_revocation(certificate, issuer, NOW).verdict


@pytest.mark.parametrize("kind", USABLE)
def test_lists_of_every_odd_kind_of_authority_speak(kind: str) -> None:
    issuer = usable(kind)
    good, bad = states.document_signer(issuer), states.document_signer(issuer)
    trust = load(crls={"a.crl": states.revocation_list(issuer, [bad])}, ut=issuer)
    assert [each.entries for each in trust.crls] == [1]
    assert (revocation(trust, good), revocation(trust, bad)) == (Verdict.GOOD, Verdict.REVOKED)


def test_the_newest_key_speaks_for_what_the_old_one_signed() -> None:
    old, new = usable("secp256r1"), states.authority(RsaStateKey(), Wish(name="CSCA secp256r1"))
    bad = states.document_signer(old)
    trust = load(crls={"a.crl": states.revocation_list(new, [bad])}, old=old, new=new)
    assert revocation(trust, bad) is Verdict.REVOKED


def test_a_list_of_another_authority_is_silent() -> None:
    trust = load(
        crls={"a.crl": states.revocation_list(usable("RSA-2048"))}, ut=usable("secp256r1"), other=usable("RSA-2048")
    )
    assert revocation(trust, states.document_signer(usable("secp256r1"))) is Verdict.UNKNOWN


def test_a_list_by_nobody_is_refused() -> None:
    impostor = states.authority(CurveStateKey("secp256r1"), Wish(name="CSCA secp256r1"))
    trust = load(crls={"a.crl": states.revocation_list(impostor)}, ut=usable("secp256r1"))
    assert reasons(trust) == {"a.crl": AuthorityRefusal.CRL_SIGNER}


def test_a_list_past_its_end_refuses_and_no_longer_vouches() -> None:
    issuer = usable("secp256r1")
    good, bad = states.document_signer(issuer), states.document_signer(issuer)
    listed = states.revocation_list(issuer, [bad], since=NOW - timedelta(days=100), lasts=timedelta(days=90))
    trust = load(crls={"a.crl": listed}, ut=issuer)
    assert (revocation(trust, good), revocation(trust, bad)) == (Verdict.UNKNOWN, Verdict.REVOKED)


@given(st.data())
def test_no_changed_byte_of_a_list_lets_anybody_in(data: st.DataObject) -> None:
    known = {german().der, usable("secp256r1").der}
    made = bytearray(_one_list())
    made[data.draw(st.integers(0, len(made) - 1))] ^= data.draw(st.integers(1, 255))
    trust = load(lists={"a.ml": bytes(made)}, de=german())
    assert {each.der for each in trust.authorities} <= known


@given(st.data())
def test_no_changed_byte_breaks_the_reading_of_a_certificate(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(["secp256r1", "brainpoolp256r1", "RSA-2048, PSS"]))
    made = bytearray(usable(kind).der)
    for _ in range(data.draw(st.integers(1, 3))):
        made[data.draw(st.integers(0, len(made) - 1))] = data.draw(st.integers(0, 255))
    try:
        read = read_certificate(bytes(made))
    except AuthorityRefusedError:
        return
    assert read.is_signed_by(read) is (bytes(made) == usable(kind).der)


@cache
def _one_list() -> bytes:
    return german_list([usable("secp256r1").der])
