# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The audit trail: a closed catalogue of events, each with the facts that it may carry, and how one is written.

Every event is a leaf of the journal's log. The catalogue is closed and its facts are counts, hashes and codes: there is
no field for a name or an answer. Events of the journal's own state (``is_kept_by_journal``) are written by the journal
alone; at each opening its tables are compared with them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, unique
from typing import Final, TypeAlias

import msgspec

from townhall_crypto import namespaces

Fact: TypeAlias = int | str


class FactKind(Enum):
    """What a fact may look like."""

    COUNT = r"0|[1-9][0-9]{0,15}"
    """A whole number below 10**16: seconds, bytes, places in a log."""

    HASH = r"[0-9a-f]{64}"
    """SHA-256 in hex."""

    CODE = r"[A-Z][A-Z0-9_-]{0,39}"
    """A code of ours: of a failure, an outcome, a reason."""

    NAME = r"[A-Za-z0-9._-]{1,64}"
    """A machine's name: of the kiosk, its journal, a process."""


_PATTERN: Final = {kind: re.compile(kind.value) for kind in FactKind}
_COUNT, _HASH, _CODE, _NAME = FactKind.COUNT, FactKind.HASH, FactKind.CODE, FactKind.NAME


@dataclass(frozen=True, slots=True)
class EventShape:
    """The facts of an event, by name, and whether only the journal itself may write it."""

    name: str
    facts: tuple[tuple[str, FactKind], ...] = ()
    is_kept_by_journal: bool = False


def _own(name: str, *facts: tuple[str, FactKind]) -> EventShape:
    return EventShape(name, facts, is_kept_by_journal=True)


@unique
class Event(Enum):
    """Everything that the audit trail can say."""

    JOURNAL_CREATED = _own("JOURNAL_CREATED", ("kiosk", _NAME), ("journal_id", _NAME), ("key_sha256", _HASH))
    JOURNAL_OPENED = _own("JOURNAL_OPENED", ("boot", _NAME), ("schema", _COUNT))
    ENVELOPE_COMMITTED = _own(
        "ENVELOPE_COMMITTED", ("seq", _COUNT), ("id", _HASH), ("sealed_sha256", _HASH), ("signature_sha256", _HASH)
    )
    ENVELOPE_ISOLATED = _own("ENVELOPE_ISOLATED", ("seq", _COUNT), ("reason", _CODE))
    ENVELOPE_QUEUED_AGAIN = _own("ENVELOPE_QUEUED_AGAIN", ("seq", _COUNT))
    RECEIPT_RECORDED = _own(
        "RECEIPT_RECORDED",
        ("seq", _COUNT),
        ("sha256", _HASH),
        ("status", _CODE),
        ("index", _COUNT),
        ("server_time", _COUNT),
    )
    PAYLOAD_FREED = _own("PAYLOAD_FREED", ("seq", _COUNT), ("size", _COUNT))
    CENTRE_SEEN = _own("CENTRE_SEEN", ("size", _COUNT), ("note_sha256", _HASH), ("server_time", _COUNT))
    STICK_WRITTEN = _own("STICK_WRITTEN", ("nonce_sha256", _HASH), ("envelopes", _COUNT))
    FORK_REPORTED = _own("FORK_REPORTED", ("seq", _COUNT), ("reason", _CODE))
    RESERVE_RELEASED = _own("RESERVE_RELEASED")
    RESERVE_RESTORED = _own("RESERVE_RESTORED")

    RECEIPT_REFUSED = EventShape("RECEIPT_REFUSED", (("id", _HASH), ("reason", _CODE)))
    CENTRE_LOST_ENVELOPES = EventShape("CENTRE_LOST_ENVELOPES", (("lowest_seq", _COUNT), ("freed_already", _COUNT)))
    STICK_READ = EventShape("STICK_READ", (("delivered", _COUNT), ("known", _COUNT), ("refused", _COUNT)))
    CENTRE_RESTORED = EventShape("CENTRE_RESTORED", (("size", _COUNT), ("restored_at", _COUNT)))
    CENTRE_CONTRADICTED = EventShape("CENTRE_CONTRADICTED", (("size", _COUNT), ("reason", _CODE)))
    KIOSK_REFUSED = EventShape("KIOSK_REFUSED", (("reason", _CODE),))
    ENROLMENT_ASKED = EventShape("ENROLMENT_ASKED")
    ENROLMENT_ENDED = EventShape("ENROLMENT_ENDED", (("outcome", _CODE),))

    KIOSK_STARTED = EventShape("KIOSK_STARTED", (("version", _NAME),))
    KIOSK_STOPPED = EventShape("KIOSK_STOPPED")
    CLOCK_BACK = EventShape("CLOCK_BACK", (("seconds", _COUNT),))
    CATALOGUE_TAKEN = EventShape("CATALOGUE_TAKEN", (("version", _COUNT), ("signed", _COUNT)))
    CATALOGUE_REFUSED = EventShape("CATALOGUE_REFUSED", (("reason", _CODE),))
    CATALOGUE_HIDDEN = EventShape("CATALOGUE_HIDDEN", (("what", _NAME), ("reason", _CODE)))
    VISIT_BEGUN = EventShape("VISIT_BEGUN", (("visit", _NAME),))
    VISIT_ENDED = EventShape("VISIT_ENDED", (("visit", _NAME), ("outcome", _CODE)))
    HELP_CALLED = EventShape("HELP_CALLED", (("visit", _NAME),))
    REGISTER_ASKED = EventShape("REGISTER_ASKED", (("visit", _NAME), ("register", _NAME), ("outcome", _CODE)))
    CARD_REFUSED = EventShape("CARD_REFUSED", (("visit", _NAME), ("reason", _CODE)))
    SIGNING_BEGUN = EventShape("SIGNING_BEGUN", (("visit", _NAME),))
    SIGNING_ENDED = EventShape("SIGNING_ENDED", (("visit", _NAME), ("outcome", _CODE)))
    PROCESS_ENDED = EventShape("PROCESS_ENDED", (("process", _NAME), ("outcome", _CODE)))
    FAULT = EventShape("FAULT", (("code", _CODE),))
    SERVICE_SUSPENDED = EventShape("SERVICE_SUSPENDED", (("reason", _CODE),))
    SERVICE_RESUMED = EventShape("SERVICE_RESUMED")

    POLLS_COUNTED = EventShape(
        "POLLS_COUNTED", (("state", _CODE), ("statements", _COUNT), ("ballots", _COUNT), ("checked", _COUNT))
    )

    BALLOT_LOG_SEEN = EventShape("BALLOT_LOG_SEEN", (("size", _COUNT), ("root", _HASH)))
    BALLOT_LOG_DOUBTED = EventShape("BALLOT_LOG_DOUBTED", (("reason", _CODE), ("note_sha256", _HASH)))

    STAFF_CAME_IN = EventShape("STAFF_CAME_IN", (("visit", _NAME), ("staff", _NAME), ("role", _CODE)))
    STAFF_REFUSED = EventShape("STAFF_REFUSED", (("visit", _NAME), ("code", _CODE)))
    STAFF_AGREED = EventShape("STAFF_AGREED", (("visit", _NAME), ("staff", _NAME), ("act", _CODE)))
    STAFF_ACT_BEGUN = EventShape("STAFF_ACT_BEGUN", (("visit", _NAME), ("staff", _NAME), ("act", _CODE)))
    STAFF_ACT_ENDED = EventShape("STAFF_ACT_ENDED", (("visit", _NAME), ("act", _CODE), ("outcome", _CODE)))
    STAFF_LEFT = EventShape("STAFF_LEFT", (("visit", _NAME),))
    SHELL_ACT_ENDED = EventShape("SHELL_ACT_ENDED", (("act", _CODE), ("outcome", _CODE)))
    KIOSK_RETIRED = EventShape("KIOSK_RETIRED")


EVENT_BY_NAME: Final = {event.value.name: event for event in Event}


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One leaf of the journal's log, as stored: canonical JSON. Times as in an envelope's ``created``."""

    event: str
    wall: int
    monotonic_ns: str
    boot: str
    facts: dict[str, int | str]

    def to_bytes(self) -> bytes:
        """Return the stored form: RFC 8785, which for these plain ASCII values is what msgspec writes when it sorts."""
        return msgspec.json.encode(self, order="sorted")

    def count(self, name: str) -> int:
        """Return a COUNT fact; TypeError if the entry has none of that name."""
        value = self.facts.get(name)
        if not isinstance(value, int):
            raise TypeError(name)
        return value

    def text(self, name: str) -> str:
        """Return a fact that is text; TypeError if the entry has none of that name."""
        value = self.facts.get(name)
        if not isinstance(value, str):
            raise TypeError(name)
        return value


def leaf_data(entry: bytes) -> bytes:
    """Return the RFC 6962 leaf data of a stored entry."""
    return namespaces.KIOSK_LOG_LEAF + entry


def check_facts(event: Event, facts: Mapping[str, Fact]) -> dict[str, Fact]:
    """Return ``facts`` if they are exactly those of the catalogue.

    Raises:
        ValueError: another set of names, or a value that its kind does not allow. The text holds no value.
    """
    shape = dict(event.value.facts)
    if facts.keys() != shape.keys():
        raise ValueError(f"{event.name} carries {sorted(shape)}")
    for name, kind in shape.items():
        value = facts[name]
        wanted = int if kind is FactKind.COUNT else str
        if type(value) is not wanted or _PATTERN[kind].fullmatch(str(value)) is None:
            raise ValueError(f"{event.name}: {name} is no {kind.name}")
    return dict(facts)
