# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a kiosk delivered to a board: the envelope verified, its seal opened, its kind the one that this board takes."""

from dataclasses import dataclass, field
from enum import Enum

from townhall_central import device_ca
from townhall_central.agencies import InboxItem
from townhall_central.agency_keys import AgencyKeys
from townhall_crypto.envelope import Envelope, verify_envelope
from townhall_crypto.errors import RefusedError
from townhall_crypto.sealed import open_sealed
from townhall_sync import wire
from townhall_sync.errors import MessageMalformedError


class Alarm(Enum):
    """What officers must look at; the value is its name in files, and docs/election-boards.md says what to do."""

    ENVELOPE_DOUBTFUL = "envelope-doubtful"
    DOES_NOT_OPEN = "does-not-open"
    OTHER_KIND = "other-kind"
    BATCH_MALFORMED = "batch-malformed"
    OTHER_ELECTION = "other-election"
    OTHER_DEVICE = "other-device"
    LOOKING_KILLS = "looking-kills"
    HOURS_CHANGED = "hours-changed"
    COUNT_WENT_BACK = "count-went-back"
    STATEMENTS_MISSING = "statements-missing"
    SHARED_BALLOT = "shared-ballot"
    BALLOT_REFUSED = "ballot-refused"
    SAME_HASH = "same-hash"
    SAME_KEY = "same-key"
    CHECKED_AND_CAST = "checked-and-cast"
    OPENING_FALSE = "opening-false"
    AFTER_CLOSING = "after-closing"
    NEVER_CAME = "never-came"


@dataclass(frozen=True, slots=True)
class Raised:
    """An alarm with what it is about: a device, and a hash or a word; never a person."""

    alarm: Alarm
    device: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Delivered:
    """The opened payload of an envelope, and which device signed the envelope."""

    device: str
    payload: bytes = field(repr=False)


def open_delivery(untrusted: bytes, item: InboxItem, keys: AgencyKeys, kind: str) -> Delivered | Raised:
    """Return what an envelope holds for us, or the alarm that says why it holds nothing."""
    try:
        header = Envelope.from_bytes(untrusted).header
        certificate = wire.decode_base64(item.certificate)
        public_key = device_ca.certified_key(certificate, keys.device_ca, header.kiosk)
        if public_key is None or header.envelope_id != item.id:
            return Raised(Alarm.ENVELOPE_DOUBTFUL, header.kiosk, item.id)
        envelope = verify_envelope(untrusted, public_key)
    except (RefusedError, MessageMalformedError):
        return Raised(Alarm.ENVELOPE_DOUBTFUL, "", item.id)
    try:
        opened = open_sealed(envelope.sealed, keys.recipient)
    except RefusedError:
        return Raised(Alarm.DOES_NOT_OPEN, header.kiosk, item.id)
    if opened.header.kind != kind:
        return Raised(Alarm.OTHER_KIND, header.kiosk, item.id)
    return Delivered(header.kiosk, opened.payload)
