# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Giving up rights for good: what a process may do after it has loaded all it needs.

Two steps. ``hide`` comes first thing: no other process of the same user may read this one's memory, nothing of it lands
in a core file, no program that it starts gains rights. ``lock`` comes last, before the first byte of a person's data:
from then on the kernel answers every thread's system calls by the lists of ``syscalls``. Neither can be undone.
"""

import contextlib
import ctypes
import errno
import os
import resource
from collections.abc import Mapping
from enum import Enum
from typing import Final

import pyseccomp

from townhall_process.errors import SandboxError
from townhall_process.syscalls import (
    ALLOWED,
    CARD,
    FOREIGN,
    FOREIGN_WITH_FILES,
    IOCTLS,
    KILLED,
    NAMING_A_FILE,
    REFUSED,
    Rules,
    conditional,
)

_PR_SET_DUMPABLE: Final = 4  # linux/prctl.h
_PR_SET_NO_NEW_PRIVS: Final = 38
_LANDLOCK_CREATE_RULESET: Final = 444  # the same on all architectures; the C library has no names for them
_LANDLOCK_RESTRICT_SELF: Final = 446
_MAKE_BLOCK: Final = 1 << 11  # linux/landlock.h
_REFUSE: Final = pyseccomp.ERRNO(errno.EACCES)
_NO_SUCH_FILE: Final = pyseccomp.ERRNO(errno.ENOENT)


class Rights(Enum):
    """What a locked process may do besides thinking and using the descriptors that it holds or is handed."""

    NOTHING_NEW = "nothing new"
    """A visit: no file, no socket, no process."""
    PCSC = "pcsc"
    """A card process: new Unix sockets, for the PC/SC service makes one a context."""
    MODULE = "module"
    """Around a vendor's library for cards: it is loaded after the lock, so files may be read; and new Unix sockets."""
    MODULE_WITH_FILES = "module with files"
    """The same around one that keeps files of its own: it may write what its user may."""


_ROOMS: Final = frozenset({Rights.MODULE, Rights.MODULE_WITH_FILES})
"""They may open files, and another process's memory is one."""
_MORE: Final[Mapping[Rights, Rules]] = {
    Rights.NOTHING_NEW: {},
    Rights.PCSC: CARD,
    Rights.MODULE: FOREIGN,
    Rights.MODULE_WITH_FILES: FOREIGN_WITH_FILES,
}


def hide() -> None:
    """Keep this process's memory from others of its user, from core files, and from programs it might start.

    Raises:
        SandboxError: the kernel refused.
    """
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (OSError, ValueError) as exc:
        raise SandboxError("no limit on core files") from exc
    _prctl(_PR_SET_DUMPABLE, 0)
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)


def lock(rights: Rights) -> None:
    """Give up everything but ``rights``, in all threads; call it once, when everything is loaded.

    Raises:
        SandboxError: the kernel or its library has no such filter. The process must not go on.
    """
    hide()
    with contextlib.suppress(OSError):
        ctypes.CDLL("libgcc_s.so.1")  # the C library looks for it when a thread is ended from outside
    if rights in _ROOMS:
        _enter_domain()
    rules = {**conditional(), **_MORE[rights]}
    try:
        _filter(rules).load()
    except OSError as exc:
        raise SandboxError(str(exc.strerror)) from exc


def _filter(rules: Rules) -> pyseccomp.SyscallFilter:
    made = pyseccomp.SyscallFilter(pyseccomp.ERRNO(errno.ENOSYS))
    made.set_attr(pyseccomp.Attr.ACT_BADARCH, pyseccomp.KILL_PROCESS)
    made.set_attr(pyseccomp.Attr.CTL_TSYNC, 1)  # all threads, those of libraries too
    for name in ALLOWED:
        _add(made, pyseccomp.ALLOW, name)
    for name, conditions in rules.items():
        _add(made, pyseccomp.ALLOW, name, *(condition.holds() for condition in conditions))
        for contrary in (each for condition in conditions for each in condition.fails()):
            _add(made, _NO_SUCH_FILE if name in NAMING_A_FILE else _REFUSE, name, contrary)
    for request in IOCTLS:
        _add(made, pyseccomp.ALLOW, "ioctl", pyseccomp.Arg(1, pyseccomp.EQ, request))
    for answer, names in ((_NO_SUCH_FILE, NAMING_A_FILE), (_REFUSE, REFUSED)):
        for name in names:
            if name not in rules:
                _add(made, answer, name)
    for name in KILLED:
        _add(made, pyseccomp.KILL_PROCESS, name)
    return made


def _add(made: pyseccomp.SyscallFilter, action: int, name: str, *arguments: pyseccomp.Arg) -> None:
    number = pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name)
    if number >= 0:  # else this architecture has no such call
        made.add_rule(action, number, *arguments)


def _enter_domain() -> None:
    """Enter a Landlock domain: no memory of a process outside it opens, as if by ptrace, whoever's it is (landlock(7)).

    A domain must forbid something by itself: this one forbids to make block devices.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    forbidden = ctypes.c_uint64(_MAKE_BLOCK)
    ruleset = libc.syscall(_LANDLOCK_CREATE_RULESET, ctypes.byref(forbidden), ctypes.sizeof(forbidden), 0)
    if ruleset < 0 or libc.syscall(_LANDLOCK_RESTRICT_SELF, ruleset, 0) != 0:
        raise SandboxError(f"Landlock: {os.strerror(ctypes.get_errno())}")
    os.close(ruleset)


def _prctl(option: int, value: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, value, 0, 0, 0) != 0:
        raise SandboxError(os.strerror(ctypes.get_errno()))
