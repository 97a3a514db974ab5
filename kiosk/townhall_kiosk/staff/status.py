# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""How the kiosk stands, in numbers, for staff at the machine and for the shell. Nothing of a person is in it."""

from dataclasses import dataclass, field

import msgspec

from townhall_sync.journal_records import JournalStatus

CLOCK_TOLERANCE_S = 300
"""Two honest clocks differ by seconds."""

_OLD_QUEUE_S = 7 * 24 * 60 * 60


class CatalogueLine(msgspec.Struct, frozen=True):
    """One part of the signed catalogue; ``until`` in unix seconds."""

    part: str
    version: int
    age_s: int
    until: int
    is_expired: bool


class HiddenLine(msgspec.Struct, frozen=True):
    """Something of the catalogue that this kiosk does not use now, and the code of why."""

    what: str
    code: str


class CatalogueFacts(msgspec.Struct, frozen=True):
    """How the catalogue stands; ``refusal`` is the code of the last try that was refused, if the last one was."""

    parts: tuple[CatalogueLine, ...] = ()
    hidden: tuple[HiddenLine, ...] = ()
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class PollsFacts:
    """How the polls of an election stand here, and how many ballots were cast; an empty state: there is none.

    ``log_size``: entries of the ballot box's public log as last seen, None if never; ``log_doubt``: why its last answer
    was refused.
    """

    state: str = ""
    ballots: int = 0
    log_size: int | None = None
    log_doubt: str = ""


class KioskStatus(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """All of it. Ages in seconds, moments in unix seconds; None: never, or not known."""

    kiosk: str
    place: str
    program: str
    wall: int
    service: str
    closed: str  # code of why no visit begins; empty: one may
    reason: str
    queued: int
    isolated: int
    oldest_unsent_s: int | None
    kept_payloads: int
    last_sent: int | None
    line_is_up: bool
    line_seen: int | None
    clock_drift_s: int | None  # this clock minus the centre's, at the last answer
    disk_free_bytes: int
    reserve_held: bool
    is_forked: bool
    polls: str = ""  # how the polls of an election stand here; empty: there is none
    ballots: int = 0
    ballot_log: int | None = None  # entries of the ballot box's public log as last seen
    ballot_log_doubt: str = ""  # why its last answer was refused; a name of ``LogDoubt``
    is_contradicted: bool  # the centre's log does not continue what this kiosk saw of it
    readers: tuple[str, ...]
    printer: str  # "none", "ready", or the code of the last failure
    help_calls: int  # people who called and nobody has come to yet
    staff_listed: int
    catalogue: CatalogueFacts
    problems: tuple[str, ...] = ()  # what staff should look at; names of ``Problem``


@dataclass(slots=True)
class Devices:
    """What the keeper was told of devices; changes while it runs."""

    readers: tuple[str, ...] = ()
    has_printer: bool = False
    printer_code: str = ""
    help_calls: int = 0

    @property
    def printer(self) -> str:
        """Return the printer's state as ``KioskStatus`` has it."""
        if not self.has_printer:
            return "none"
        return self.printer_code or "ready"


@dataclass(slots=True)
class LineFacts:
    """What is known of the centre; ``seen`` in unix seconds."""

    is_up: bool = False
    seen: int | None = None
    drift_s: int | None = None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What does not change while the keeper runs."""

    kiosk: str
    place: str
    program: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """All that a status is made of."""

    wall: int
    service: str
    closed: str
    reason: str
    journal: JournalStatus
    line: LineFacts
    devices: Devices
    staff_listed: int
    catalogue: CatalogueFacts = field(default_factory=CatalogueFacts)
    polls: PollsFacts = field(default_factory=PollsFacts)


def status_of(around: Surroundings, seen: Observed) -> KioskStatus:
    """Return the status, with what staff should look at; pure."""
    journal = seen.journal
    oldest = None if journal.oldest_unsent_wall is None else max(0, seen.wall - journal.oldest_unsent_wall)
    status = KioskStatus(
        kiosk=around.kiosk,
        place=around.place,
        program=around.program,
        wall=seen.wall,
        service=seen.service,
        closed=seen.closed,
        reason=seen.reason,
        queued=journal.queued,
        isolated=journal.isolated,
        oldest_unsent_s=oldest,
        kept_payloads=journal.kept_payloads,
        last_sent=journal.last_receipt_wall,
        line_is_up=seen.line.is_up,
        line_seen=seen.line.seen,
        clock_drift_s=seen.line.drift_s,
        disk_free_bytes=journal.disk_free_bytes,
        reserve_held=journal.reserve_held,
        is_forked=journal.is_forked,
        is_contradicted=journal.is_contradicted,
        readers=seen.devices.readers,
        printer=seen.devices.printer,
        help_calls=seen.devices.help_calls,
        staff_listed=seen.staff_listed,
        catalogue=seen.catalogue,
        polls=seen.polls.state,
        ballots=seen.polls.ballots,
        ballot_log=seen.polls.log_size,
        ballot_log_doubt=seen.polls.log_doubt,
    )
    return msgspec.structs.replace(status, problems=problems_of(status))


def problems_of(status: KioskStatus) -> tuple[str, ...]:
    """Return the names of what staff should look at; a screen and a page have a text for each."""
    drift, catalogue = status.clock_drift_s, status.catalogue
    found = {
        "closed": bool(status.closed),
        "isolated": status.isolated > 0,
        "unsent": (status.oldest_unsent_s or 0) > _OLD_QUEUE_S,
        "clock": drift is not None and abs(drift) > CLOCK_TOLERANCE_S,
        "disk": not status.reserve_held,
        "forked": status.is_forked,
        "contradicted": status.is_contradicted,
        "ballot-log": bool(status.ballot_log_doubt),
        "reader": not status.readers,
        "printer": status.printer not in {"none", "ready"},
        "help": status.help_calls > 0,
        "catalogue": any(part.is_expired for part in catalogue.parts) or bool(catalogue.hidden or catalogue.refusal),
    }
    return tuple(name for name, is_so in found.items() if is_so)
