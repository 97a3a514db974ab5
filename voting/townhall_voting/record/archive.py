# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The archive ``<uuid>.bel`` as a chain of events: written event by event, read as a stream, byte for byte the tool's.

A writer keeps a ``Head``: everything that the next event depends on. The bytes so far are never needed again::

    data, head = open_archive(timestamp)
    for event in events:
        more, head = append_event(head, event)
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from townhall_voting.errors import MalformedError, ProgrammingError, RecordRefusedError
from townhall_voting.hashing import HexHash, hex_hash
from townhall_voting.record.blocks import MAX_TIMESTAMP, ByteStream, Member, member_bytes, read_members
from townhall_voting.record.events import KINDS, Event, data_of, event_of
from townhall_voting.record.reasons import Place, Refusal
from townhall_voting.untrusted_json import read_json

_FIRST_NAME: Final = "BELENIOS"
_DATA: Final = ".data.json"
_EVENT: Final = ".event.json"
_TIMESTAMP: Final = re.compile(r"0|[1-9][0-9]{0,9}")


@dataclass(frozen=True, slots=True)
class Head:
    """Where an archive stands: its length, the number of the next event and the hash of the last one."""

    timestamp: int
    offset: int
    height: int = 0
    parent: HexHash | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event as it stands in an archive: where its first byte is, and where the archive stands after it."""

    event: Event
    place: Place
    head: Head


class _HeaderWire(msgspec.Struct, forbid_unknown_fields=True):
    version: int
    timestamp: str


class _EventWire(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    parent: str | UnsetType = UNSET
    height: int
    type: str
    payload: str | UnsetType = UNSET


def open_archive(timestamp: int) -> tuple[bytes, Head]:
    """Return the first bytes of an archive; ``timestamp``, in Unix seconds, stands in every block of it.

    Raises:
        ProgrammingError: a time that the format cannot hold.
    """
    if not 0 <= timestamp <= MAX_TIMESTAMP:
        raise ProgrammingError("a time that an archive cannot hold")
    data = member_bytes(_FIRST_NAME, msgspec.json.encode(_HeaderWire(1, str(timestamp))), timestamp)
    return data, Head(timestamp, len(data))


def append_event(head: Head, event: Event) -> tuple[bytes, Head]:
    """Return the bytes that ``event`` adds to an archive that stands at ``head``, and where it then stands."""
    data = data_of(event)
    body = msgspec.json.encode(
        _EventWire(
            parent=UNSET if head.parent is None else head.parent,
            height=head.height,
            type=event.kind,
            payload=hex_hash(data[-1]) if data else UNSET,
        )
    )
    added = b"".join(
        member_bytes(hex_hash(each) + suffix, each, head.timestamp)
        for each, suffix in (*((each, _DATA) for each in data), (body, _EVENT))
    )
    return added, Head(head.timestamp, head.offset + len(added), head.height + 1, hex_hash(body))


def read_head(stream: ByteStream) -> Head:
    """Read the first member of the archive that ``stream`` holds, and leave the stream behind it.

    Raises:
        RecordRefusedError: EMPTY, HEADER, or why its block is wrong.
    """
    member = next(read_members(stream, 0), None)
    if member is None:
        raise RecordRefusedError(Refusal.EMPTY, Place(0))
    try:
        stated = read_json(member.body, _HeaderWire).timestamp
    except MalformedError as error:
        raise RecordRefusedError(Refusal.HEADER, Place(0)) from error
    if not _TIMESTAMP.fullmatch(stated) or int(stated) > MAX_TIMESTAMP:
        raise RecordRefusedError(Refusal.HEADER, Place(0))
    data, head = open_archive(int(stated))
    if data != member_bytes(member.name, member.body, member.timestamp):
        raise RecordRefusedError(Refusal.HEADER, Place(0))
    return head


def read_events(stream: ByteStream, head: Head) -> Iterator[Recorded]:
    """Return the events from ``head`` on, where ``stream`` stands, to its end.

    An event is given when everything up to its end was read, and is exactly what ``append_event`` would have written.

    Raises:
        RecordRefusedError: BLOCK to LOOSE_DATA, or EVENT to PAYLOAD; the place is that of the member at fault.
    """
    begun = head.offset
    data: list[bytes] = []
    members = read_members(stream, head.offset)
    while (member := _next(members, head)) is not None:
        if member.name.endswith(_DATA):
            data.append(member.body)
            continue
        event = _read_event(head, member, data)
        head = Head(head.timestamp, member.end, head.height + 1, hex_hash(member.body))
        yield Recorded(event, Place(begun, head.height - 1), head)
        begun, data = head.offset, []
    if data:
        raise RecordRefusedError(Refusal.LOOSE_DATA, Place(begun, head.height))


def _next(members: Iterator[Member], head: Head) -> Member | None:
    """Return the next member, its name and time checked; a refusal gets the height of the event it is part of."""
    try:
        member = next(members, None)
    except RecordRefusedError as error:
        raise RecordRefusedError(error.reason, Place(error.place.offset, head.height)) from error
    if member is None:
        return None
    place = Place(member.offset, head.height)
    if member.timestamp != head.timestamp:
        raise RecordRefusedError(Refusal.BLOCK, place)
    if member.name not in {(name := hex_hash(member.body)) + _DATA, name + _EVENT}:
        raise RecordRefusedError(Refusal.NAME, place)
    return member


def _read_event(head: Head, member: Member, data: list[bytes]) -> Event:
    place = Place(member.offset, head.height)
    try:
        wire = read_json(member.body, _EventWire)
    except MalformedError as error:
        raise RecordRefusedError(Refusal.EVENT, place) from error
    if wire.height != head.height:
        raise RecordRefusedError(Refusal.HEIGHT, place)
    if wire.parent != (UNSET if head.parent is None else head.parent):
        raise RecordRefusedError(Refusal.PARENT, place)
    if wire.payload != (hex_hash(data[-1]) if data else UNSET):
        raise RecordRefusedError(Refusal.PAYLOAD, place)
    if member.body != msgspec.json.encode(wire):
        raise RecordRefusedError(Refusal.EVENT, place)
    if wire.type not in KINDS:
        raise RecordRefusedError(Refusal.EVENT, place)
    try:
        return event_of(wire.type, data)
    except MalformedError as error:
        raise RecordRefusedError(Refusal.PAYLOAD, place) from error
