# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What devices did, as a NIST Election Event Log (SP 1500-101, version 1): counts, codes and times, never a person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Final

from townhall_voting.exports.cdf import VENDOR, Dialect, Json, to_bytes
from townhall_voting.package.definition import DeviceRole

_CDF: Final = Dialect("EventLogging")
_TYPES: Final = {DeviceRole.BOOTH: "bmd", DeviceRole.DESK: "electronic-poll-book", DeviceRole.SINGLE: "dre"}


class Disposition(Enum):
    """How an event ended, in the format's words."""

    SUCCESS = "success"
    FAILURE = "failure"
    NOT_APPLICABLE = "na"


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """One entry of a device's log: its place there, from 0; its name; what it says; the hash of its leaf (hex)."""

    sequence: int
    name: str
    at: datetime
    disposition: Disposition
    details: str
    leaf_sha256: str


@dataclass(frozen=True, slots=True)
class LoggedDevice:
    """A device and its log; ``role`` is None for one that has no part in the election."""

    name: str
    version: str
    role: DeviceRole | None
    events: Sequence[LoggedEvent]


def write_event_log(devices: Sequence[LoggedDevice], election: str, at: datetime) -> bytes:
    """Return the file; ``election`` is the definition's id."""
    return to_bytes(
        _CDF.thing(
            "ElectionEventLog",
            Device=[_device(device) for device in devices],
            ElectionId=election,
            GeneratedTime=_moment(at),
        )
    )


def _device(device: LoggedDevice) -> Json:
    kind: dict[str, Json] = {"Type": "other", "OtherType": "kiosk"}
    if device.role is not None:
        kind = {"Type": _TYPES[device.role]}
    return _CDF.thing(
        "Device",
        Id=device.name,
        Manufacturer=VENDOR,
        Version=device.version,
        HashType="sha-256",
        Event=[_event(event) for event in device.events],
        **kind,
    )


def _event(event: LoggedEvent) -> Json:
    return _CDF.thing(
        "Event",
        Id=event.name,
        Type=event.name.partition("_")[0],
        Sequence=str(event.sequence),
        TimeStamp=_moment(event.at),
        Disposition=event.disposition.value,
        Details=event.details,
        Hash=event.leaf_sha256,
    )


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
