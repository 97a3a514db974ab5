# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The systemd units, judged by systemd."""

import re
import shutil
import subprocess
from configparser import RawConfigParser
from pathlib import Path

import pytest

from townhall_kiosk.home import KioskHome

PACKAGING = Path(__file__).resolve().parents[2] / "packaging"
UNITS = PACKAGING / "systemd"
SERVICES = sorted(UNITS.glob("*.service"))
HIGHEST_EXPOSURE = 3.0


class _Unit(RawConfigParser):
    """Reads a unit file far enough: of a setting that is given twice, the last."""

    def optionxform(self, optionstr: str) -> str:
        return optionstr


def settings(unit: Path) -> dict[str, str]:
    parser = _Unit(strict=False, interpolation=None)
    parser.read(unit)
    return dict(parser["Service"])


def instance(unit: Path, directory: Path) -> Path:
    """systemd judges a template by an instance of it."""
    return Path(shutil.copy(unit, directory / unit.name.replace("@.", "@1.")))


def test_every_process_of_a_kiosk_has_its_unit() -> None:
    assert {unit.name for unit in SERVICES} == {
        "townhall-keeper.service",
        "townhall-visit@.service",
        "townhall-card@.service",
        "townhall-picture@.service",
        "townhall-screen.service",
        "townhall-speech.service",
    }


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_systemd_finds_little_exposed(unit: Path, tmp_path: Path) -> None:
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager", str(instance(unit, tmp_path))]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    (exposure,) = re.findall(r"Overall exposure level for \S+: ([0-9.]+) ", said)
    assert float(exposure) <= HIGHEST_EXPOSURE


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_no_process_leaves_memory_on_a_disk(unit: Path) -> None:
    assert settings(unit)["LimitCORE"] == "0"
    assert settings(unit)["MemorySwapMax"] == "0"


def test_each_process_is_a_user_of_its_own_without_the_keepers_rights() -> None:
    users = [settings(unit)["User"] for unit in SERVICES]
    assert len(set(users)) == len(users)
    assert "root" not in users
    groups = {unit.name: settings(unit).get("SupplementaryGroups", "") for unit in SERVICES}
    assert groups.pop("townhall-visit@.service") == "townhall-screen"
    assert groups.pop("townhall-keeper.service") == "townhall-speech"
    assert groups.pop("townhall-speech.service") == "audio"
    assert set(groups.values()) == {""}


def test_every_user_that_the_package_makes_is_taken_away_when_it_is_purged() -> None:
    debian = PACKAGING / "debian"
    made = re.findall(r"^u (\S+)", (debian / "townhall.sysusers").read_text(), re.MULTILINE)
    (taken,) = re.findall(r"for user in (.+); do", (debian / "townhall.postrm").read_text())
    assert taken.split() == made


def test_the_voice_reaches_sound_cards_alone() -> None:
    voice = settings(UNITS / "townhall-speech.service")
    assert (voice["DevicePolicy"], voice["DeviceAllow"]) == ("closed", "char-alsa rw")
    assert (voice["PrivateNetwork"], voice["RestrictAddressFamilies"]) == ("yes", "AF_UNIX")
    assert "/var:ro" in voice["TemporaryFileSystem"].split()


@pytest.mark.parametrize("name", ["townhall-visit@.service", "townhall-card@.service", "townhall-picture@.service"])
def test_processes_of_a_visit_have_no_network_and_see_no_data(name: str) -> None:
    unit = settings(UNITS / name)
    assert unit["PrivateNetwork"] == "yes"
    assert unit["RestrictAddressFamilies"] == "AF_UNIX"
    assert {"/var:ro", "/run:ro"} <= set(unit["TemporaryFileSystem"].split())
    assert unit["ProtectHome"] == "yes"


def test_a_visit_whose_window_hangs_is_ended() -> None:
    visit = settings(UNITS / "townhall-visit@.service")
    assert visit["NotifyAccess"] == "all"
    assert int(visit["WatchdogSec"]) > 0
    assert visit["WatchdogSignal"] == "SIGKILL"


def test_a_keeper_that_hangs_is_started_anew() -> None:
    keeper = settings(UNITS / "townhall-keeper.service")
    assert keeper["Type"] == "notify"
    assert int(keeper["WatchdogSec"]) > 0
    assert keeper["Restart"] == "always"


def test_the_settings_that_are_installed_can_be_read() -> None:
    assert KioskHome(PACKAGING / "etc").settings().centre.startswith("https://")
