# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Makes documents prove themselves: B-B to B-T, then the issuer's answer, B-LT, B-LTA, and a new stamp before one ends.

The order is the point. First a time stamp says that the signature was there; only an answer of the issuer made after
that says whether the card was in force then. A card that the issuer has revoked is never accepted silently, whenever
that was: a person decides, with all three times before them. Each step is stored before the next begins; a step that
was cut off is done again, one that is stored never.
"""

import logging
from dataclasses import dataclass, replace

from townhall_central.database import Database
from townhall_central.errors import TrustServiceError
from townhall_central.inbox.assurance_steps import Archive, step
from townhall_central.inbox.assurance_store import Progress, claim, enlist, flag, store_progress
from townhall_central.inbox.case import Reason, Verdict
from townhall_crypto.errors import (
    CertificateRefusedError,
    ContainerRefusal,
    ContainerRefusedError,
    CryptoError,
    DocumentRefusal,
    DocumentRefusedError,
)

LEASE_S = 300
"""A document whose worker died is taken up again after this."""
MAX_DEATHS = 3
_FIRST_WAIT_S, _LONGEST_WAIT_S = 30, 6 * 3600
_FLAGS = {
    Verdict.REVOKED_BEFORE_SIGNING: Reason.REVOKED_BEFORE_SIGNING,
    Verdict.REVOKED_AFTER_SIGNING: Reason.REVOKED_AFTER_SIGNING,
    Verdict.REFUSED: Reason.NOT_ARCHIVED,
}

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AssuranceResult:
    """How many documents a round brought to their end, how many wait, and how many need a person."""

    archived: int = 0
    waiting: int = 0
    flagged: int = 0


def run_assurance(database: Database, archive: Archive) -> AssuranceResult:
    """Go on with every document that is due. Safe to kill at any point, and to run beside another."""
    with database.write() as connection:
        enlist(connection, archive.clock())
    ends: list[Progress] = []
    while True:
        with database.write() as connection:
            taken = claim(connection, archive.clock(), LEASE_S)
        if taken is None:
            return _counted(ends)
        ends.append(_work_on(database, archive, taken))


def _counted(ends: list[Progress]) -> AssuranceResult:
    return AssuranceResult(
        archived=sum(each.verdict is Verdict.ACCEPTED and not each.last_failure for each in ends),
        waiting=sum(bool(each.last_failure) and each.due_at is not None for each in ends),
        flagged=sum(each.verdict in _FLAGS for each in ends),
    )


def _work_on(database: Database, archive: Archive, progress: Progress) -> Progress:
    """Take one document as far as it comes now; store each step."""
    while True:
        reached = _guarded_step(archive, progress)
        is_over = reached.due_at is None or reached.due_at > archive.clock()
        with database.write() as connection:
            is_stored = store_progress(connection, reached, is_over=is_over)
            if is_stored and reached.verdict in _FLAGS:
                flag(connection, reached.case_number, _FLAGS[reached.verdict], _detail(reached))
        if is_over or not is_stored:
            return reached
        progress = reached


def _guarded_step(archive: Archive, progress: Progress) -> Progress:
    """Do one step; a failure that may pass is tried again later, one that does not pass needs a person."""
    if progress.deaths >= MAX_DEATHS:
        return replace(progress, verdict=Verdict.REFUSED, last_failure=Reason.CHECK_KILLS.code, due_at=None)
    try:
        return replace(step(archive, progress), failures=0, last_failure="")
    except (DocumentRefusedError, ContainerRefusedError, CertificateRefusedError) as error:
        # That a document does not prove itself may be for want of a fresh list of the time-stamping authority.
        if error.reason in {DocumentRefusal.NOT_ARCHIVED, ContainerRefusal.NOT_PROVED}:
            return _later(archive, progress, error.code)
        return replace(progress, verdict=_worse(progress), last_failure=error.code, due_at=None)
    except (TrustServiceError, CryptoError) as error:
        return _later(archive, progress, error.code)
    except Exception as error:  # noqa: BLE001 - the outer edge: what a hostile document raises in a library has no list
        # Its class alone: the text may name the person.
        _log.error("a step towards the archive ended in %s", type(error).__name__)
        return replace(progress, verdict=_worse(progress), last_failure=Reason.CHECK_FAILED.code, due_at=None)


def _later(archive: Archive, progress: Progress, code: str) -> Progress:
    wait_s = min(_FIRST_WAIT_S << min(progress.failures, 20), _LONGEST_WAIT_S)
    return replace(progress, failures=progress.failures + 1, last_failure=code, due_at=archive.clock() + wait_s)


def _worse(progress: Progress) -> Verdict:
    return progress.verdict if progress.verdict in _FLAGS else Verdict.REFUSED


def _detail(progress: Progress) -> str:
    if progress.verdict is Verdict.REFUSED:
        return progress.last_failure
    revoked, stamped = progress.revoked_at, progress.stamped_at
    proves = revoked is not None and stamped is not None and stamped < revoked
    return "the time stamp came before the revocation" if proves else "no time stamp came before the revocation"
