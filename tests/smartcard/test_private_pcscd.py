# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A real pcscd of our own: apart from the machine's, gone with its owner, back where it was after a crash."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from townhall_smartcard.errors import SimulationUnavailableError
from townhall_smartcard.simulation import pcscd
from townhall_smartcard.simulation.estonian_card import EstonianCard
from townhall_smartcard.simulation.estonian_card_person import JUHAN, KADRI
from townhall_smartcard.simulation.faulty_card import DeadCard
from townhall_smartcard.simulation.pcscd import PrivatePcscd, virtual_reader_driver_present
from townhall_smartcard.simulation.pki import TestPki
from townhall_smartcard.simulation.vpcd import VirtualReader

DEADLINE_S = 10.0
PKI = TestPki()
PRINT_AND_WAIT = """
from townhall_smartcard.simulation.pcscd import PrivatePcscd
with PrivatePcscd() as service:
    print(service._holder.pid, service._service.pid, service.socket_path, flush=True)
    input()
"""
TRANSMIT_MANY = """
import time
from smartcard import scard
_, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
_, readers = scard.SCardListReaders(context, [])
_, card, protocol = scard.SCardConnect(context, readers[0], scard.SCARD_SHARE_SHARED, scard.SCARD_PROTOCOL_T1)
begin = time.perf_counter()
for _ in range(200):
    status, answer = scard.SCardTransmit(card, protocol, [0x00, 0xA4, 0x00, 0x0C])
    assert (status, answer) == (0, [0x90, 0x00])
print((time.perf_counter() - begin) / 200 * 1000)
scard.SCardDisconnect(card, scard.SCARD_RESET_CARD)
scard.SCardReleaseContext(context)
"""


@pytest.fixture
def service() -> Iterator[PrivatePcscd]:
    with PrivatePcscd() as service:
        yield service


def new_card() -> EstonianCard:
    return EstonianCard(KADRI, PKI.issue_card_keys(KADRI))


def listing(service: PrivatePcscd) -> str:
    command = ["opensc-tool", "--list-readers"]
    return subprocess.run(command, env=service.environment, capture_output=True, text=True, check=False).stdout


def cards(service: PrivatePcscd) -> list[bool]:
    """Tell for each slot, in order, whether a card is in it."""
    return [found == "Yes" for found in re.findall(r"^\d+ +(Yes|No) ", listing(service), re.MULTILINE)]


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def is_alive(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def accepts(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0


def test_a_machine_without_the_programs_says_which_are_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pcscd, "_PROGRAMS", ("unshare", "no-such-program"))
    with pytest.raises(SimulationUnavailableError, match=r"not installed: no-such-program$"):
        PrivatePcscd()


def test_a_machine_that_forbids_namespaces_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pcscd, "_HOLDER", "exit 1")
    with pytest.raises(SimulationUnavailableError, match="namespace"):
        PrivatePcscd()


def test_a_service_that_cannot_start_leaves_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    holder = "echo ready && exec setpriv --pdeathsig KILL sleep infinity"
    monkeypatch.setattr(pcscd, "_HOLDER", f"mount -t tmpfs tmpfs /run && mkdir -p /run/pcscd && {holder}")
    with pytest.raises(FileNotFoundError):  # no folder for the configuration
        PrivatePcscd()
    assert not [line for line in Path("/proc/self/task").glob("*/children") if "sleep" in line.read_text()]


def test_ports_taken_meanwhile_are_noticed(service: PrivatePcscd) -> None:
    service.stop()
    with socket.create_server(("", service.ports[1])), pytest.raises(SimulationUnavailableError, match="ports"):
        service.start()
    service.restart()
    assert len(cards(service)) == 2


def test_the_machines_own_service_is_neither_joined_nor_disturbed() -> None:
    own = Path("/run/pcscd")
    before = sorted(own.iterdir()) if own.exists() else None
    with PrivatePcscd() as service:
        assert (sorted(own.iterdir()) if own.exists() else None) == before
        assert str(service.socket_path).startswith("/proc/")
        assert accepts(service.socket_path)
    assert (sorted(own.iterdir()) if own.exists() else None) == before
    assert not accepts(service.socket_path)


def test_two_services_do_not_see_each_others_cards(service: PrivatePcscd) -> None:
    with PrivatePcscd() as other, VirtualReader(new_card(), "127.0.0.1", other.ports[0]):
        wait_until(lambda: cards(other) == [True, False])
        assert cards(service) == [False, False]
        assert not set(service.ports) & set(other.ports)


def test_two_cards_at_once_and_a_card_taken_out(service: PrivatePcscd) -> None:
    second = EstonianCard(JUHAN, PKI.issue_card_keys(JUHAN))
    with (
        VirtualReader(new_card(), "127.0.0.1", service.ports[0]) as slot,
        VirtualReader(second, "127.0.0.1", service.ports[1]),
    ):
        wait_until(lambda: cards(service) == [True, True])
        slot.remove()
        wait_until(lambda: cards(service) == [False, True])


def test_more_slots_come_as_more_readers() -> None:
    with PrivatePcscd(slots=3) as service:
        assert len(service.ports) == len(set(service.ports)) == 3
        text = listing(service)
        assert "Townhall virtual reader A 00 00" in text
        assert "Townhall virtual reader B 00 00" in text


def test_a_dead_card_is_seen_as_such(service: PrivatePcscd) -> None:
    command = ["opensc-tool", "--verbose", "--list-readers"]

    def said() -> str:
        return subprocess.run(command, env=service.environment, capture_output=True, text=True, check=False).stderr

    with VirtualReader(DeadCard(), "127.0.0.1", service.ports[0]):
        wait_until(lambda: "Unresponsive card" in said())


def test_after_a_crash_it_is_back_at_the_same_place_with_the_card_still_in(service: PrivatePcscd) -> None:
    path, ports = service.socket_path, service.ports
    with VirtualReader(new_card(), "127.0.0.1", service.ports[0]):
        wait_until(lambda: cards(service) == [True, False])
        service.stop()
        assert not service.is_running
        assert not accepts(path)
        service.start()
        service.start()  # once is enough
        assert (service.socket_path, service.ports) == (path, ports)
        wait_until(lambda: cards(service) == [True, False])


def test_it_dies_with_a_parent_that_was_killed() -> None:
    parent = subprocess.Popen([sys.executable, "-c", PRINT_AND_WAIT], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with parent:
        assert parent.stdout is not None
        holder, child, _ = parent.stdout.readline().split()
        assert is_alive(int(holder))
        assert is_alive(int(child))
        parent.send_signal(signal.SIGKILL)
    wait_until(lambda: not is_alive(int(holder)) and not is_alive(int(child)))


def test_a_plain_user_can_have_one() -> None:
    as_nobody = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"] if os.geteuid() == 0 else []
    allowed = subprocess.run([*as_nobody, "unshare", "-Urm", sys.executable, "-c", ""], check=False)
    if allowed.returncode:
        pytest.skip("plain users may not make namespaces here, or not run this Python")
    command = [*as_nobody, sys.executable, "-c", PRINT_AND_WAIT]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as user:
        assert user.stdout is not None
        assert user.stdin is not None
        _, child, path = user.stdout.readline().split()
        assert is_alive(int(child))
        assert accepts(Path(path.decode()))
        user.stdin.write(b"\n")
    assert not is_alive(int(child))


def test_a_command_takes_a_fraction_of_a_millisecond_over_the_real_service(service: PrivatePcscd) -> None:
    with VirtualReader(new_card(), "127.0.0.1", service.ports[0]):
        wait_until(lambda: cards(service) == [True, False])
        command = [sys.executable, "-c", TRANSMIT_MANY]
        measured = subprocess.run(command, env=service.environment, capture_output=True, text=True, check=True)
    assert float(measured.stdout) < 10  # ms; 44 where the acknowledgement is delayed, 0.1 where it is not


@pytest.mark.parametrize("trace", ["usr/lib/pcsc/drivers/serial/libifdvpcd.so", "etc/reader.conf.d/vpcd"])
def test_staff_are_warned_where_the_driver_is_installed(tmp_path: Path, trace: str) -> None:
    assert not virtual_reader_driver_present(tmp_path)
    (tmp_path / trace).parent.mkdir(parents=True)
    (tmp_path / trace).touch()
    assert virtual_reader_driver_present(tmp_path)


def test_closing_twice_is_closing_once() -> None:
    service = PrivatePcscd()
    with contextlib.closing(service):
        service.close()
    assert not service.is_running
