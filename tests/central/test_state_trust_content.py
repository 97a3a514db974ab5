# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Authorities of states, master lists and their revocation lists go through the signed catalogue to a kiosk."""

import shutil
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest

from townhall_central.errors import CatalogueContentError
from townhall_central.repository import publishing
from townhall_central.repository.cli import main
from townhall_central.simulation.catalogue import SimulatedAdministrators, write_content
from townhall_crypto.state_trust import StateTrust, load_state_trust
from townhall_smartcard.simulation import states
from townhall_smartcard.simulation.pki import TestPki
from townhall_smartcard.simulation.state_keys import CurveStateKey, Spelling
from townhall_smartcard.simulation.states import Standing, Wish
from townhall_sync.catalogue import CatalogueStore
from townhall_sync.catalogue_outcomes import Refreshed
from townhall_sync.catalogue_source import DirectorySource
from townhall_sync.catalogue_state_trust import state_trust_files

DAY = 24 * 60 * 60


@cache
def german() -> Standing:
    return states.authority(CurveStateKey("brainpoolp384r1", Spelling.EXPLICIT), Wish("DE", "csca-germany"))


@cache
def utopia() -> Standing:
    return states.authority(CurveStateKey("brainpoolp256r1", Spelling.EXPLICIT))


@cache
def listed() -> bytes:
    return states.master_list(states.list_signer(german()), [utopia().der, b"\x30\x00"], is_german=True)


@pytest.fixture
def content(tmp_path: Path) -> Path:
    """A directory to publish, with trust in states."""
    directory = write_content(
        tmp_path / "content", services=Path(), recipients={}, anchors=TestPki().anchors_der, groups={}, kiosks={}
    )
    for folder in ("services", "recipients", "trust/states", "trust/master-lists", "trust/state-crls"):
        (directory / folder).mkdir(parents=True, exist_ok=True)
    (directory / "trust/states/de.der").write_bytes(german().der)
    (directory / "trust/master-lists/german.ml").write_bytes(listed())
    (directory / "trust/state-crls/ut.crl").write_bytes(states.revocation_list(utopia()))
    return directory


@pytest.fixture
def town(tmp_path: Path) -> SimulatedAdministrators:
    """Administrators who have published nothing yet."""
    return SimulatedAdministrators(tmp_path / "repository", int(time.time()))


def at_a_kiosk(town: SimulatedAdministrators, directory: Path) -> StateTrust:
    store = CatalogueStore(directory / "kiosk", town.bootstrap)
    stick = town.export(directory / "stick")
    assert isinstance(store.refresh(DirectorySource(stick)), Refreshed)
    catalogue = store.open()
    assert catalogue is not None
    return load_state_trust(state_trust_files(catalogue), datetime.fromtimestamp(town.now, UTC))


def test_what_is_published_is_what_a_kiosk_believes(
    town: SimulatedAdministrators, content: Path, tmp_path: Path
) -> None:
    town.publish(content)
    trust = at_a_kiosk(town, tmp_path)
    assert {each.der for each in trust.authorities} == {german().der, utopia().der}
    assert [each.source for each in trust.master_lists] == ["trust/master-lists/german.ml"]
    assert [each.source for each in trust.crls] == ["trust/state-crls/ut.crl"]
    assert [each.source for each in trust.refused] == ["trust/master-lists/german.ml#1"]
    assert trust.signed_at == datetime.fromtimestamp(town.now, UTC)


def _write(name: str, made: Callable[[], bytes]) -> Callable[[Path], None]:
    def change(content: Path) -> None:
        (content / "trust" / name).write_bytes(made())

    return change


def _ended() -> bytes:
    since = datetime.now(UTC) - timedelta(days=100)
    return states.revocation_list(utopia(), since=since, lasts=timedelta(days=90))


BROKEN: dict[str, Callable[[Path], None]] = {
    "an authority that cannot be read": _write("states/x.der", lambda: b"junk"),
    "a document signer among authorities": _write("states/x.der", lambda: states.document_signer(german()).der),
    "a forged curve": _write("states/x.der", lambda: states.authority(CurveStateKey("secp256r1", Spelling.FORGED)).der),
    "a list by nobody": _write(
        "master-lists/x.ml", lambda: states.master_list(states.list_signer(utopia()), [utopia().der])
    ),
    "a list that is none": _write("master-lists/x.ml", lambda: b"junk"),
    "a revocation list by nobody": _write(
        "state-crls/x.crl", lambda: states.revocation_list(states.authority(CurveStateKey("secp256r1")))
    ),
    "a revocation list that has ended": _write("state-crls/ut.crl", _ended),
    "a file that would be left out": _write("states/x.pem", lambda: german().der),
    "no authority for the list": lambda content: (content / "trust/states/de.der").unlink(),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_a_kiosk_would_not_use_is_not_staged(name: str, content: Path, town: SimulatedAdministrators) -> None:
    BROKEN[name](content)
    with pytest.raises(CatalogueContentError):
        town.publish(content)


def test_newer_lists_of_one_kind_leave_those_of_the_other(
    town: SimulatedAdministrators, content: Path, tmp_path: Path
) -> None:
    """A timer renews the lists of cards every day; those of states must not be lost by it, nor the other way."""
    town.publish(content)
    cards, of_states = tmp_path / "cards", tmp_path / "states"
    shutil.copytree(content / "trust/crls", cards) if (content / "trust/crls").exists() else cards.mkdir()
    of_states.mkdir()
    (of_states / "newer.crl").write_bytes(states.revocation_list(utopia()))
    publishing.renew_crls(town.copy, town.now, cards=cards)
    town.release()
    assert [each.source for each in at_a_kiosk(town, tmp_path).crls] == ["trust/state-crls/ut.crl"]
    publishing.renew_crls(town.copy, town.now, of_states=of_states)
    town.release()
    assert [each.source for each in at_a_kiosk(town, tmp_path).crls] == ["trust/state-crls/newer.crl"]


def test_a_newer_list_of_a_state_that_nobody_signed_is_refused(
    town: SimulatedAdministrators, content: Path, tmp_path: Path
) -> None:
    town.publish(content)
    folder = tmp_path / "states"
    folder.mkdir()
    (folder / "ut.crl").write_bytes(states.revocation_list(states.authority(CurveStateKey("secp256r1"))))
    with pytest.raises(CatalogueContentError, match="no trusted authority"):
        publishing.renew_crls(town.copy, town.now, of_states=folder)


def test_the_command_tells_what_is_wrong(content: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (content / "trust/states/x.der").write_bytes(b"junk")
    assert main(["publish", str(tmp_path / "repository"), str(content)]) == 1
    assert "trust/states/x.der: not a certificate that can be read" in capsys.readouterr().err
