# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A PC/SC service of our own with virtual readers, apart from the machine's: its /run lies in a mount namespace.

A holder process keeps the namespace, so that the service's socket keeps its path when the service ends and comes back.
"""

import contextlib
import os
import random
import select
import shutil
import socket
import string
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from townhall_smartcard.errors import SimulationUnavailableError

READER_NAME: Final = "Townhall virtual reader"
_DRIVER: Final = Path("usr/lib/pcsc/drivers/serial/libifdvpcd.so")
_DRIVER_CONFIGURATION: Final = Path("etc/reader.conf.d/vpcd")
_SLOTS_OF_A_READER: Final = 2  # compiled into the driver
_DEADLINE_S: Final = 10.0
_POLL_S: Final = 0.005
_PORTS: Final = range(20_000, 32_000, _SLOTS_OF_A_READER)  # below those that the kernel gives to clients
_HOLDER: Final = (
    "{ mount --make-private /run 2>&- || true; } && mount -t tmpfs -o mode=0755 tmpfs /run && cd /run"
    " && mkdir pcscd readers drivers no-usb-drivers && echo ready"
    " && exec setpriv --pdeathsig KILL sleep infinity"
)
_LISTENING: Final = "0A"
_PROGRAMS: Final = ("unshare", "nsenter", "setpriv", "pcscd")
_SEARCH_PATH: Final = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"


def virtual_reader_driver_present(root: Path = Path("/")) -> bool:
    """Tell whether vpcd is installed on this machine.

    Its ports are open to the whole network: on a kiosk anybody near could put a card into a virtual reader.
    """
    return (root / _DRIVER).exists() or (root / _DRIVER_CONFIGURATION).exists()


class PrivatePcscd:
    """A running service with empty virtual readers; a context manager.

    It ends with ``close``, or with the thread that made it (the kernel sees to that). It uses no reader on USB, and
    neither joins nor disturbs another service. The driver listens on all addresses of the machine while it runs.
    """

    def __init__(self, slots: int = _SLOTS_OF_A_READER, *, cover: Path | None = None) -> None:
        """Start the service and wait until it answers.

        ``cover`` is a driver that stands before each reader's: it finds the reader's beside itself, as ``.inner``.

        Raises:
            SimulationUnavailableError: a program is missing, namespaces are forbidden, or it did not start.
        """
        _check_programs()
        self._readers: Final = -(-slots // _SLOTS_OF_A_READER)
        self._slots: Final = slots
        self._cover = cover
        self._holder, self._enter = _hold_namespace()
        self._run: Final = Path(f"/proc/{self._holder.pid}/root/run")
        self._service: subprocess.Popen[bytes] | None = None
        self._first_ports: tuple[int, ...] = ()
        try:
            self._start_on_free_ports()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        """Return the service itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it."""
        self.close()

    @property
    def ports(self) -> tuple[int, ...]:
        """One TCP port a slot, where the driver waits for a card."""
        slots = [port + slot for port in self._first_ports for slot in range(_SLOTS_OF_A_READER)]
        return tuple(slots[: self._slots])

    @property
    def socket_path(self) -> Path:
        """Where clients find the service; the same for the life of this object."""
        return self._run / "pcscd" / "pcscd.comm"

    @property
    def drivers(self) -> tuple[Path, ...]:
        """Where each reader's driver lies, as seen from outside."""
        return tuple(self._run / "drivers" / f"vpcd-{letter}.so" for letter in string.ascii_uppercase[: self._readers])

    @property
    def environment(self) -> dict[str, str]:
        """This process' environment with the variable that leads PC/SC clients here."""
        return {**os.environ, "PCSCLITE_CSOCK_NAME": str(self.socket_path)}

    @property
    def pid(self) -> int:
        """The service's process id.

        Raises:
            SimulationUnavailableError: it does not run.
        """
        if self._service is None:
            raise SimulationUnavailableError("pcscd does not run")
        return self._service.pid

    @property
    def is_running(self) -> bool:
        """Whether the service lives."""
        return self._service is not None and self._service.poll() is None

    def start(self) -> None:
        """Start the service again, on the same socket and ports, and wait until it answers.

        Raises:
            SimulationUnavailableError: it does not, or its ports were taken meanwhile.
        """
        if not self.is_running:
            self._launch()
            if not self._owns_ports():
                raise SimulationUnavailableError("another program took the ports of the virtual readers")

    def stop(self) -> None:
        """End the service as a crash does: at once, without good-bye."""
        if self._service is not None:
            self._service.kill()
            self._service.wait()
            self._service = None

    def restart(self) -> None:
        """Stop and start."""
        self.stop()
        self.start()

    def use_cover(self, cover: Path | None) -> None:
        """Restart with another cover, or with none."""
        self._cover = cover
        self.restart()

    def close(self) -> None:
        """End the service and its namespace; nothing of them stays."""
        self.stop()
        # In a chroot our tmpfs may have reached the namespace outside; taking it away does too.
        subprocess.run([*self._enter, "umount", "--lazy", "/run"], check=False, stderr=subprocess.DEVNULL)
        _end(self._holder)

    def _start_on_free_ports(self) -> None:
        deadline = time.monotonic() + _DEADLINE_S
        while time.monotonic() < deadline:
            self._first_ports = _free_ports(self._readers)
            self._launch()
            if self._owns_ports():
                return
            self.stop()
        raise SimulationUnavailableError("no free ports for the virtual readers")

    def _launch(self) -> None:
        for driver in self.drivers:
            # The driver keeps its slots in global variables: each reader needs a copy, loaded as a library of its own.
            shutil.copyfile(Path("/") / _DRIVER, driver.with_suffix(".so.inner") if self._cover else driver)
            if self._cover:
                shutil.copyfile(self._cover, driver)
        (self._run / "readers" / "readers").write_text(_reader_configuration(self._first_ports))
        for stale in (self._run / "pcscd").iterdir():
            stale.unlink()
        command = ["setpriv", "--pdeathsig", "KILL", "pcscd", "--foreground", "--config", "/run/readers"]
        environment = {**os.environ, "PATH": _SEARCH_PATH, "PCSCLITE_HP_DROPDIR": "/run/no-usb-drivers"}
        with (self._run / "pcscd.log").open("wb") as log:
            self._service = subprocess.Popen(
                [*self._enter, *command], stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment
            )
        self._wait_until_it_answers(self._service)

    def _wait_until_it_answers(self, service: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + _DEADLINE_S
        while service.poll() is None and time.monotonic() < deadline:
            with socket.socket(socket.AF_UNIX) as probe:
                if probe.connect_ex(str(self.socket_path)) == 0:  # it listens after it has made its readers
                    return
            time.sleep(_POLL_S)
        raise SimulationUnavailableError(f"pcscd did not start: {self._last_words()}")

    def _last_words(self) -> str:
        return (self._run / "pcscd.log").read_text(errors="replace")[-400:]

    def _owns_ports(self) -> bool:
        """Tell whether the driver got every port: another program may have been faster."""
        if self._service is None:
            return False
        return _ports_listened_on(Path(f"/proc/{self._service.pid}")).issuperset(self.ports)


def _check_programs() -> None:
    missing = [program for program in _PROGRAMS if shutil.which(program, path=_SEARCH_PATH) is None]
    if not (Path("/") / _DRIVER).exists():
        missing.append("vsmartcard-vpcd")
    if missing:
        raise SimulationUnavailableError(f"not installed: {', '.join(missing)}")


def _hold_namespace() -> tuple[subprocess.Popen[bytes], tuple[str, ...]]:
    """Return a process that keeps a new mount namespace, and the command that runs another one in it."""
    as_user = (("unshare", "--user", "--map-root-user", "--mount"), ("-U", "-m", "--preserve-credentials"))
    as_root = (("unshare", "--mount", "--propagation", "private"), ("-m",))
    # Where / is no mount point (a chroot), propagation cannot be changed there; the holder does it for /run alone.
    in_chroot = (("unshare", "--mount", "--propagation", "unchanged"), ("-m",))
    for unshare, join in (as_root, in_chroot, as_user) if os.geteuid() == 0 else (as_user,):
        holder = subprocess.Popen(
            [*unshare, "sh", "-c", _HOLDER],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PATH": _SEARCH_PATH},
        )
        if _says_ready(holder):
            return holder, ("nsenter", "--target", str(holder.pid), "--root", *join)
        _end(holder)
    raise SimulationUnavailableError("this machine does not let us make a mount namespace")


def _says_ready(holder: subprocess.Popen[bytes]) -> bool:
    if holder.stdout is None:
        return False
    with holder.stdout as words:
        readable, _, _ = select.select([words], [], [], _DEADLINE_S)
        return bool(readable) and words.readline() == b"ready\n"


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


def _ports_listened_on(process: Path) -> set[int]:
    """Return the TCP ports on which a process waits: its sockets among those of the machine (proc_pid_net(5))."""
    own = set()
    for descriptor in (process / "fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            own.add(str(descriptor.readlink()))
    lines = (process / "net" / "tcp").read_text().splitlines()[1:]
    sockets = ((fields[1], fields[3], fields[9]) for fields in map(str.split, lines))
    return {
        int(address.rpartition(":")[2], 16)
        for address, state, inode in sockets
        if state == _LISTENING and f"socket:[{inode}]" in own
    }


def _reader_configuration(first_ports: tuple[int, ...]) -> str:
    """Return a reader.conf(5) with the readers A, B and so on."""
    return "".join(
        f'FRIENDLYNAME "{READER_NAME} {letter}"\nDEVICENAME /dev/null:0x{port:04X}\n'
        f"LIBPATH /run/drivers/vpcd-{letter}.so\nCHANNELID 0x{port:04X}\n\n"
        for letter, port in zip(string.ascii_uppercase, first_ports, strict=False)
    )


def _free_ports(readers: int) -> tuple[int, ...]:
    """Return the first port of a free pair for each reader. Only the driver's own bind can tell for sure."""
    candidates = random.sample(_PORTS, len(_PORTS))
    free = (first for first in candidates if all(_is_free(first + slot) for slot in range(_SLOTS_OF_A_READER)))
    return tuple(first for _, first in zip(range(readers), free, strict=False))


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("", port))
        except OSError:
            return False
        return True
