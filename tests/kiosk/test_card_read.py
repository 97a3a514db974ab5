# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""``townhall card read`` through the real PC/SC service: identity, every part of the verdict, picture, timing."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from PIL import Image

from townhall_crypto.state_trust import StateTrust
from townhall_kiosk.documents.card_read import password_of
from townhall_kiosk.documents.card_report import report_on
from townhall_kiosk.errors import ConfigurationError
from townhall_smartcard.emrtd.access import AccessProtocol
from townhall_smartcard.emrtd.cipher import Cipher
from townhall_smartcard.emrtd.document import ChipRead
from townhall_smartcard.emrtd.document_read import DocumentRead
from townhall_smartcard.emrtd.lds.files import LdsFile
from townhall_smartcard.emrtd.pace import PasswordReference
from townhall_smartcard.emrtd.passive_authentication import ReadDocument
from townhall_smartcard.emrtd.security_infos import PaceInfo, PaceMapping
from townhall_smartcard.emrtd.session import ChipVerdict
from townhall_smartcard.simulation import lds_files, states
from townhall_smartcard.simulation.documents import ACCESS_NUMBER, DocumentWish, document
from townhall_smartcard.simulation.emrtd_chip import EmrtdChip
from townhall_smartcard.simulation.every_family import EVERY_FAMILY, NOE, NationalSample
from townhall_smartcard.simulation.lds_files import Holder
from townhall_smartcard.simulation.pcscd import PrivatePcscd
from townhall_smartcard.simulation.printed_zone import SIGHTS, packed
from townhall_smartcard.simulation.stack import virtual_reader_name
from townhall_smartcard.simulation.state_keys import CurveStateKey, Spelling
from townhall_smartcard.simulation.states import Standing
from townhall_smartcard.simulation.vpcd import VirtualCard, VirtualReader

_COMMAND = "import sys; from townhall_kiosk.cli import main; sys.exit(main())"
PARTS = {"data", "signature", "chain", "country", "validity", "revocation", "freshness"}


@cache
def utopia() -> Standing:
    return states.authority(CurveStateKey("brainpoolp384r1", Spelling.EXPLICIT, digest="sha384"))


@cache
def signer() -> Standing:
    return states.document_signer(utopia(), CurveStateKey("brainpoolp256r1", Spelling.EXPLICIT))


@cache
def picture(kind: str = "JPEG") -> bytes:
    written = io.BytesIO()
    Image.effect_noise((60, 80), 20).convert("RGB").save(written, kind)
    return written.getvalue()


def wish(**changes: object) -> DocumentWish:
    made = DocumentWish(signer(), own_name="ЭРИКССОН<<ЮЛИЯ", picture=picture())
    return replace(made, **changes)  # type: ignore[arg-type]  # fields by name


@dataclass
class Desk:
    """A reader, trust in a directory, and somebody who runs the command."""

    service: PrivatePcscd
    directory: Path

    def run(
        self, chip: VirtualCard | None, *arguments: str, password: str = ACCESS_NUMBER.decode(), said: str = ""
    ) -> "Ran":
        (self.directory / "password").write_text(password)
        told = ["--content", str(self.directory), "--password-file", str(self.directory / "password"), *arguments]
        with VirtualReader(chip, "127.0.0.1", self.service.ports[0]):
            done = subprocess.run(
                [sys.executable, "-c", _COMMAND, "card", "read", *told],
                env={**os.environ, **self.service.environment},
                input=said,
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
        return Ran(done.returncode, done.stdout, done.stderr)


@dataclass(frozen=True)
class Ran:
    status: int
    out: str
    err: str

    @property
    def said(self) -> Mapping[str, object]:
        told: Mapping[str, object] = json.loads(self.out)
        return told


@pytest.fixture(scope="module")
def service() -> Iterator[PrivatePcscd]:
    with PrivatePcscd(slots=2) as running:
        yield running


@pytest.fixture
def desk(service: PrivatePcscd, tmp_path: Path) -> Desk:
    trust = tmp_path / "trust"
    for folder, name, made in (
        ("states", "ut.der", utopia().der),
        ("state-crls", "ut.crl", states.revocation_list(utopia())),
    ):
        (trust / folder).mkdir(parents=True)
        (trust / folder / name).write_bytes(made)
    return Desk(service, tmp_path)


def test_a_document_is_read_judged_and_its_picture_saved(desk: Desk) -> None:
    photo = desk.directory / "photo.jpg"
    ran = desk.run(EmrtdChip(document(wish())), "--photo", str(photo))
    assert (ran.status, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert lines[0].startswith("The state that made this document vouches for it, as far as this kiosk knows.")
    said = {line[:17].strip(): line[17:] for line in lines if line[:1].islower()}
    assert (said["surname"], said["given names"], said["own letters"]) == ("ERIKSSON", "ANNA MARIA", "ЭРИКССОН ЮЛИЯ")
    assert (said["birth"], said["document number"]) == ("1974-08-12", "D23145890")
    assert "image/jpeg, 60 x 80" in said["picture"]
    assert "open " in said["timing"]
    assert "verify " in said["timing"]
    assert any(line.startswith("Signature ") and line.endswith(" yes") for line in lines)
    assert any(line.startswith("Kiosk") and "nobody says" in line for line in lines)
    assert any(line.startswith("Chip is no copy") and line.endswith(" yes") for line in lines)
    assert photo.read_bytes() == picture()
    assert photo.stat().st_mode & 0o077 == 0


def national(desk: Desk, name: str) -> NationalSample:
    """A card whose issuer the desk trusts."""
    sample = EVERY_FAMILY[name]()
    for folder, made in (("anchors", sample.anchors.anchors_der), ("crls", sample.anchors.crls_der)):
        (desk.directory / "trust" / folder).mkdir(exist_ok=True)
        for number, der in enumerate(made):
            (desk.directory / "trust" / folder / str(number)).write_bytes(der)
    return sample


@pytest.mark.parametrize("name", ["Latvia 2019, RSA", "Estonia 2025"])
def test_a_national_card_is_read_by_its_own_application_and_proves_itself_by_pin(desk: Desk, name: str) -> None:
    sample = national(desk, name)
    ran = desk.run(sample.card)
    assert (ran.status, ran.err) == (0, "")
    assert "as far as this kiosk knows" in ran.out.splitlines()[0]
    said = {line[:17].strip(): line[17:] for line in ran.out.splitlines() if line[:1].islower()}
    assert (said["surname"], said["given names"]) == (sample.holder.surname, sample.holder.given_names)
    assert said["state"] == sample.holder.country
    assert any(line.startswith("Card is no copy") and line.endswith("not known") for line in ran.out.splitlines())
    (desk.directory / "pin").write_text(sample.pin1.decode())
    told = desk.run(sample.card, "--pin-file", str(desk.directory / "pin"), "--json").said
    verdicts = told["verdicts"]
    assert isinstance(verdicts, dict)
    assert (verdicts["chip"], verdicts["chain"], verdicts["freshness"]) == ("good", "good", "unknown")
    assert told["family"] == sample.family.value


@pytest.mark.parametrize("name", ["Lithuania", "Poland", "Slovenia"])
def test_a_card_that_wants_its_number_first_is_opened_read_and_proves_itself(desk: Desk, name: str) -> None:
    sample = national(desk, name)
    number, pin = desk.directory / "number", desk.directory / "pin"
    pin.write_text(sample.pin1.decode())
    number.write_text("317426")
    refused = desk.run(sample.card, "--password-file", str(number))
    assert (refused.status, refused.out) == (2, "")
    assert "does not open with this password" in refused.err
    number.write_text(sample.access_number.decode())
    told = desk.run(sample.card, "--password-file", str(number), "--pin-file", str(pin), "--json").said
    verdicts, identity = told["verdicts"], told["identity"]
    assert isinstance(verdicts, dict)
    assert isinstance(identity, dict)
    assert (verdicts["chip"], verdicts["chain"], verdicts["country"]) == ("good", "good", "good")
    assert identity["surname"] == sample.holder.surname
    assert told["family"] == sample.family.value


def test_a_belgian_card_tells_the_address_and_gives_the_photo_that_its_register_signed(desk: Desk) -> None:
    sample, photo = national(desk, "Belgium 1.8"), desk.directory / "photo.jpg"
    ran = desk.run(sample.card, "--photo", str(photo))
    assert (ran.status, ran.err) == (0, "")
    assert "address          Rue du Marché 12, 1000 Bruxelles" in ran.out.splitlines()
    assert "tries left       pin1 not told, pin2 not told" in ran.out.splitlines()
    assert photo.read_bytes() == NOE.photo
    stranger = desk.run(EVERY_FAMILY["Belgium 1.7"]().card, "--photo", str(desk.directory / "none.jpg"))
    assert stranger.status == 1
    assert NOE.surname not in stranger.out
    assert not (desk.directory / "none.jpg").exists()


def test_a_wrong_pin_proves_nothing_and_costs_the_one_try(desk: Desk) -> None:
    sample = national(desk, "Finland 4")
    (desk.directory / "pin").write_text("9999")
    told = desk.run(sample.card, "--pin-file", str(desk.directory / "pin"), "--json").said
    verdicts, tries = told["verdicts"], desk.run(sample.card, "--json").said["tries"]
    assert isinstance(verdicts, dict)
    assert isinstance(tries, dict)
    assert verdicts["chip"] == "unknown"
    assert tries["pin1"] == tries["pin2"] - 1


def test_a_national_card_of_an_issuer_that_nobody_trusts_names_nobody(desk: Desk) -> None:
    ran = desk.run(EVERY_FAMILY["Finland 3"]().card)
    assert ran.status == 1
    assert "cannot tell who made this card" in ran.out
    assert "SPECIMEN" not in ran.out


def test_programs_get_one_json_object(desk: Desk) -> None:
    ran = desk.run(EmrtdChip(document(wish(picture=picture("JPEG2000")))), "--json")
    said = ran.said
    assert ran.status == 0
    assert said["outcome"] == "provisional"
    assert isinstance(said["verdicts"], dict)
    assert set(said["verdicts"]) == PARTS
    assert {name for name, each in said["verdicts"].items() if each["standing"] != "good"} == {"freshness"}
    assert isinstance(said["identity"], dict)
    assert said["identity"]["own_letters_agree"] == "no"  # Юлия is not Anna
    assert said["groups"] == {"1": "good", "2": "good", "11": "good", "14": "good"}
    assert (said["chip"], said["protocol"], said["picture"]) == ("proved", "pace", "image/jp2")
    assert isinstance(said["apdus"], int)
    assert 0 < said["apdus"] < 100


@pytest.mark.parametrize(
    ("changes", "outcome", "chip"),
    [
        ({"swapped": {1: lds_files.dg1(lds_files.td1(replace(Holder(), surname="IMPOSTOR")))}}, "changed", "proved"),
        ({"is_cloned": True}, "provisional", "not-proved"),
        ({"has_chip_authentication": False}, "provisional", "not-offered"),
        ({"has_chip_authentication": False, "has_active_authentication": True}, "provisional", "proved"),
        (
            {"has_chip_authentication": False, "has_active_authentication": True, "is_cloned": True},
            "provisional",
            "not-proved",
        ),
        ({"offers": ()}, "provisional", "proved"),
        ({"has_chip_authentication": False, "maps_by_chip": True}, "provisional", "proved"),
        ({"has_chip_authentication": False, "maps_by_chip": True, "is_cloned": True}, "provisional", "not-proved"),
        ({"is_cloned": True, "withheld": frozenset({14})}, "provisional", "not-proved"),
    ],
    ids=[
        "changed",
        "cloned",
        "no proof",
        "by active authentication",
        "cloned, active",
        "by BAC",
        "by mapping",
        "cloned, mapping",
        "a copy that hides its keys",
    ],
)
def test_what_is_wrong_with_a_document_is_told(desk: Desk, changes: dict[str, object], outcome: str, chip: str) -> None:
    made = wish(**changes)
    zone = lds_files.td1(made.holder)
    ran = desk.run(EmrtdChip(document(made)), "--json", password=ACCESS_NUMBER.decode() if made.offers else zone)
    assert (ran.said["outcome"], ran.said["chip"]) == (outcome, chip)
    assert ran.said["protocol"] == ("pace" if made.offers else "bac")
    is_believed = outcome == "provisional" and chip != "not-proved"
    assert ran.status == (0 if is_believed else 1)


def test_a_copy_is_told_in_the_sentence_for_the_person(desk: Desk) -> None:
    ran = desk.run(EmrtdChip(document(wish(is_cloned=True))))
    assert ran.status == 1
    assert ran.out.startswith("This chip could not prove that it is the one that the state signed.")
    assert "ERIKSSON" in ran.out


def test_a_mapping_key_that_a_stranger_signed_proves_nothing(desk: Desk) -> None:
    stranger = states.document_signer(states.authority(CurveStateKey("secp256r1")))
    made = wish(has_chip_authentication=False, maps_by_chip=True, card_security_signer=stranger)
    ran = desk.run(EmrtdChip(document(made)), "--json")
    assert (ran.status, ran.said["outcome"], ran.said["chip"]) == (1, "provisional", "not-proved")


def test_a_way_in_that_the_state_did_not_sign_is_told(desk: Desk) -> None:
    """Somebody between chip and kiosk changes what the chip offers; only what it offers itself opens it."""
    strong = PaceInfo(PaceMapping.ECDH_GENERIC, Cipher.AES_256, 16)
    ran = desk.run(EmrtdChip(document(wish(signed_offers=(strong,)))))
    assert ran.status == 1
    assert "the chip offered another one than its state signed" in ran.out


@pytest.mark.parametrize(("name", "agrees"), [("Эрикссон<<Анна Мариа", "yes"), ("Eriksson<<Anna", "no"), ("", "")])
def test_a_name_in_other_letters_is_compared_with_the_zone(name: str, agrees: str) -> None:
    groups = {1: lds_files.dg1(lds_files.td1(Holder()))}
    if name:
        groups[11] = lds_files.details(LdsFile.DG11, {0x5F0E: name.encode()})
    read = ChipRead(ReadDocument(b"", groups), ChipVerdict.NOT_OFFERED)
    report = report_on(DocumentRead(AccessProtocol.PACE, read, 0, 0.0, {}), StateTrust((), {}), datetime.now(UTC))
    assert report.identity.own_letters_agree == agrees
    assert "ERIKSSON" not in repr(report)


def test_a_document_of_a_stranger_is_nobody_s(desk: Desk) -> None:
    stranger = states.authority(CurveStateKey("secp256r1"))
    ran = desk.run(EmrtdChip(document(wish(signer=states.document_signer(stranger)))), "--language", "et")
    assert ran.status == 1
    assert ran.out.startswith("See kiosk ei saa kindlaks teha")


def test_a_wrong_access_number_opens_nothing(desk: Desk) -> None:
    ran = desk.run(EmrtdChip(document(wish())), password="314159")
    assert (ran.status, ran.out) == (2, "")
    assert "does not open with this password" in ran.err


def test_a_chip_without_pace_needs_the_zone(desk: Desk) -> None:
    ran = desk.run(EmrtdChip(document(wish(offers=()))))
    assert ran.status == 2
    assert "use the machine readable zone" in ran.err


def test_no_card_is_told_after_waiting(desk: Desk) -> None:
    ran = desk.run(None, "--wait", "0.5")
    assert ran.status == 2
    assert "TH-CARD-002" in ran.err


def test_of_two_cards_none_is_picked_unless_its_reader_is_named(desk: Desk) -> None:
    other = EVERY_FAMILY["Finland 4"]().card
    with VirtualReader(other, "127.0.0.1", desk.service.ports[1]):
        unnamed = desk.run(EmrtdChip(document(wish())), "--wait", "2")
        assert (unnamed.status, unnamed.out) == (2, "")
        assert "TH-CARD-002" in unnamed.err
        assert all(virtual_reader_name(slot) in unnamed.err for slot in (0, 1))
        named = desk.run(EmrtdChip(document(wish())), "--json", "--reader", virtual_reader_name(0))
    assert named.status == 0
    assert named.said["protocol"] == "pace"


def test_no_picture_is_written_over_another_file(desk: Desk) -> None:
    photo = desk.directory / "photo.jpg"
    photo.write_bytes(b"another person")
    ran = desk.run(EmrtdChip(document(wish())), "--photo", str(photo))
    assert ran.status == 1
    assert photo.read_bytes() == b"another person"


def test_an_access_number_and_a_zone_are_told_apart() -> None:
    assert password_of(" 271828\n").reference is PasswordReference.CAN
    zone = lds_files.td1(Holder())
    assert password_of("\n".join((zone[:30], zone[30:60], zone[60:].lower()))).reference is PasswordReference.MRZ


@pytest.mark.parametrize("typed", ["", "27182", "2718281", "27182\uff18", "name", "<" * 90 + "x"])
def test_what_is_neither_is_told(typed: str) -> None:
    with pytest.raises(ConfigurationError, match="neither"):
        password_of(typed)


def test_a_zone_in_a_picture_opens_the_document_once_the_clerk_says_that_it_is_so(desk: Desk) -> None:
    zone, image = lds_files.td1(Holder()), desk.directory / "zone.png"
    image.write_bytes(packed((zone[:30], zone[30:60], zone[60:]), SIGHTS[0]))
    chip = EmrtdChip(document(wish(offers=())))
    opened = desk.run(chip, "--zone-image", str(image), "--json", said="yes\n")
    assert (opened.status, opened.said["protocol"]) == (0, "bac")
    assert zone[:30] in opened.err
    for said in ("no\n", "\n", ""):
        refused = desk.run(chip, "--zone-image", str(image), said=said)
        assert (refused.status, refused.out) == (1, "")
    image.write_bytes(b"no picture")
    assert "TH-CARD-061" in desk.run(chip, "--zone-image", str(image)).err
    assert "zone.none" in desk.run(chip, "--zone-image", str(desk.directory / "zone.none")).err


def test_a_mistyped_zone_is_not_tried() -> None:
    zone = lds_files.td1(Holder())
    with pytest.raises(ConfigurationError, match="TH-CARD-045 check-digit of birth, line 2, sign 7"):
        password_of(zone[:30] + "8" + zone[31:])
    with pytest.raises(ConfigurationError, match="TH-CARD-043 letter-for-digit, line 2, sign 1") as refused:
        password_of(zone[:30] + "O" + zone[31:])
    assert "ERIKSSON" not in str(refused.value)
