# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the journal's log says about its envelopes: a pure fold over the audit events.

The log is the truth and the tables hold the bulk. ``Ledger`` is rebuilt from the log at each opening and compared with
the tables, and follows every later event, so the two cannot drift apart unseen.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from townhall_crypto.envelope import NO_PREVIOUS
from townhall_sync.audit import EVENT_BY_NAME, Entry, Event, check_facts


@dataclass(frozen=True, slots=True)
class Committed:
    """What the log says of an envelope from the start; hashes as raw bytes, for there are many."""

    envelope_id: bytes
    sealed_sha256: bytes
    signature_sha256: bytes
    wall: int


@dataclass(frozen=True, slots=True)
class Delivered:
    """What the log says of an envelope's newest receipt; ``index`` is its place in the centre's log."""

    receipt_sha256: str
    index: int
    server_time: int


@dataclass(frozen=True, slots=True)
class OpenVisit:
    """A visit that began and has not ended: its name, what it committed last, if anything, and whether a vote."""

    name: str
    envelope_id: str | None = None
    has_voted: bool = False


@dataclass(slots=True)
class Ledger:
    """The state that the log's events lead to. Sequence numbers count from 1."""

    kiosk: str
    journal_id: str
    key_sha256: str
    envelopes: list[Committed] = field(default_factory=list)
    seq_by_sealed: dict[bytes, int] = field(default_factory=dict)
    seq_by_id: dict[str, int] = field(default_factory=dict)
    queued: dict[int, bool] = field(default_factory=dict)
    """seq -> whether it stands aside (isolated)."""
    delivered: dict[int, Delivered] = field(default_factory=dict)
    freed: set[int] = field(default_factory=set)
    centre_note_sha256: str | None = None
    centre_server_time: int = 0
    """The centre's time when it signed that note."""
    is_contradicted: bool = False
    """Whether the centre's log, when last asked, did not continue what we know of it, and nothing explained that."""
    open_questions: set[str] = field(default_factory=set)
    """SHA-256 of the nonces that went out by stick since the centre was last seen."""
    last_server_time: int = 0
    last_receipt_wall: int | None = None
    fork: tuple[int, str] | None = None
    open_visit: OpenVisit | None = None
    statements: int = 0
    """How many statements of voters were counted last."""

    @classmethod
    def begin(cls, first: Entry) -> "Ledger":
        """Return the ledger of a log whose first entry this is; ValueError or TypeError if none begins so."""
        _checked(first, Event.JOURNAL_CREATED)
        return cls(first.text("kiosk"), first.text("journal_id"), first.text("key_sha256"))

    @property
    def next_seq(self) -> int:
        """The number that the next envelope gets."""
        return len(self.envelopes) + 1

    @property
    def last_id(self) -> str:
        """The id that the next envelope's ``prev_hash`` names."""
        return self.envelopes[-1].envelope_id.hex() if self.envelopes else NO_PREVIOUS

    def committed(self, seq: int) -> Committed:
        """Return what the log says of an envelope; KeyError if there is none."""
        if not 1 <= seq <= len(self.envelopes):
            raise KeyError(seq)
        return self.envelopes[seq - 1]

    def apply(self, entry: Entry) -> None:
        """Follow one event; KeyError, ValueError or TypeError if it cannot follow the events before it."""
        event = EVENT_BY_NAME[entry.event]
        if event is Event.JOURNAL_CREATED:
            raise ValueError("a second beginning")
        _checked(entry, event)
        rule = _RULES.get(event)
        if rule is not None:
            rule(self, entry)


def _checked(entry: Entry, event: Event) -> None:
    if entry.event != event.value.name:
        raise ValueError(f"not {event.value.name}")
    check_facts(event, entry.facts)


def _commit(ledger: Ledger, entry: Entry) -> None:
    seq, envelope_id = entry.count("seq"), entry.text("id")
    committed = Committed(
        bytes.fromhex(envelope_id),
        bytes.fromhex(entry.text("sealed_sha256")),
        bytes.fromhex(entry.text("signature_sha256")),
        entry.wall,
    )
    if seq != ledger.next_seq or committed.sealed_sha256 in ledger.seq_by_sealed or envelope_id in ledger.seq_by_id:
        raise ValueError("an envelope out of order, or twice")
    ledger.envelopes.append(committed)
    ledger.seq_by_sealed[committed.sealed_sha256] = seq
    ledger.seq_by_id[envelope_id] = seq
    ledger.queued[seq] = False
    if ledger.open_visit is not None:
        ledger.open_visit = replace(ledger.open_visit, envelope_id=envelope_id)


def _begin_visit(ledger: Ledger, entry: Entry) -> None:
    ledger.open_visit = OpenVisit(entry.text("visit"))


def _end_visit(ledger: Ledger, _entry: Entry) -> None:
    ledger.open_visit = None


def _count_polls(ledger: Ledger, entry: Entry) -> None:
    statements = entry.count("statements")  # a booth has ballots alone, and none of them is a vote yet
    if statements > ledger.statements and ledger.open_visit is not None:
        ledger.open_visit = replace(ledger.open_visit, has_voted=True)
    ledger.statements = statements


def _isolate(ledger: Ledger, entry: Entry) -> None:
    seq = entry.count("seq")
    ledger.queued[seq]
    ledger.queued[seq] = True


def _receive(ledger: Ledger, entry: Entry) -> None:
    seq = entry.count("seq")
    ledger.committed(seq)
    ledger.queued.pop(seq, None)
    ledger.delivered[seq] = Delivered(entry.text("sha256"), entry.count("index"), entry.count("server_time"))
    ledger.last_receipt_wall = entry.wall
    ledger.last_server_time = max(ledger.last_server_time, entry.count("server_time"))


def _queue_again(ledger: Ledger, entry: Entry) -> None:
    seq = entry.count("seq")
    ledger.delivered[seq]
    if seq in ledger.freed:
        raise ValueError("a freed payload cannot be sent")
    ledger.queued[seq] = False


def _free(ledger: Ledger, entry: Entry) -> None:
    seq = entry.count("seq")
    ledger.delivered[seq]
    if seq in ledger.freed or seq in ledger.queued:
        raise ValueError("freed twice, or while queued")
    ledger.freed.add(seq)


def _see_centre(ledger: Ledger, entry: Entry) -> None:
    ledger.centre_note_sha256 = entry.text("note_sha256")
    ledger.centre_server_time = entry.count("server_time")
    ledger.is_contradicted = False
    ledger.open_questions.clear()  # an answer to an older question would be an older checkpoint
    ledger.last_server_time = max(ledger.last_server_time, entry.count("server_time"))


def _contradict(ledger: Ledger, entry: Entry) -> None:
    ledger.is_contradicted |= entry.text("reason") == "NOT_CONTINUED"


def _write_stick(ledger: Ledger, entry: Entry) -> None:
    ledger.open_questions.add(entry.text("nonce_sha256"))


def _fork(ledger: Ledger, entry: Entry) -> None:
    ledger.fork = (entry.count("seq"), entry.text("reason"))


_RULES: dict[Event, Callable[[Ledger, Entry], None]] = {
    Event.ENVELOPE_COMMITTED: _commit,
    Event.ENVELOPE_ISOLATED: _isolate,
    Event.ENVELOPE_QUEUED_AGAIN: _queue_again,
    Event.RECEIPT_RECORDED: _receive,
    Event.PAYLOAD_FREED: _free,
    Event.CENTRE_SEEN: _see_centre,
    Event.CENTRE_CONTRADICTED: _contradict,
    Event.STICK_WRITTEN: _write_stick,
    Event.FORK_REPORTED: _fork,
    Event.VISIT_BEGUN: _begin_visit,
    Event.POLLS_COUNTED: _count_polls,
    Event.VISIT_ENDED: _end_visit,
}
