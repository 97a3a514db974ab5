# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Directories of centres and inboxes: what is refused, who may read what, and that ingest holds no agency's key."""

import ssl
import stat
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from townhall_central import agencies, keys
from townhall_central.agencies import AgencyFile
from townhall_central.database import Database
from townhall_central.errors import AgencyFileError, BusyError, DirectoryError
from townhall_central.inbox.home import InboxHome, InboxSettings, create_home, open_home
from townhall_central.inbox.trust_folder import load_anchors
from townhall_central.simulation.centre import SimulatedCentre
from townhall_central.sqlite import SqliteFile
from townhall_central.tables import SCHEMA
from townhall_crypto.secret import Secret


def files(directory: Path) -> list[Path]:
    return [path for path in directory.rglob("*") if path.is_file()]


def test_nobody_else_reads_a_centre_or_an_inbox(centre: SimulatedCentre, inbox: InboxHome, tmp_path: Path) -> None:
    assert inbox.key_id
    for path in (*files(centre.path), *files(tmp_path / "inbox")):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path.name
    for directory in (centre.path, centre.path / "keys", tmp_path / "inbox", tmp_path / "inbox" / "keys"):
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700


def test_nothing_at_ingest_holds_an_agencys_private_key(centre: SimulatedCentre, inbox: InboxHome) -> None:
    private = inbox.recipient_key.to_bytes()
    seed, x25519 = private[:64], private[64:]
    for path in files(centre.path):
        content = path.read_bytes()
        assert seed not in content
        assert x25519 not in content


def test_the_running_server_cannot_open_the_device_ca(centre: SimulatedCentre) -> None:
    pem = (centre.path / keys.DEVICE_CA_FILE).read_bytes()
    with pytest.raises(TypeError, match="encrypted"):
        load_pem_private_key(pem, password=None)


def test_a_key_that_others_may_read_is_refused(centre: SimulatedCentre) -> None:
    (centre.path / "keys" / "log.pem").chmod(0o640)
    with pytest.raises(DirectoryError, match="chmod"):
        keys.load_keys(centre.path)


def test_keys_in_each_others_place_are_refused(centre: SimulatedCentre) -> None:
    folder = centre.path / "keys"
    (folder / "log.pem").write_bytes((folder / "receipt.pem").read_bytes())
    with pytest.raises(DirectoryError, match="the key that"):
        keys.load_keys(centre.path)


@pytest.mark.parametrize("name", ["keys/receipt.pem", "keys/log.pem", "root.json"])
def test_a_damaged_file_is_refused(centre: SimulatedCentre, name: str) -> None:
    (centre.path / name).write_bytes(b"damaged")
    with pytest.raises(DirectoryError):
        keys.load_keys(centre.path)


def test_a_second_centre_does_not_overwrite_the_first(centre: SimulatedCentre) -> None:
    before = {path: path.read_bytes() for path in files(centre.path)}
    with pytest.raises(DirectoryError):
        SimulatedCentre.create(centre.path, centre.now)
    assert {path: path.read_bytes() for path in files(centre.path)} == before


@pytest.mark.parametrize("origin", ["", "a b", "a+b", "a\nb", "x" * 129])
def test_an_impossible_origin_is_refused(tmp_path: Path, origin: str) -> None:
    with pytest.raises(DirectoryError):
        keys.create_directory(tmp_path / "c", origin=origin, passphrase=Secret(b"a" * 20), now=lambda: 0)
    assert not (tmp_path / "c").exists()


def test_a_database_of_another_version_is_refused(tmp_path: Path) -> None:
    place = SqliteFile(tmp_path / "x.db")
    Database.create(place, replace(SCHEMA, revision="9999")).close()
    with pytest.raises(DirectoryError, match="has schema 9999"):
        Database.open(place, SCHEMA)
    with pytest.raises(DirectoryError, match="a newer program"):
        Database.migrate(place, SCHEMA)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"not a database at all, but long enough to look like one" * 20)
    with pytest.raises(DirectoryError):
        Database.open(SqliteFile(tmp_path / "x.db"), SCHEMA)


def test_a_database_that_stays_locked_is_busy(centre: SimulatedCentre, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("townhall_central.sqlite.BUSY_TIMEOUT_S", 0.05)
    other = keys.open_database(centre.path)
    with centre.database.write(), pytest.raises(BusyError), other.write():
        pass
    other.close()


def test_an_inbox_does_not_overwrite_another(inbox: InboxHome, tmp_path: Path, centre: SimulatedCentre) -> None:
    with pytest.raises(DirectoryError):
        create_home(tmp_path / "inbox", inbox.settings, centre.keys.root_bytes)


def test_an_inbox_needs_a_root_document(tmp_path: Path) -> None:
    settings = InboxSettings(name="R", centre="http://127.0.0.1:9", services="s", anchors="a")
    with pytest.raises(DirectoryError):
        create_home(tmp_path / "other", settings, b"{}")


@pytest.mark.parametrize("name", ["keys/recipient.key", "keys/request.pem", "settings.json"])
def test_a_damaged_inbox_is_refused(inbox: InboxHome, tmp_path: Path, name: str) -> None:
    assert inbox.settings.name == "Registry"
    (tmp_path / "inbox" / name).write_bytes(b"damaged")
    with pytest.raises(DirectoryError):
        open_home(tmp_path / "inbox")


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[" * 70_000, b'{"name":"R","recipient_key":"AAAA","request_key":"AAAA"}']
)
def test_a_file_that_is_no_agency_is_refused(centre: SimulatedCentre, content: bytes) -> None:
    with centre.database.write() as connection, pytest.raises(AgencyFileError):
        agencies.add(connection, content, by="Ann", now=centre.now)


def test_an_agencys_keys_are_added_once(centre: SimulatedCentre, inbox: InboxHome, tmp_path: Path) -> None:
    content = (tmp_path / "inbox" / "agency.json").read_bytes()
    assert msgspec.json.decode(content, type=AgencyFile).name == inbox.settings.name
    with pytest.raises(AgencyFileError), centre.database.write() as connection:
        agencies.add(connection, content, by="Ann", now=centre.now)


def test_a_folder_without_anchors_trusts_nobody_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "anchors").mkdir()
    with pytest.raises(DirectoryError):
        load_anchors(tmp_path)


def test_anchors_may_be_der_or_pem(trust_folder: Path, tmp_path: Path) -> None:
    der = next((trust_folder / "anchors").iterdir()).read_bytes()
    pem = ssl_pem(der)
    (tmp_path / "anchors").mkdir()
    (tmp_path / "anchors" / "two.pem").write_bytes(pem + pem)
    (tmp_path / "anchors" / ".hidden").write_bytes(b"ignored")
    assert load_anchors(tmp_path).anchors_der == (der, der)


@pytest.mark.parametrize("folder", ["anchors", "intermediates", "crls"])
def test_a_broken_pem_is_refused(trust_folder: Path, tmp_path: Path, folder: str) -> None:
    der = next((trust_folder / "anchors").iterdir()).read_bytes()
    (tmp_path / "anchors").mkdir()
    (tmp_path / "anchors" / "good.der").write_bytes(der)
    (tmp_path / folder).mkdir(exist_ok=True)
    (tmp_path / folder / "bad.pem").write_bytes(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    with pytest.raises(DirectoryError):
        load_anchors(tmp_path)


def ssl_pem(der: bytes) -> bytes:
    return ssl.DER_cert_to_PEM_cert(der).encode()
