# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""``townhall trust`` lists what is loaded and what was refused and why, of a directory and of a kiosk's catalogue."""

import json
import time
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest

from townhall_central.simulation.catalogue import SimulatedAdministrators, write_content
from townhall_kiosk.cli import main
from townhall_kiosk.documents.trust_source import of_kiosk
from townhall_kiosk.errors import ConfigurationError, NoCatalogueError
from townhall_kiosk.home import KioskHome
from townhall_smartcard.simulation import states
from townhall_smartcard.simulation.pki import TestPki
from townhall_smartcard.simulation.state_keys import CurveStateKey, Spelling
from townhall_smartcard.simulation.states import Standing, Wish
from townhall_sync.catalogue import CatalogueStore
from townhall_sync.catalogue_outcomes import Refreshed
from townhall_sync.catalogue_source import DirectorySource
from townhall_sync.wire import RootDocument, encode_base64


@cache
def german() -> Standing:
    return states.authority(CurveStateKey("brainpoolp384r1", Spelling.EXPLICIT), Wish("DE", "csca-germany"))


@cache
def forged() -> Standing:
    return states.authority(CurveStateKey("secp256r1", Spelling.FORGED), Wish("XX", "Forger"))


@cache
def utopia() -> Standing:
    return states.authority(CurveStateKey("brainpoolp224r1", digest="sha224"))


@pytest.fixture
def content(tmp_path: Path) -> Path:
    directory = write_content(
        tmp_path / "content", services=Path(), recipients={}, anchors=TestPki().anchors_der, groups={}, kiosks={}
    )
    listed = states.master_list(states.list_signer(german()), [utopia().der, forged().der, b"\x30\x00"])
    for name, made in (
        ("states/de.der", german().der),
        ("master-lists/german.ml", listed),
        ("state-crls/ut.crl", states.revocation_list(utopia(), [states.document_signer(utopia())])),
    ):
        (directory / "trust" / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / "trust" / name).write_bytes(made)
    for folder in ("services", "recipients"):
        (directory / folder).mkdir(exist_ok=True)
    return directory


def test_the_table_tells_authorities_lists_and_refusals(content: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trust", "--content", str(content)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["2 authorities of 2 countries, 2 refused", "signed     nobody knows when"]
    assert any(line.startswith("list       DE") and line.endswith("german.ml") for line in lines)
    assert any(line.startswith("revoked    UT") and "1 entries" in line for line in lines)
    of_authority = {line.split()[1]: line for line in lines if line.startswith("authority")}
    assert "brainpoolp384r1" in of_authority["DE"]
    assert "csca-germany" in of_authority["DE"]
    assert "brainpoolp224r1" in of_authority["UT"]
    refused = [line for line in lines if line.startswith("refused")]
    assert len(refused) == 2
    assert any("XX Forger: its key is refused (spells out a curve" in line for line in lines)
    assert any("not a certificate that can be read" in line for line in lines)


def test_programs_read_the_same_as_json(content: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trust", "--content", str(content), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert [(each["country"], each["key"]) for each in said["authorities"]] == [
        ("DE", "brainpoolp384r1"),
        ("UT", "brainpoolp224r1"),
    ]
    assert [each["entries"] for each in said["master_lists"]] == [3]
    assert sorted(each["reason"] for each in said["refused"]) == ["KEY", "UNREADABLE"]
    assert said["signed"] == ""


def test_a_kiosk_tells_what_its_catalogue_says(content: Path, tmp_path: Path) -> None:
    town = SimulatedAdministrators(tmp_path / "repository", int(time.time()))
    town.publish(content)
    home = KioskHome(tmp_path / "home")
    home.root.parent.mkdir(parents=True)
    root = RootDocument("AAAA", "AAAA", "centre.example", "AAAA", catalogue_root=encode_base64(town.bootstrap))
    home.root.write_bytes(root.to_bytes())
    now = datetime.now(UTC)
    with pytest.raises(NoCatalogueError):
        of_kiosk(home.path, now)
    store = CatalogueStore(home.catalogue, town.bootstrap)
    assert isinstance(store.refresh(DirectorySource(town.export(tmp_path / "stick"))), Refreshed)
    trust = of_kiosk(home.path, now)
    assert {each.der for each in trust.authorities} == {german().der, utopia().der}
    assert trust.signed_at is not None
    assert abs(trust.signed_at - now) < timedelta(hours=1)


def test_a_kiosk_that_is_not_enrolled_has_nobody_to_believe(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError):
        of_kiosk(tmp_path, datetime.now(UTC))


def test_a_directory_without_trust_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trust", "--content", str(tmp_path)]) == 1
    assert "TH-KIOS-" in capsys.readouterr().err
