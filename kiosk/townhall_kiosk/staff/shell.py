# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The shell's side of the control socket: the commands ``townhall status``, ``stick`` and ``out-of-service``."""

import asyncio
import socket
import sys
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from townhall_kiosk.staff.control import SOCKET, ControlReply, ControlRequest, address_of
from townhall_kiosk.staff.errors import ControlRefusedError
from townhall_kiosk.staff.messages import StaffDone, StaffProgress
from townhall_kiosk.staff.status import KioskStatus
from townhall_process.channel import Channel
from townhall_process.errors import ProcessError


async def ask(home: Path, request: ControlRequest) -> KioskStatus | StaffDone:
    """Ask the keeper of ``home``; progress goes to standard error, if that is a terminal.

    Raises:
        ControlRefusedError: no keeper answers, or not this user.
    """
    channel: Channel[ControlReply, ControlRequest] = Channel(_connect(home), ControlReply)
    try:
        await channel.send(request)
        while isinstance(reply := await channel.receive(), StaffProgress):
            if sys.stderr.isatty():
                sys.stderr.write(f"\r{reply.done} / {reply.total} ")
    except ProcessError as exc:
        raise ControlRefusedError("the keeper left without an answer: run this as the kiosk's own user") from exc
    finally:
        channel.close()
    return reply


def ask_now(home: Path, request: ControlRequest) -> KioskStatus | StaffDone:
    """Ask, in a program without a loop of its own; see ``ask``."""
    return asyncio.run(ask(home, request))


def _connect(home: Path) -> socket.socket:
    client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with address_of(home) as address:
            client.connect(address)
    except OSError as exc:
        client.close()
        raise ControlRefusedError(f"no keeper answers at {SOCKET}: {exc.strerror}") from exc
    return client


def in_words(status: KioskStatus) -> str:
    """Return a status for a terminal, one fact a line; what needs attention has an exclamation mark before it."""
    facts = {
        "kiosk": f"{status.kiosk}, {status.place}",
        "program": status.program,
        "service": " ".join(filter(None, (status.service, status.reason, status.closed))),
        "waiting": f"{status.queued}, {status.isolated} set aside",
        "oldest unsent": _age(status.oldest_unsent_s),
        "last sent": _moment(status.last_sent),
        "centre": f"{'answers' if status.line_is_up else 'does not answer'}, last answer {_moment(status.line_seen)}",
        "clock": "not compared yet" if status.clock_drift_s is None else f"{status.clock_drift_s:+d} s",
        "disk": f"{status.disk_free_bytes // 1024**2} MiB free",
        "reserve": "held" if status.reserve_held else "given up",
        "readers": ", ".join(status.readers) or "none",
        "printer": status.printer,
        "help calls": str(status.help_calls),
        "staff listed": str(status.staff_listed),
    }
    for part in status.catalogue.parts:
        facts[f"catalogue {part.part}"] = f"version {part.version}, {_age(part.age_s)} old, until {_moment(part.until)}"
    for hidden in status.catalogue.hidden:
        facts[f"hidden {hidden.what}"] = hidden.code
    if status.catalogue.refusal:
        facts["catalogue refused"] = status.catalogue.refusal
    if status.problems:
        facts["look at"] = ", ".join(status.problems)
    width = max(map(len, facts))
    return "".join(f"{name:<{width}}  {value}\n" for name, value in facts.items())


def in_json(status: KioskStatus) -> str:
    """Return a status for programs: one JSON object."""
    return msgspec.json.format(msgspec.json.encode(status), indent=2).decode() + "\n"


def _age(seconds: int | None) -> str:
    if seconds is None:
        return "-"
    days, rest = divmod(seconds, 86400)
    return f"{days} d {rest // 3600} h" if days else f"{rest // 3600} h {rest % 3600 // 60} min"


def _moment(unix: int | None) -> str:
    return "never" if unix is None else datetime.fromtimestamp(unix, UTC).isoformat(timespec="seconds")
