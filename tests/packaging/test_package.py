# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The Debian package: built, installed into a bootstrapped Debian, booted there by systemd as process 1, purged."""

import os
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from townhall_kiosk.demo.world import World
from townhall_smartcard.simulation.estonian_card_person import KADRI

ROOT = Path(__file__).resolve().parents[2]
USERS = ("townhall-keeper", "townhall-visit", "townhall-card", "townhall-picture", "townhall-screen", "townhall-speech")
_PATIENCE_S = 120
_LOOK_EVERY_S = 0.5
_CONNECT = ("systemd-run", "--quiet", "--wait", "--pipe", "--collect")
_TRY = """\
import socket
try:
    socket.socket(socket.AF_UNIX).connect("/run/townhall-speech/speech.sock")
except OSError as refused:
    print(type(refused).__name__)
else:
    print("connected")
"""

pytestmark = [
    pytest.mark.long,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root may bootstrap and boot a Debian"),
]


@dataclass(frozen=True, slots=True)
class Debian:
    """A Debian in a folder."""

    root: Path

    def run(self, *command: str, check: bool = True) -> str:
        """Run a program in it, in a container without systemd, and return what it says."""
        options = ("--quiet", "--register=no", "--keep-unit", "--pipe", "--resolv-conf=replace-host")
        done = subprocess.run(
            ["systemd-nspawn", *options, "--setenv=DEBIAN_FRONTEND=noninteractive", "-D", str(self.root), *command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0 or not check, done.stdout + done.stderr
        return done.stdout

    def files(self) -> set[str]:
        """Return every path that names the kiosk."""
        places = ("etc", "usr", "var/lib", "run", "lib", "opt", "home")
        found = (path for place in places for path in (self.root / place).rglob("*townhall*"))
        return {str(path.relative_to(self.root)) for path in found}


@pytest.fixture(scope="module")
def package() -> Path:
    subprocess.run([ROOT / "packaging" / "build"], check=True)
    (built,) = (ROOT / "dist").glob("townhall_*.deb")
    return built


@pytest.fixture(scope="module")
def debian(tmp_path_factory: pytest.TempPathFactory, package: Path) -> Debian:
    """A minimal Debian 12 with the package."""
    root = tmp_path_factory.mktemp("debian")
    root.chmod(0o755)  # its "/", where every user starts
    parts = "systemd,systemd-sysv,dbus,udev,procps"
    subprocess.run(["debootstrap", "--variant=minbase", f"--include={parts}", "bookworm", root], check=True)
    shutil.copy(package, root / "root" / package.name)
    made = Debian(root)
    made.run("apt-get", "update", "-q")
    made.run("apt-get", "install", "-y", "-q", "--no-install-recommends", f"/root/{package.name}")
    return made


@dataclass(frozen=True, slots=True)
class Machine:
    """The same Debian, booted; ``init`` is its process 1 as seen from here."""

    init: int

    def run(self, *command: str) -> str:
        """Run a program in it and return what it says, whether or not it is content."""
        entered = ["nsenter", "--target", str(self.init), "--all", *command]
        return subprocess.run(entered, capture_output=True, text=True, check=False).stdout

    def until(self, wanted: str, *command: str) -> str:
        """Look until what a program says matches."""
        pause, end = threading.Event(), time.monotonic() + _PATIENCE_S
        while not re.search(wanted, said := self.run(*command), re.MULTILINE):
            assert time.monotonic() < end, said + self.run("journalctl", "--no-pager", "-n", "80")
            pause.wait(_LOOK_EVERY_S)
        return said


@pytest.fixture
def machine(debian: Debian, tmp_path: Path) -> Iterator[Machine]:
    """An enrolled kiosk, switched on; its compositor has no panel and draws into memory."""
    with World(KADRI, agency="population-register") as world:
        shutil.copytree(world.home, debian.root / "var/lib/townhall", dirs_exist_ok=True, ignore=_all_but_settings)
        settings = (world.home / "kiosk.toml").read_text()
    (debian.root / "etc/townhall/kiosk.toml").write_text(re.sub(r"(?m)^(paper|window) = .*$", "", settings))
    debian.run("chown", "-Rh", "townhall-keeper:townhall-keeper", "/var/lib/townhall")
    drop_in = debian.root / "etc/systemd/system/townhall-screen.service.d/headless.conf"
    drop_in.parent.mkdir(parents=True)
    drop_in.write_text("[Service]\nEnvironment=WLR_BACKENDS=headless\n")
    no_card = debian.root / "etc/systemd/system/townhall-speech.service.d/no-card.conf"
    no_card.parent.mkdir(parents=True)
    no_card.write_text("[Unit]\nConditionPathExistsGlob=\n[Service]\nEnvironment=ALSA_CONFIG_PATH=/etc/no-card.conf\n")
    (debian.root / "etc/no-card.conf").write_text("pcm.!default { type null }\n")
    options = ("--quiet", "--register=no", "--keep-unit", "--private-network", "--link-journal=no", "--boot")
    with (tmp_path / "console").open("wb") as console:
        command = ["systemd-nspawn", *options, "-D", str(debian.root)]
        nspawn = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=console, stderr=console)
        children = Path(f"/proc/{nspawn.pid}/task/{nspawn.pid}/children")
        pause = threading.Event()
        while not (started := children.read_text().split()):
            assert nspawn.poll() is None, (tmp_path / "console").read_text()
            pause.wait(_LOOK_EVERY_S)
        yield Machine(int(started[0]))
        nspawn.terminate()
        nspawn.wait(_PATIENCE_S)
    shutil.rmtree(drop_in.parent)
    shutil.rmtree(no_card.parent)


def _all_but_settings(_folder: str, names: list[str]) -> set[str]:
    return {"kiosk.toml"} & set(names)


def test_the_package_installs_and_its_command_runs(debian: Debian) -> None:
    assert re.fullmatch(r"townhall \d+\.\d+\.\d+\n", debian.run("townhall", "--version"))
    for user in USERS:
        assert debian.run("getent", "passwd", user).strip().endswith("/usr/sbin/nologin")
    owner = debian.run("stat", "-c", "%U %a", "/var/lib/townhall")
    assert owner == "townhall-keeper 700\n"
    assert debian.run("dpkg", "--verify", "townhall") == ""


def test_everything_that_a_visit_or_a_booth_imports_is_there(debian: Debian) -> None:
    parts = "townhall_voting.ballot_making"
    assert debian.run("/usr/lib/townhall/bin/python", "-c", f"import {parts}; print('imported')") == "imported\n"


def test_a_booted_kiosk_runs_each_process_as_its_own_user_without_network_and_locked(machine: Machine) -> None:
    machine.until(r"(?s)active \(running\).*active \(running\)", "systemctl", "status", "townhall-visit@*")
    machine.until(r"active \(running\)", "systemctl", "status", "townhall-keeper")
    seen = machine.until("card_process", "ps", "-ww", "-eo", "user:20,pid,args")
    own_network = machine.run("readlink", "/proc/1/ns/net")
    for module, user in (("townhall_kiosk.visit", "townhall-visit"), ("card_process", "townhall-card")):
        pids = re.findall(rf"^(\S+) +(\d+) \S+ -I -m \S*{module} .*\d$", seen, re.MULTILINE)
        assert pids
        for owner, pid in pids:
            assert owner == user
            status = machine.until(r"^Seccomp:\t2$", "cat", f"/proc/{pid}/status")
            assert "CapEff:\t0000000000000000" in status
            assert "NoNewPrivs:\t1" in status
            assert machine.run("readlink", f"/proc/{pid}/ns/net") not in {"", own_network}
    machine.until("PC/SC service runs", "journalctl", "--no-pager", "-u", "townhall-visit@*")
    _only_the_keeper_reaches_the_voice(machine)


def _only_the_keeper_reaches_the_voice(machine: Machine) -> None:
    machine.run("systemctl", "start", "townhall-speech")
    voice = ("stat", "-c", "%U:%G %a", "/run/townhall-speech", "/run/townhall-speech/speech.sock")
    machine.until(r"^townhall-speech:townhall-speech 750\n.* 770$", *voice)
    keeper = ("User=townhall-keeper", "SupplementaryGroups=townhall-speech", "PrivateUsers=yes")
    for properties, outcome in ((keeper, "connected\n"), (("User=townhall-visit",), "PermissionError\n")):
        asked = [f"--property={each}" for each in properties]
        assert machine.run(*_CONNECT, *asked, "/usr/bin/python3", "-c", _TRY) == outcome


def test_a_purged_package_leaves_nothing(debian: Debian) -> None:
    debian.run("dpkg", "--purge", "townhall")
    left = {path for path in debian.files() if not path.startswith("var/lib/apt")}
    assert left == set()
    for user in USERS:
        assert debian.run("getent", "passwd", user, check=False) == ""
