# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Elections out of the signed catalogue: a kiosk takes what two officers signed for it, now, and hides the rest."""

import hashlib
import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from townhall_central.errors import CatalogueContentError
from townhall_central.repository.content import read_content
from townhall_central.simulation.catalogue import SimulatedAdministrators, write_content
from townhall_central.simulation.election import write_package
from townhall_crypto.recipients import generate_recipient_key
from townhall_crypto.secret import Secret
from townhall_kiosk.catalogue_elections import Elections, Standpoint, read_elections
from townhall_kiosk.errors import PartExpiredError
from townhall_kiosk.staff.roster import Roster
from townhall_smartcard.simulation.estonian_card_keys import CardKeys
from townhall_smartcard.simulation.estonian_card_person import AINO, JUHAN, KADRI
from townhall_smartcard.simulation.pki import TestPki
from townhall_sync.catalogue import CatalogueStore
from townhall_sync.catalogue_copy import Catalogue
from townhall_sync.catalogue_outcomes import Hidden, Refreshed
from townhall_sync.catalogue_parts import Part
from townhall_sync.catalogue_places import KioskPlace
from townhall_sync.catalogue_source import DirectorySource
from townhall_voting.errors import PackageRefusedError
from townhall_voting.mode import Mode
from townhall_voting.package.authored import read_authored
from townhall_voting.package.definition import Definition, Hours
from townhall_voting.package.roll import RollKeys, Voter
from townhall_voting.package.roll_key import request_share, unwrap_roll_key
from townhall_voting.schnorr_group import BELENIOS_2048
from townhall_voting.trustee_keys import prove_key
from townhall_voting.trustees.trustee_list import write_trustees

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
PKI = TestPki(NOW)
KADRIS, JUHANS, AINOS = (PKI.issue_card_keys(person) for person in (KADRI, JUHAN, AINO))
PLACES = {"booth-1": "Town hall", "desk-1": "Town hall", "kiosk-1": "Library", "kiosk-2": "School"}
VOTER = Voter("EE", KADRI.personal_code)


class Digits:
    """Bytes that are the same in each run."""

    def __init__(self) -> None:
        self.count = 0

    def read(self, size_bytes: int) -> bytes:
        self.count += 1
        return hashlib.shake_256(str(self.count).encode()).digest(size_bytes)


def trustees() -> bytes:
    digits = Digits()
    private = BELENIOS_2048.scalar(int.from_bytes(digits.read(40), "big"))
    return write_trustees(BELENIOS_2048, [prove_key(BELENIOS_2048, private, digits)]).data


TRUSTEES = trustees()


@pytest.fixture(scope="module")
def town() -> Definition:
    path = ROOT / "elections" / "small-town" / "election.yaml"
    return read_authored(path.name, path.read_bytes())


def staff(*officers: CardKeys, places: object = "all") -> bytes:
    dates = {"not_before": "2026-01-01T00:00:00Z", "expires": "2027-01-01T00:00:00Z"}
    lines = [
        {
            "certificate": hashlib.sha256(each.authentication.certificate).hexdigest(),
            "role": "officer",
            "places": places,
            **dates,
        }
        for each in officers
    ]
    return json.dumps({"version": 1, "staff": lines}).encode()


class Publisher:
    """A town that publishes elections, and a kiosk that takes them."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.administrators = SimulatedAdministrators(directory / "repository", int(NOW.timestamp()))
        self.content = write_content(
            directory / "content",
            services=ROOT / "services",
            recipients={"population-register": generate_recipient_key().public.to_bytes()},
            anchors=PKI.anchors_der,
            intermediates=PKI.intermediates_der,
            crls=PKI.crls_der,
            groups={"all": ["change-of-address"]},
            kiosks={kiosk: KioskPlace(place, "all") for kiosk, place in PLACES.items()},
        )
        self.staff(staff(KADRIS, JUHANS))

    def staff(self, content: bytes) -> None:
        (self.content / "staff").mkdir(exist_ok=True)
        (self.content / "staff" / "staff.json").write_bytes(content)

    def write(self, definition: Definition, *officers: CardKeys) -> Path:
        return write_package(
            self.content / "elections",
            definition,
            trustees=TRUSTEES,
            voters=[(VOTER, "hill")],
            officers=officers or (KADRIS, JUHANS),
        )

    def taken(self) -> Catalogue:
        self.administrators.publish(self.content)
        store = CatalogueStore(self.directory / "kiosk", self.administrators.bootstrap)
        outcome = store.refresh(DirectorySource(self.administrators.export(self.directory / "stick")))
        assert isinstance(outcome, Refreshed)
        catalogue = store.open()
        assert catalogue is not None
        return catalogue


@pytest.fixture
def publisher(tmp_path: Path) -> Publisher:
    return Publisher(tmp_path)


def seen(catalogue: Catalogue, kiosk: str = "kiosk-1", at: datetime = NOW, roster: bytes | None = None) -> Elections:
    read = Roster.read(catalogue.read("staff/staff.json") if roster is None else roster)
    return read_elections(catalogue, Standpoint(kiosk, PLACES[kiosk], read, PKI.trust_anchors, at))


def test_a_published_election_is_there_for_the_kiosks_that_it_names(publisher: Publisher, town: Definition) -> None:
    publisher.write(town)
    catalogue = publisher.taken()
    (package,) = seen(catalogue).packages
    assert package.definition == town
    assert seen(catalogue, "booth-1").packages[0].sha256 == package.sha256
    assert seen(catalogue, "kiosk-2") == Elections()


def test_two_officers_open_the_roll_that_came_with_the_catalogue(publisher: Publisher, town: Definition) -> None:
    publisher.write(town)
    (package,) = seen(publisher.taken()).packages
    wrapped = package.wrapped_roll_key
    shares = []
    for card in (JUHANS, KADRIS):
        holder = wrapped.holder_of(card.authentication.certificate)
        assert holder is not None
        request = request_share(wrapped, holder, town)
        shared_x = card.authentication.agree(request.point)
        assert shared_x is not None
        shares.append(request.share(shared_x))
    keys = RollKeys.derive(unwrap_roll_key(wrapped, (shares[0], shares[1]), town), town, "kiosk-1")
    assert package.roll.district_of(VOTER, keys) == "hill"
    assert package.roll.district_of(Voter("EE", JUHAN.personal_code), keys) is None
    stranger = RollKeys.derive(Secret(bytes(32)), town, "kiosk-1")
    assert package.roll.district_of(VOTER, stranger) is None


def test_an_election_ends_by_itself_and_begins_by_itself(publisher: Publisher, town: Definition) -> None:
    folder = publisher.write(town)
    catalogue = publisher.taken()
    assert seen(catalogue, at=town.expires - timedelta(seconds=1)).packages
    assert seen(catalogue, at=town.expires) == Elections(hidden=(Hidden(folder.name, PartExpiredError.code),))
    assert seen(catalogue, at=town.not_before - timedelta(seconds=1)) == Elections()


def test_officers_who_are_off_the_list_now_signed_nothing(publisher: Publisher, town: Definition) -> None:
    folder = publisher.write(town)
    catalogue = publisher.taken()
    hidden = Elections(hidden=(Hidden(folder.name, PackageRefusedError.code),))
    assert seen(catalogue, roster=staff(KADRIS)) == hidden
    assert seen(catalogue, roster=staff(KADRIS, JUHANS, places=["Town hall"])) == hidden
    assert seen(catalogue, "booth-1", roster=staff(KADRIS, JUHANS, places=["Town hall"])).packages


def test_an_administrator_is_no_election_officer(publisher: Publisher, town: Definition) -> None:
    publisher.write(town)
    catalogue = publisher.taken()
    both = staff(KADRIS, JUHANS).replace(b'"officer"', b'"administrator"')
    assert not seen(catalogue, roster=both).packages


def test_the_test_and_the_official_election_lie_apart_and_one_is_not_the_other(
    publisher: Publisher, town: Definition
) -> None:
    publisher.write(town)
    publisher.write(msgspec.structs.replace(town, mode=Mode.OFFICIAL))
    official, test = sorted(seen(publisher.taken()).packages, key=lambda package: package.mode.value)
    assert (official.mode, test.mode) == (Mode.OFFICIAL, Mode.TEST)
    assert official.elections["town"].uuid != test.elections["town"].uuid


def test_one_broken_election_hides_no_other(publisher: Publisher, town: Definition) -> None:
    publisher.write(town)
    other = publisher.write(msgspec.structs.replace(town, id="second"))
    catalogue = publisher.taken()
    roll = catalogue.directory / "targets" / "elections" / other.name / "roll.bin"
    content = bytearray(roll.read_bytes())
    content[-1] ^= 1
    roll.unlink()  # the file may be shared with another copy
    roll.write_bytes(content)
    elections = seen(catalogue)
    assert [package.definition.id for package in elections.packages] == ["small-town-2026"]
    assert [hidden.what for hidden in elections.hidden] == ["second.test"]


def test_what_a_kiosk_would_refuse_is_not_published(publisher: Publisher, town: Definition) -> None:
    elections = publisher.content / "elections"
    now = int(NOW.timestamp())

    def refused(match: str) -> None:
        with pytest.raises(CatalogueContentError, match=match):
            read_content(publisher.content, now)
        shutil.rmtree(elections)

    publisher.write(town, KADRIS, AINOS)
    refused("TH-VOTE-121.*two different election officers")
    publisher.write(town).rename(elections / "another-name")
    refused("must be called small-town-2026.test")
    (publisher.write(town) / "roll.bin").write_bytes(b"")
    refused("roll.bin")
    (publisher.write(town) / "signatures.json").unlink()
    refused("signatures.json")
    (elections / "empty").mkdir(parents=True)
    refused("no election package")
    place = town.places[1]
    moved = msgspec.structs.replace(place.devices[0], kiosk="kiosk-9")
    places = (town.places[0], msgspec.structs.replace(place, devices=(moved,)))
    publisher.write(msgspec.structs.replace(town, places=places))
    refused("names kiosks that places.json does not: kiosk-9")
    publisher.write(town)
    publisher.staff(staff(KADRIS, JUHANS, places=["Town hall"]))
    refused("TH-VOTE-121")
    publisher.staff(staff(KADRIS, JUHANS))
    hours = (Hours(town.not_before, NOW),)
    early = msgspec.structs.replace(town.rules, hours=hours)
    unhurried = tuple(msgspec.structs.replace(each, hours=()) for each in town.places)
    publisher.write(msgspec.structs.replace(town, expires=NOW, rules=early, places=unhurried))
    refused("ended 2026-11-26")


def test_the_catalogue_s_own_age_ends_elections_too(publisher: Publisher, town: Definition) -> None:
    folder = publisher.write(msgspec.structs.replace(town, expires=datetime(2029, 1, 1, tzinfo=UTC)))
    catalogue = publisher.taken()
    signed = replace(catalogue.parts[Part.ELECTIONS], until=int(NOW.timestamp()))
    aged = replace(catalogue, parts={**catalogue.parts, Part.ELECTIONS: signed})
    assert seen(aged) == Elections(hidden=(Hidden(folder.name, PartExpiredError.code),))
