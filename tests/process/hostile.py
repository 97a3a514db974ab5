# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What code that took over a process would try first. Each attempt is one function; none of them means any harm.

As a program, ``hostile.py RIGHTS ATTEMPT KEEPER``, it locks itself, tries one and prints the error's name or ``done``.
"""

import ctypes
import errno
import os
import signal
import socket
import struct
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from townhall_process.sandbox import Rights, lock

_LIBC: Final = ctypes.CDLL(None, use_errno=True)
_PTRACE_ATTACH: Final = 16
_PROT_ALL: Final = 7
_MAP_PRIVATE_ANONYMOUS: Final = 0x22
_SIGSYS: Final = signal.SIGSYS
# Numbers that the C library has no function for, by architecture.
_PIDFD_OPEN: Final = 434
_PIDFD_GETFD: Final = 438
_IO_URING_SETUP: Final = 425
_CLONE_NEWUSER: Final = 0x10000000


def _checked(result: int) -> None:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def read_a_file(_keeper: int) -> None:
    os.open("/etc/passwd", os.O_RDONLY)


def write_a_file(_keeper: int) -> None:
    os.open("/tmp/townhall-hostile", os.O_WRONLY | os.O_CREAT, 0o600)  # noqa: S108  # it must not come to be


def list_a_folder(_keeper: int) -> None:
    list(Path("/").iterdir())


def delete_a_file(_keeper: int) -> None:
    Path("/tmp/townhall-hostile").unlink()  # noqa: S108  # it is not there, and nobody may even look


def make_a_folder(_keeper: int) -> None:
    Path("/tmp/townhall-hostile.d").mkdir()  # noqa: S108  # it must not come to be


def open_the_keepers_memory(keeper: int) -> None:
    os.open(f"/proc/{keeper}/mem", os.O_RDONLY)


def open_an_internet_socket(_keeper: int) -> None:
    socket.socket(socket.AF_INET, socket.SOCK_STREAM)


def open_an_internet_6_socket(_keeper: int) -> None:
    socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)


def open_a_unix_socket(_keeper: int) -> None:
    socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)


def open_a_netlink_socket(_keeper: int) -> None:
    socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)


def open_a_packet_socket(_keeper: int) -> None:
    socket.socket(socket.AF_PACKET, socket.SOCK_RAW)


def reach_the_network(_keeper: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.connect(("192.0.2.1", 9))  # RFC 5737: nobody is there, but a route to it


def make_a_socket_pair(_keeper: int) -> None:
    socket.socketpair()


def signal_the_keeper(keeper: int) -> None:
    os.kill(keeper, signal.SIGTERM)


def stop_the_keepers_thread(keeper: int) -> None:
    _checked(_LIBC.tgkill(keeper, keeper, signal.SIGSTOP))


def fork(_keeper: int) -> None:
    if os.fork() == 0:
        os._exit(0)


def map_new_code(_keeper: int) -> None:
    _LIBC.mmap.restype = ctypes.c_void_p
    if _LIBC.mmap(None, 4096, _PROT_ALL, _MAP_PRIVATE_ANONYMOUS, -1, 0) == ctypes.c_void_p(-1).value:
        _checked(-1)


def make_data_executable(_keeper: int) -> None:
    page = 4096
    buffer = ctypes.create_string_buffer(2 * page)
    address = (ctypes.addressof(buffer) + page - 1) & -page
    _LIBC.mprotect.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    _checked(_LIBC.mprotect(address, page, _PROT_ALL))


def type_into_the_terminal(_keeper: int) -> None:
    _checked(_LIBC.ioctl(0, 0x5412, b"x"))  # TIOCSTI


def become_dumpable_again(_keeper: int) -> None:
    _checked(_LIBC.prctl(4, 1, 0, 0, 0))


def raise_a_limit(_keeper: int) -> None:
    _checked(_LIBC.prlimit(os.getpid(), 4, struct.pack("QQ", 0, 0), None))


def open_a_file_in_another_thread(keeper: int) -> None:
    raised: list[OSError] = []

    def work() -> None:
        try:
            read_a_file(keeper)
        except OSError as exc:
            raised.append(exc)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    for error in raised:
        raise error


def execute_a_program(_keeper: int) -> None:
    os.execv("/bin/true", ["true"])  # noqa: S606  # nothing comes of it


def trace_the_keeper(keeper: int) -> None:
    _checked(_LIBC.ptrace(_PTRACE_ATTACH, keeper, None, None))


def read_the_keepers_memory(keeper: int) -> None:
    buffer = ctypes.create_string_buffer(16)
    vector = struct.pack("PN", ctypes.addressof(buffer), 16)
    _checked(_LIBC.process_vm_readv(keeper, vector, 1, vector, 1, 0))


def write_the_keepers_memory(keeper: int) -> None:
    buffer = ctypes.create_string_buffer(16)
    vector = struct.pack("PN", ctypes.addressof(buffer), 16)
    _checked(_LIBC.process_vm_writev(keeper, vector, 1, vector, 1, 0))


def take_a_handle_of_the_keeper(keeper: int) -> None:
    _checked(_LIBC.syscall(_PIDFD_OPEN, keeper, 0))


def take_the_keepers_descriptor(keeper: int) -> None:
    handle = _LIBC.syscall(_PIDFD_OPEN, keeper, 0)
    _checked(handle)
    _checked(_LIBC.syscall(_PIDFD_GETFD, handle, 1, 0))


def ask_through_a_ring(_keeper: int) -> None:
    _checked(_LIBC.syscall(_IO_URING_SETUP, 1, ctypes.create_string_buffer(256)))


def enter_a_new_namespace(_keeper: int) -> None:
    _checked(_LIBC.unshare(_CLONE_NEWUSER))


def become_another_user(_keeper: int) -> None:
    os.setuid(os.getuid())


def mount_something(_keeper: int) -> None:
    _checked(_LIBC.mount(b"none", b"/tmp", b"tmpfs", 0, None))


Attempt = Callable[[int], None]

NO_FILE: Final[tuple[Attempt, ...]] = (
    *(read_a_file, write_a_file, list_a_folder, delete_a_file, make_a_folder, open_the_keepers_memory),
    open_a_file_in_another_thread,
)
"""Answered as if the file system were empty."""

REFUSED: Final[tuple[Attempt, ...]] = (
    *(open_an_internet_socket, open_an_internet_6_socket, open_a_netlink_socket, open_a_packet_socket),
    *(reach_the_network, open_a_unix_socket, make_a_socket_pair, signal_the_keeper, stop_the_keepers_thread, fork),
    *(map_new_code, make_data_executable, become_dumpable_again, raise_a_limit),
)
"""Answered with no."""

UNKNOWN: Final[tuple[Attempt, ...]] = (type_into_the_terminal,)
"""Answered as by a kernel without such a call."""

DEADLY: Final[tuple[Attempt, ...]] = (
    *(execute_a_program, trace_the_keeper, read_the_keepers_memory, write_the_keepers_memory),
    *(take_a_handle_of_the_keeper, take_the_keepers_descriptor, ask_through_a_ring, enter_a_new_namespace),
    *(become_another_user, mount_something),
)
"""The kernel ends the process."""

ALL: Final = {attempt.__name__: attempt for attempt in (*NO_FILE, *REFUSED, *UNKNOWN, *DEADLY)}


def outcome(attempt: Attempt, keeper: int) -> str:
    """Try; return the error's name, or ``done``."""
    try:
        attempt(keeper)
    except OSError as exc:
        return errno.errorcode[exc.errno or 0]
    return "done"


if __name__ == "__main__":
    if sys.argv[1] != "FREE":
        lock(Rights[sys.argv[1]])
    os.write(1, outcome(ALL[sys.argv[2]], int(sys.argv[3])).encode())
