# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A status and test results as labelled lines in somebody's language: for the screen and for the report on paper."""

from dataclasses import dataclass
from datetime import UTC, datetime

from babel.dates import format_timedelta
from babel.numbers import format_decimal

from townhall_kiosk.staff.acts import DeviceResult, Verdict
from townhall_kiosk.staff.status import CatalogueLine, KioskStatus
from townhall_kiosk.texts import Texts

_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class StatusLine:
    """One fact; ``needs_attention``: staff should look at it."""

    label: str
    value: str
    needs_attention: bool = False


def status_lines(status: KioskStatus, text: Texts) -> tuple[StatusLine, ...]:
    """Return all facts of a status, what needs attention marked."""
    return (
        *_service(status, text),
        *_polls(status, text),
        *_queue(status, text),
        *_centre(status, text),
        *_machine(status, text),
        *_catalogue(status, text),
    )


def result_lines(results: tuple[DeviceResult, ...], text: Texts) -> tuple[StatusLine, ...]:
    """Return a line for each test that was made."""
    return tuple(
        StatusLine(
            text(f"staff.test.{result.test.value}"),
            " ".join(filter(None, (text(f"staff.verdict.{result.verdict.value}"), result.code))),
            result.verdict is Verdict.FAILED,
        )
        for result in results
    )


def _service(status: KioskStatus, text: Texts) -> tuple[StatusLine, ...]:
    told = text(f"staff.service.{status.service}")
    if status.reason:
        told = f"{told}: {text(f'closed.reason.{status.reason}')}"
    elif status.closed:
        told = f"{told} ({status.closed})"
    return (
        StatusLine(text("staff.line.service"), told, "closed" in status.problems),
        StatusLine(text("staff.line.help"), _number(status.help_calls, text), "help" in status.problems),
    )


def _polls(status: KioskStatus, text: Texts) -> tuple[StatusLine, ...]:
    if not status.polls:
        return ()
    return (
        StatusLine(text("polls.state"), text(f"polls.state.{status.polls}")),
        StatusLine(text("polls.ballots"), _number(status.ballots, text)),
        StatusLine(text("polls.log"), _ballot_log(status, text), "ballot-log" in status.problems),
    )


def _ballot_log(status: KioskStatus, text: Texts) -> str:
    if status.ballot_log_doubt:
        return text(f"polls.log.{status.ballot_log_doubt}")
    if status.ballot_log is None:
        return text("staff.never")
    return text("polls.log.entries", count=_number(status.ballot_log, text))


def _queue(status: KioskStatus, text: Texts) -> tuple[StatusLine, ...]:
    oldest = text("staff.none") if status.oldest_unsent_s is None else _age(status.oldest_unsent_s, text)
    return (
        StatusLine(text("staff.line.queue"), _number(status.queued, text)),
        StatusLine(text("staff.line.oldest"), oldest, "unsent" in status.problems),
        StatusLine(text("staff.line.isolated"), _number(status.isolated, text), "isolated" in status.problems),
        StatusLine(text("staff.line.last-sent"), _moment(status.last_sent, text)),
    )


def _centre(status: KioskStatus, text: Texts) -> tuple[StatusLine, ...]:
    drift = text("staff.unknown")
    if status.clock_drift_s is not None:
        drift = text.counted("staff.seconds", abs(status.clock_drift_s))
    return (
        StatusLine(text("staff.line.centre"), text("staff.line-up" if status.line_is_up else "staff.line-down")),
        StatusLine(text("staff.line.seen"), _moment(status.line_seen, text)),
        StatusLine(text("staff.line.clock"), drift, "clock" in status.problems),
        StatusLine(
            text("staff.line.history"),
            text("staff.history-contradicted" if status.is_contradicted else "staff.history-continued"),
            "contradicted" in status.problems,
        ),
    )


def _machine(status: KioskStatus, text: Texts) -> tuple[StatusLine, ...]:
    printer = {"none": text("staff.none"), "ready": text("staff.ready")}.get(status.printer, status.printer)
    reserve = text("staff.held" if status.reserve_held else "staff.given-up")
    free = text("staff.mebibytes", count=_number(status.disk_free_bytes // _MIB, text))
    return (
        StatusLine(
            text("staff.line.readers"),
            ", ".join(status.readers) or text("staff.none"),
            "reader" in status.problems,
        ),
        StatusLine(text("staff.line.printer"), printer, "printer" in status.problems),
        StatusLine(text("staff.line.disk"), free),
        StatusLine(text("staff.line.reserve"), reserve, "disk" in status.problems),
        StatusLine(text("staff.line.staff"), _number(status.staff_listed, text)),
        StatusLine(text("staff.line.program"), status.program),
    )


def _catalogue(status: KioskStatus, text: Texts) -> tuple[StatusLine, ...]:
    facts = status.catalogue
    parts = (
        StatusLine(text("staff.line.part", part=part.part), _part(part, text), part.is_expired) for part in facts.parts
    )
    hidden = (
        StatusLine(text("staff.line.hidden", what=each.what), each.code, needs_attention=True) for each in facts.hidden
    )
    refusal = facts.refusal or text("staff.none")
    return (*parts, *hidden, StatusLine(text("staff.line.refusal"), refusal, bool(facts.refusal)))


def _part(part: CatalogueLine, text: Texts) -> str:
    return text("staff.part", age=_age(part.age_s, text), until=_moment(part.until, text))


def _age(seconds: int, text: Texts) -> str:
    return format_timedelta(seconds, locale=text.locale)


def _moment(unix: int | None, text: Texts) -> str:
    if unix is None:
        return text("staff.never")
    return text.date_time(datetime.fromtimestamp(unix, UTC).astimezone())


def _number(count: int, text: Texts) -> str:
    return format_decimal(count, locale=text.locale)
