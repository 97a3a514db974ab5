# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Starts one process of an installed kiosk as a user of its own, and ends it when the keeper says so.

``python -m townhall_process.guard MODULE``. The service manager accepts a connection of the keeper (the *leash*) and
starts this as the user of a visit, or of a card process. Over the leash come one descriptor, the child's end of its
channel, and the child's arguments. The child never has the leash. When the leash closes the child is killed; when the
child ends its status goes back over the leash. If the guard itself is killed, the service manager ends what is left of
its unit.

The keeper needs no right over another user's processes for this, and no program of ours runs as root. Only the standard
library is loaded: there is one guard for each process.
"""

import contextlib
import os
import select
import signal
import socket
import struct
import subprocess
import sys
from typing import Final

LEASH_FD: Final = 3  # sd_listen_fds(3): the first that the service manager passes
STATUS: Final = struct.Struct("!i")
MAX_ARGUMENT_BYTES: Final = 4096
EXIT_NO_ORDER: Final = 64  # sysexits.h, EX_USAGE
_ORDER_WITHIN_S: Final = 10.0


def pack_arguments(arguments: tuple[str, ...]) -> bytes:
    """Return the order that goes beside the descriptor: each argument ended by a zero byte, then one more."""
    return b"".join(each.encode() + b"\0" for each in arguments) + b"\0"


def _take_order(leash: socket.socket) -> tuple[int, tuple[str, ...]] | None:
    """Return the descriptor and the arguments, or None: nobody gave an order."""
    leash.settimeout(_ORDER_WITHIN_S)
    try:
        order, descriptors, _flags, _address = socket.recv_fds(leash, MAX_ARGUMENT_BYTES, 1)
    except OSError:
        return None
    if len(descriptors) != 1 or not order.endswith(b"\0"):
        return None
    return descriptors[0], tuple(each.decode() for each in order.split(b"\0")[:-2])


def _watch(leash: socket.socket, child: "subprocess.Popen[bytes]") -> int:
    """Wait for the child's end, and bring it about when the leash says anything or closes; return its status."""
    handle = os.pidfd_open(child.pid)
    waiting = select.poll()
    waiting.register(leash, select.POLLIN)
    waiting.register(handle, select.POLLIN)
    if not any(descriptor == handle for descriptor, _event in waiting.poll()):
        child.kill()
    return child.wait()


def main(module: str) -> int:
    """Guard one process; return its exit status as a shell would."""
    leash = socket.socket(fileno=LEASH_FD)
    order = _take_order(leash)
    if order is None:
        return EXIT_NO_ORDER
    end, arguments = order
    command = (sys.executable, "-I", "-m", module, *arguments, str(end))
    child = subprocess.Popen(command, pass_fds=[end])
    os.close(end)
    status = _watch(leash, child)
    with contextlib.suppress(OSError):  # the keeper is gone
        leash.sendall(STATUS.pack(status))
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.exit(main(sys.argv[1]))
