# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What registers know reaches the person's form and nobody else: statements, sealed extracts, corrections."""

import subprocess
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from townhall_crypto import canonical
from townhall_crypto.card_key import EphemeralKey
from townhall_crypto.namespaces import REGISTER_RECORD
from townhall_forms.errors import InstanceRefusedError, RegisterRefusedError
from townhall_forms.form import load_form
from townhall_forms.registers.extract import ExtractHead, RecordRequest, build_extract, read_extract
from townhall_forms.registers.register import asked_values, read_register
from townhall_forms.registers.statement import (
    Person,
    Source,
    Statement,
    make_statement,
    read_statement,
    source_of,
    verify_statement,
)
from townhall_forms.revalidate import revalidate
from townhall_forms.savepoint import resume, save
from townhall_forms.session import FormSession

DAY = date(2026, 3, 3)
NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
REGISTRAR = Ed25519PrivateKey.generate()
KEY = REGISTRAR.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
REGISTRARS = {"population": (KEY,)}
MARI = Person("EE", "48001089904")
VALUES = {"address/street": "Pikk 1", "address/town": "Tamme", "children": "2"}

FORM = b"""<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"
  xmlns:th="urn:townhall:xforms"><h:head><h:title>Moving</h:title><model>
  <instance><data id="moving" version="1"><street/><children/><more/></data></instance>
  <bind nodeset="/data/street" required="true()" th:prefill="register:population/address/street"/>
  <bind nodeset="/data/children" type="int" readonly="true()" th:prefill="register:population/children"/>
  <bind nodeset="/data/more" type="int" calculate="/data/children + 1"/>
  </model></h:head><h:body>
  <input ref="/data/street"><label>Street</label></input>
  <input ref="/data/children"><label>Children</label></input>
  </h:body></h:html>"""


def stated(person: Person = MARI, values: dict[str, str] | None = None, day: date = DAY) -> Statement:
    return make_statement("population", day, person, VALUES if values is None else values, REGISTRAR.sign)


def card_answers(card: ec.EllipticCurvePrivateKey, point: bytes) -> bytes:
    """What a card gives: the x of the product."""
    return card.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP384R1(), point))


CARDS = [ec.generate_private_key(ec.SECP384R1()) for _ in range(5)]
PEOPLE = [Person("EE", f"4800108990{number}") for number in range(5)]


@pytest.fixture(scope="module")
def extract() -> bytes:
    return build_extract(
        "population",
        DAY,
        ((card.public_key(), stated(who)) for card, who in zip(CARDS, PEOPLE, strict=True)),
    )


def test_each_card_finds_and_opens_the_record_of_its_own_holder(extract: bytes) -> None:
    read = read_extract(extract)
    assert len(read) == 5
    assert read.is_sorted()
    for card, who in zip(CARDS, PEOPLE, strict=True):
        request = RecordRequest.of(read.head)
        keys = request.keys(card_answers(card, request.point))
        sealed = read.find(keys.name)
        assert sealed is not None
        assert verify_statement(keys.open(sealed, read.head), REGISTRARS, who) == {
            f"register:population/{key}": value for key, value in VALUES.items()
        }


def test_a_card_that_is_not_in_the_extract_finds_nothing_and_opens_nothing(extract: bytes) -> None:
    read = read_extract(extract)
    request = RecordRequest.of(read.head)
    stranger = request.keys(card_answers(ec.generate_private_key(ec.SECP384R1()), request.point))
    assert read.find(stranger.name) is None
    mine = RecordRequest.of(read.head)
    name = mine.keys(card_answers(CARDS[0], mine.point)).name
    sealed = read.find(name)
    assert sealed is not None
    with pytest.raises(RegisterRefusedError):
        stranger.open(sealed, read.head)


def test_whoever_holds_the_extract_every_certificate_and_every_code_knows_nobody_in_it(extract: bytes) -> None:
    """No code, no value, no key, nor a plain hash of them: and two extracts of the same people share no name."""
    again = read_extract(build_extract("population", DAY, ((CARDS[0].public_key(), stated(PEOPLE[0])),)))
    request = RecordRequest.of(again.head)
    name = request.keys(card_answers(CARDS[0], request.point)).name
    assert again.find(name) is not None
    assert read_extract(extract).find(name) is None
    for who, card in zip(PEOPLE, CARDS, strict=True):
        assert who.personal_code.encode() not in extract
        assert card.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)[1:] not in extract
    records = extract.partition(b"\n")[2]
    assert len(records) % 5 == 0
    assert all(value.encode() not in records for value in VALUES.values() if len(value) > 3)


def test_the_point_that_a_card_sees_is_another_each_time_and_not_the_extracts(extract: bytes) -> None:
    head = read_extract(extract).head
    assert len({RecordRequest.of(head).point for _ in range(4)} | {head.point}) == 5


def test_openssl_derives_the_same_name_from_the_extracts_point(tmp_path: Path, extract: bytes) -> None:
    """An outside judge: plain ECDH by openssl and HKDF by its kdf command give the name under which the record lies."""
    read, card = read_extract(extract), CARDS[0]
    from cryptography.hazmat.primitives.serialization import NoEncryption, PrivateFormat  # noqa: PLC0415

    (tmp_path / "card.pem").write_bytes(card.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    peer = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP384R1(), read.head.point)
    (tmp_path / "peer.pem").write_bytes(peer.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    derive = ["openssl", "pkeyutl", "-derive", "-inkey", "card.pem", "-peerkey", "peer.pem"]
    shared = subprocess.run(derive, cwd=tmp_path, check=True, capture_output=True).stdout
    info = REGISTER_RECORD + canonical.encode(
        {"date": "2026-03-03", "point": read.head.point.hex(), "register": "population"}
    )
    options = ["digest:SHA384", f"hexkey:{shared.hex()}", f"hexinfo:{info.hex()}"]
    kdf = [
        "openssl",
        "kdf",
        "-keylen",
        "48",
        "-binary",
        *(part for each in options for part in ("-kdfopt", each)),
        "HKDF",
    ]
    derived = subprocess.run(kdf, check=True, capture_output=True).stdout
    assert read.find(derived[:16]) is not None


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (lambda bytes_: bytes_[:-1], "not whole"),
        (lambda bytes_: bytes_ + b"x", "not whole"),
        (lambda bytes_: bytes_.replace(b'"version":1', b'"version":2', 1), "version"),
        (lambda bytes_: bytes_.replace(b"2026-03-03", b"2026-02-30", 1), "day"),
        (lambda bytes_: bytes_.replace(b'"register":"population"', b'"register":"Population"', 1), "no register"),
        (lambda bytes_: bytes_[:0], "head"),
        (lambda bytes_: b"[1]\n" + bytes_, "fields"),
    ],
)
def test_an_extract_that_is_not_whole_is_refused(extract: bytes, damage: object, why: str) -> None:
    assert callable(damage)
    with pytest.raises(RegisterRefusedError, match=why):
        read_extract(damage(extract))


@given(st.binary(max_size=300))
def test_no_bytes_break_the_readers_in_another_way_than_their_own_error(noise: bytes) -> None:
    with pytest.raises(RegisterRefusedError):
        read_extract(noise)
    with pytest.raises(RegisterRefusedError):
        read_statement(noise)


def test_a_record_that_was_changed_or_moved_does_not_open(extract: bytes) -> None:
    read = read_extract(extract)
    for other in (replace(read.head, register="tax"), replace(read.head, stated=date(2026, 3, 4))):
        request = RecordRequest.of(read.head)
        keys = request.keys(card_answers(CARDS[0], request.point))
        sealed = read.find(keys.name)
        assert sealed is not None
        with pytest.raises(RegisterRefusedError):
            keys.open(sealed, other)
    request = RecordRequest.of(read.head)
    keys = request.keys(card_answers(CARDS[0], request.point))
    sealed = read.find(keys.name)
    assert sealed is not None
    with pytest.raises(RegisterRefusedError):
        keys.open(bytes([sealed[0] ^ 1]) + sealed[1:], read.head)


def test_a_card_that_answers_no_point_and_an_extract_without_one_are_told_apart_from_success(extract: bytes) -> None:
    head = read_extract(extract).head
    with pytest.raises(RegisterRefusedError):
        RecordRequest.of(head).keys(b"\xff" * 48)
    with pytest.raises(RegisterRefusedError):
        RecordRequest.of(ExtractHead("population", DAY, b"\x04" + b"\x01" * 96))


def test_one_card_cannot_have_two_records() -> None:
    key = CARDS[0].public_key()
    with pytest.raises(RegisterRefusedError, match="twice"):
        build_extract("population", DAY, [(key, stated()), (key, stated())])
    with pytest.raises(RegisterRefusedError, match="another register or day"):
        build_extract("population", date(2026, 3, 4), [(key, stated())])


# Statements


def test_a_receiver_learns_the_values_that_were_asked_and_no_other() -> None:
    whole = stated()
    shown = read_statement(whole.disclosing({"address/street"}).to_fields())
    assert verify_statement(shown, REGISTRARS, MARI) == {"register:population/address/street": "Pikk 1"}
    assert b"Tamme" not in canonical.encode(shown.to_fields())
    assert stated().digests != whole.digests, "the same values twice look different"


@pytest.mark.parametrize(
    "untrusted",
    [
        replace(stated(), register="tax"),
        replace(stated(), stated=date(2026, 3, 4)),
        replace(stated(), person=Person("EE", "38001085718")),
        replace(stated(), person=Person("LV", MARI.personal_code)),
        replace(stated(), signature="00" * 64),
        replace(stated(), digests=stated().digests),
        make_statement("population", DAY, MARI, VALUES, Ed25519PrivateKey.generate().sign),
    ],
)
def test_what_the_registrar_did_not_sign_about_this_person_is_refused(untrusted: Statement) -> None:
    with pytest.raises(RegisterRefusedError):
        verify_statement(untrusted, REGISTRARS, MARI)


def test_a_value_that_was_put_in_its_place_is_refused() -> None:
    fields = stated().to_fields()
    disclosures = fields["disclosures"]
    assert isinstance(disclosures, list)
    disclosures[0][2] = "Lai 7"
    with pytest.raises(RegisterRefusedError, match="did not state"):
        read_statement(fields)


@pytest.mark.parametrize("values", [{"Street": "x"}, {"a//b": "x"}, {"a": ""}, {"a": "x" * 1001}, {"": "x"}])
def test_a_registrar_cannot_state_what_no_form_can_ask(values: dict[str, str]) -> None:
    with pytest.raises(RegisterRefusedError):
        stated(values=values)


@pytest.mark.parametrize(
    ("key", "source"),
    [
        ("register:population/address/street", Source("population", "address/street")),
        ("register:tax/income", Source("tax", "income")),
        ("eid:surname", None),
        ("register:tax", None),
        ("register:Tax/income", None),
        ("register:tax/../income", None),
    ],
)
def test_a_prefill_key_names_register_and_value(key: str, source: Source | None) -> None:
    assert source_of(key) == source


# The folder


def test_of_several_extracts_the_newest_counts_and_none_of_a_day_to_come() -> None:
    def of(day: date) -> bytes:
        return build_extract("population", day, [(CARDS[0].public_key(), stated(day=day))])

    files = {
        "register.json": b'{"version":1,"titles":{"en":"population register"}}',
        "r.key": KEY,
        **{f"{day}.extract": of(day) for day in (DAY, date(2026, 3, 10), date(2026, 4, 1))},
    }
    known, newest = read_register("population", files, date(2026, 3, 20))
    assert (known.head.stated, known.registrar.keys, known.registrar.titles["en"]) == (
        date(2026, 3, 10),
        (KEY,),
        "population register",
    )
    assert newest.head == known.head
    for name in ("register.json", "r.key"):
        with pytest.raises(RegisterRefusedError):
            read_register("population", {path: each for path, each in files.items() if path != name}, DAY)
    with pytest.raises(RegisterRefusedError, match="a day that has come"):
        read_register("population", files, date(2026, 3, 1))
    with pytest.raises(RegisterRefusedError, match="another register or day"):
        read_register("tax", files, DAY)


# Forms


def session(prefill: dict[str, str]) -> FormSession:
    return FormSession(load_form(FORM), language="en", now=NOW, prefill=prefill)


PREFILL = verify_statement(stated(), REGISTRARS, MARI)


def test_a_form_says_what_it_asks_of_registers() -> None:
    assert asked_values(load_form(FORM)) == {"population": {"address/street", "children"}}


def test_a_value_that_stands_has_its_source_and_a_changed_one_is_a_correction() -> None:
    filled = session(PREFILL)
    assert dict(filled.provenance()) == {
        "/data/street": "register:population/address/street",
        "/data/children": "register:population/children",
    }
    assert filled.corrections() == ()
    filled.answer("/data/street", "Lai 7")
    assert filled.corrections() == (("/data/street", "register:population/address/street"),)
    street = filled.answers()[0]
    assert (street.shown, street.source, street.stated) == ("Lai 7", "", "Pikk 1")
    assert resume(filled.form, save(filled)).corrections() == filled.corrections()
    filled.answer("/data/street", "Pikk 1")
    assert filled.corrections() == ()


def test_the_centre_finds_the_same_corrections_in_the_answers() -> None:
    filled = session(PREFILL)
    filled.answer("/data/street", "Lai 7")
    valid = revalidate(filled.form, filled.finish(), PREFILL, NOW, record=filled.record())
    assert valid.corrections == filled.corrections()
    assert valid.provenance == filled.provenance()
    assert valid.answers[0].stated == "Pikk 1"


def test_what_may_not_be_corrected_cannot_be_by_a_kiosk_either() -> None:
    filled = session(PREFILL)
    assert filled.question("/data/children").is_read_only
    forged = filled.finish().replace(b"<children>2<", b"<children>9<").replace(b"<more>3<", b"<more>10<")
    assert forged != filled.finish()
    with pytest.raises(InstanceRefusedError):
        revalidate(filled.form, forged, PREFILL, NOW, record=filled.record())


def test_every_agreement_of_one_key_is_a_secret_of_its_own() -> None:
    ephemeral = EphemeralKey()
    secrets = [ephemeral.agree(card.public_key()) for card in CARDS]
    shared = {bytes(secret.reveal()) for secret in secrets}
    assert len(shared) == len(CARDS)
    assert card_answers(CARDS[0], ephemeral.point) in shared
