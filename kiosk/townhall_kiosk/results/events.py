# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A device's audit trail as an event log: verified from its first entry to its signed head, then told without people.

What names a visit or a card stays in the journal: who works at a kiosk, and which visits there were, is nobody's
business but the auditors', who have the journal itself.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from townhall_crypto.merkle import leaf_hash
from townhall_kiosk.errors import ConfigurationError
from townhall_sync.audit import Entry, Event, leaf_data
from townhall_sync.sqlite_store import JournalStore
from townhall_sync.verification import Owner, verify_journal
from townhall_voting.exports.event_log import Disposition, LoggedDevice, LoggedEvent
from townhall_voting.package.definition import DeviceRole

DATABASE: Final = "journal.db"
_FOLD_PAGES: Final = 1000
_UNTOLD: Final = {"visit", "staff", "id"}
_FAILED: Final = {"FAULT", "DIED"}
_FAILURES: Final = {Event.FAULT, Event.CLOCK_BACK, Event.FORK_REPORTED, Event.ENVELOPE_ISOLATED}


def read_device(journal: Path, kiosk: str, public_der: bytes, role: DeviceRole | None) -> LoggedDevice:
    """Return the log of a stopped kiosk, from its journal's folder or a copy of it.

    Raises:
        ConfigurationError: there is no journal.
        OutOfServiceError: it is another kiosk's, damaged, or a keeper has it open.
    """
    path = journal / DATABASE
    if not path.is_file():
        raise ConfigurationError(f"no journal in {journal}")
    store = JournalStore(path, _FOLD_PAGES)
    try:
        verify_journal(store, Owner(kiosk, public_der))
        events = tuple(_event(index, stored) for index, stored in store.entries())
    finally:
        store.close()
    return LoggedDevice(kiosk, _version(events), role, events)


def _event(index: int, stored: bytes) -> LoggedEvent:
    entry = msgspec.json.decode(stored, type=Entry)
    facts = {name: value for name, value in entry.facts.items() if name not in _UNTOLD}
    return LoggedEvent(
        sequence=index,
        name=entry.event,
        at=datetime.fromtimestamp(entry.wall, UTC),
        disposition=_disposition(entry),
        details=" ".join(f"{name}={value}" for name, value in sorted(facts.items())),
        leaf_sha256=leaf_hash(leaf_data(stored)).hex(),
    )


def _disposition(entry: Entry) -> Disposition:
    outcome = str(entry.facts.get("outcome", ""))
    is_named = entry.event.endswith("_REFUSED") or entry.event in {event.value.name for event in _FAILURES}
    if is_named or outcome.startswith("TH-") or outcome in _FAILED:
        return Disposition.FAILURE
    return (
        Disposition.SUCCESS if entry.event.endswith(("_ENDED", "_TAKEN", "_RECORDED")) else Disposition.NOT_APPLICABLE
    )


def _version(events: tuple[LoggedEvent, ...]) -> str:
    """Return the version of the program as of its last start."""
    starts = [event.details for event in events if event.name == Event.KIOSK_STARTED.value.name]
    return starts[-1].partition("version=")[2] if starts else "unknown"
