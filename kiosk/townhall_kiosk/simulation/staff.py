# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Lists of staff for tests, demo and training, as their publisher would write them; and examples of a status."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import msgspec

from townhall_kiosk.errors import ClockBackError
from townhall_kiosk.staff.acts import ClosingReason, DeviceResult, DeviceTest, Verdict
from townhall_kiosk.staff.errors import MediumError
from townhall_kiosk.staff.roster import VERSION, fingerprint
from townhall_kiosk.staff.standing import Service
from townhall_kiosk.staff.status import CatalogueFacts, CatalogueLine, HiddenLine, KioskStatus, problems_of
from townhall_kiosk.voting.polls import PollsState
from townhall_voting.board.following import LogDoubt

_LASTS = timedelta(days=30)


def line(certificate_der: bytes, role: str, at: datetime) -> dict[str, object]:
    """Return a line that holds everywhere, from a day before ``at`` for a month."""
    return {
        "certificate": fingerprint(certificate_der),
        "role": role,
        "places": "all",
        "not_before": (at - timedelta(days=1)).isoformat(),
        "expires": (at + _LASTS).isoformat(),
    }


def roster_bytes(*lines: Mapping[str, object]) -> bytes:
    """Return ``staff.json`` of these lines."""
    return json.dumps({"version": VERSION, "staff": lines}, indent=2).encode()


def _whole(status: KioskStatus) -> KioskStatus:
    return msgspec.structs.replace(status, problems=problems_of(status))


WELL: Final = _whole(
    KioskStatus(
        kiosk="kiosk-1",
        place="Tamme Library",
        program="0.1.0",
        wall=1_795_600_000,
        service=Service.IN_SERVICE.value,
        closed="",
        reason="",
        queued=0,
        isolated=0,
        oldest_unsent_s=None,
        kept_payloads=3,
        last_sent=1_795_590_000,
        line_is_up=True,
        line_seen=1_795_599_990,
        clock_drift_s=0,
        disk_free_bytes=17 * 1024**3,
        reserve_held=True,
        is_forked=False,
        is_contradicted=False,
        readers=("Reader A", "Reader B"),
        printer="ready",
        help_calls=0,
        staff_listed=4,
        catalogue=CatalogueFacts((CatalogueLine("services", 3, 86_400, 1_797_000_000, is_expired=False),)),
    )
)
"""A kiosk that has nothing to be looked at."""

UNWELL: Final = _whole(
    msgspec.structs.replace(
        WELL,
        service=Service.OUT_OF_SERVICE.value,
        reason=ClosingReason.PAPER.value,
        closed=ClockBackError.code,
        queued=12,
        isolated=1,
        oldest_unsent_s=9 * 86_400,
        last_sent=None,
        line_is_up=False,
        line_seen=None,
        clock_drift_s=-4000,
        reserve_held=False,
        is_forked=True,
        is_contradicted=True,
        readers=(),
        printer=MediumError.code,
        help_calls=2,
        catalogue=CatalogueFacts(
            (CatalogueLine("crls", 9, 9 * 86_400, 1_795_000_000, is_expired=True),),
            (HiddenLine("change-of-address", MediumError.code),),
            MediumError.code,
        ),
    )
)
"""One that has everything to be looked at."""

STATUSES: Final = (
    WELL,
    UNWELL,
    *(_whole(msgspec.structs.replace(WELL, service=service.value)) for service in Service),
    *(_whole(msgspec.structs.replace(UNWELL, reason=reason.value)) for reason in ClosingReason),
    _whole(msgspec.structs.replace(WELL, clock_drift_s=None, printer="none", closed=ClockBackError.code)),
    _whole(msgspec.structs.replace(WELL, polls=PollsState.OPEN.value)),
    _whole(msgspec.structs.replace(WELL, polls=PollsState.OPEN.value, ballot_log=12)),
    *(
        _whole(msgspec.structs.replace(WELL, polls=PollsState.OPEN.value, ballot_log_doubt=doubt.value))
        for doubt in LogDoubt
    ),
)
"""Every word that a status can need."""

RESULTS: Final = tuple(DeviceResult(test, verdict) for test in DeviceTest for verdict in Verdict)
