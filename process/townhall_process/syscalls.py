# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Which system calls a locked process may make: data for ``sandbox``, with the reason of each group.

A call that stands nowhere here is answered as by a kernel that does not know it (``ENOSYS``), so that a newer C library
falls back to one that is allowed. Names are those of libseccomp; those that an architecture lacks are passed over.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, TypeAlias

import pyseccomp

_O_WRITING: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_AT_EMPTY_PATH: Final = 0x1000  # linux/fcntl.h
_CLONE_THREAD: Final = 0x00010000  # linux/sched.h
_PROT_EXEC: Final = 0x4
_PR_SET_NAME: Final = 15
_AF_UNIX: Final = 1

# What was opened before the lock, or came through the channel.
_OPEN_DESCRIPTORS: Final = (
    *("read", "readv", "pread64", "write", "writev", "pwrite64", "lseek", "close", "close_range", "fcntl", "dup"),
    *("fstat", "ftruncate", "fallocate", "fadvise64", "flock"),
    *("poll", "ppoll", "select", "pselect6", "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait", "epoll_pwait2"),
    *("eventfd2", "pipe2", "timerfd_create", "timerfd_settime", "timerfd_gettime", "memfd_create"),
    *("sendmsg", "recvmsg", "recvfrom", "shutdown", "getsockopt", "setsockopt", "getsockname", "getpeername"),
)
_MEMORY: Final = ("brk", "munmap", "mremap", "madvise", "mincore", "mlock", "munlock", "msync", "membarrier")
_THREADS: Final = (
    *("futex", "set_robust_list", "get_robust_list", "rseq", "set_tid_address", "exit", "exit_group", "gettid"),
    *("sched_yield", "sched_getaffinity", "sched_getparam", "sched_getscheduler", "getcpu", "restart_syscall"),
    *("sched_get_priority_min", "sched_get_priority_max", "getpriority"),
    *("rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "rt_sigpending", "rt_sigtimedwait", "sigaltstack"),
)
_TIME: Final = (
    *("clock_gettime", "clock_getres", "clock_nanosleep", "nanosleep", "gettimeofday", "time", "times", "getitimer"),
)
_FACTS_OF_ITSELF: Final = (
    *(
        "getpid",
        "getppid",
        "getuid",
        "geteuid",
        "getgid",
        "getegid",
        "getresuid",
        "getresgid",
        "getrusage",
        "getrlimit",
    ),
    *("getrandom", "uname", "sysinfo", "getcwd", "getpgrp", "getsid"),
)

ALLOWED: Final = (*_OPEN_DESCRIPTORS, *_MEMORY, *_THREADS, *_TIME, *_FACTS_OF_ITSELF)
"""What a process needs to think, to draw and to speak through what it holds."""


class Test(Enum):
    """How a condition looks at its argument."""

    IS = auto()
    HAS = auto()
    LACKS = auto()


@dataclass(frozen=True, slots=True)
class Condition:
    """What one argument of a call must be: equal to ``value``, with its one bit, or without any of its bits."""

    argument: int
    test: Test
    value: int

    def holds(self) -> pyseccomp.Arg:
        """Return the condition for a filter."""
        if self.test is Test.IS:
            return pyseccomp.Arg(self.argument, pyseccomp.EQ, self.value)
        return self._masked(self.value, is_set=self.test is Test.HAS)

    def fails(self) -> tuple[pyseccomp.Arg, ...]:
        """Return its contrary for a filter: any one of these."""
        if self.test is Test.IS:
            return (pyseccomp.Arg(self.argument, pyseccomp.NE, self.value),)
        bits = (1 << each for each in range(self.value.bit_length()) if self.value >> each & 1)
        return tuple(self._masked(bit, is_set=self.test is Test.LACKS) for bit in bits)

    def _masked(self, bits: int, *, is_set: bool) -> pyseccomp.Arg:
        return pyseccomp.Arg(self.argument, pyseccomp.MASKED_EQ, bits, bits if is_set else 0)


Rules: TypeAlias = Mapping[str, tuple[Condition, ...]]
"""Calls that are allowed where all conditions hold."""


def conditional() -> Rules:
    """Return what is allowed by its arguments; the process id is this process's."""
    own = (Condition(0, Test.IS, os.getpid()),)
    return {
        # Threads, no processes; clone3 hides its flags in memory, and the C library falls back from ENOSYS.
        "clone": (Condition(0, Test.HAS, _CLONE_THREAD),),
        # No new code: what was not executable before the lock never is.
        "mmap": (Condition(2, Test.LACKS, _PROT_EXEC),),
        "mprotect": (Condition(2, Test.LACKS, _PROT_EXEC),),
        # fstat, as the C library spells it.
        "newfstatat": (Condition(3, Test.HAS, _AT_EMPTY_PATH),),
        "statx": (Condition(2, Test.HAS, _AT_EMPTY_PATH),),
        # send, but to nobody else than the socket's peer.
        "sendto": (Condition(4, Test.IS, 0),),
        # abort() and the like: signals to itself.
        "kill": own,
        "tgkill": own,
        # Asking limits, not setting them; naming a thread.
        "prlimit64": (Condition(0, Test.IS, 0), Condition(2, Test.IS, 0)),
        "prctl": (Condition(0, Test.IS, _PR_SET_NAME),),
    }


IOCTLS: Final = (
    0x5401,  # TCGETS: is this a terminal?
    0x5413,  # TIOCGWINSZ
    0x541B,  # FIONREAD
    0x5421,  # FIONBIO
    0x5450,  # FIONCLEX
    0x5451,  # FIOCLEX
)
"""The requests of ``ioctl`` that are allowed: none does anything to a device (TIOCSTI would type into a terminal)."""

CARD: Final[Rules] = {
    "socket": (Condition(0, Test.IS, _AF_UNIX),),
    "connect": (),
    "newfstatat": (),
    "stat": (),
}
"""What a client of pcscd needs besides: a Unix socket for each context, and a look whether pcscd is there."""

_LOOKING_AT_FILES: Final = (
    *("access", "faccessat", "faccessat2", "stat", "lstat", "newfstatat", "statx", "statfs", "fstatfs"),
    *("readlink", "readlinkat", "getdents64", "getxattr", "lgetxattr", "fgetxattr"),
)
_CHANGING_FILES: Final = (
    *("open", "openat", "creat", "mkdir", "mkdirat", "unlink", "unlinkat", "rmdir", "rename", "renameat", "renameat2"),
    *("fchmod", "fsync", "fdatasync"),
)

FOREIGN: Final[Rules] = {
    **CARD,
    **dict.fromkeys(_LOOKING_AT_FILES, ()),
    "open": (Condition(1, Test.LACKS, _O_WRITING),),
    "openat": (Condition(2, Test.LACKS, _O_WRITING),),
    # It loads what it is made of.
    "mmap": (),
    "mprotect": (),
}
"""What somebody else's library for cards needs, loaded after the lock: it reads files and writes none."""

FOREIGN_WITH_FILES: Final[Rules] = {**FOREIGN, **dict.fromkeys(_CHANGING_FILES, ())}
"""The same for one that keeps files of its own."""

NAMING_A_FILE: Final = (
    *("open", "openat", "creat", "access", "faccessat", "faccessat2", "stat", "lstat", "newfstatat", "statx", "statfs"),
    *("readlink", "readlinkat", "chdir", "mkdir", "mkdirat", "rmdir", "unlink", "unlinkat", "rename", "renameat"),
    *("renameat2", "link", "linkat", "symlink", "symlinkat", "chmod", "fchmodat", "chown", "fchownat", "truncate"),
    *("mknod", "mknodat", "utimensat", "inotify_add_watch"),
)
"""Answered with ``ENOENT``: to a locked process the file system is empty. Libraries know what to do without a file."""

REFUSED: Final = (
    *("socket", "socketpair", "connect", "bind", "listen", "accept", "accept4", "sendmmsg"),
    *("tkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "fork", "vfork", "setrlimit", "getdents64", "fchdir", "fchmod"),
    *("shmget", "shmat", "semget", "msgget", "mq_open"),
)
"""Answered with ``EACCES``, and so are the calls of ``conditional`` where a condition fails: a library may try these
without being hostile. It goes on without, or the process ends by its error."""

KILLED: Final = (
    *("execve", "execveat"),
    *("ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "kcmp"),
    *("pidfd_open", "pidfd_getfd", "pidfd_send_signal"),
    *("bpf", "perf_event_open", "userfaultfd", "io_uring_setup", "io_uring_enter", "io_uring_register"),
    *("keyctl", "add_key", "request_key", "init_module", "finit_module", "delete_module", "kexec_load"),
    *("mount", "umount2", "pivot_root", "chroot", "unshare", "setns", "name_to_handle_at", "open_by_handle_at"),
    *("setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid", "setgroups", "capset", "personality"),
    *("reboot", "swapon", "swapoff", "sethostname", "settimeofday", "clock_settime", "adjtimex", "acct", "syslog"),
)
"""What no visit and no card process ever does: the kernel ends the process at once, and the keeper sees its end."""
