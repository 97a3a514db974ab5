# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What an envelope is, before anybody looks at what is stored: whose, where it belongs, whether an agency could use it.

No database and no lock: this is where the centre's time goes, and workers do it side by side.
"""

from dataclasses import dataclass, field

from townhall_central.errors import EnvelopeUnreadableError, NotYoursError
from townhall_crypto.envelope import Envelope, OuterHeader, verify_envelope
from townhall_crypto.errors import MalformedError, RefusedError, SignatureRefusedError
from townhall_crypto.sealed import read_inner_header

NOT_BY_THE_KIOSK = "TH-CENT-061"
"""Quarantined: the device's signature or the sealed part's hash does not hold."""
NOT_SEALED = "TH-CENT-062"
"""Quarantined: the sealed part is none that this version can read."""


@dataclass(frozen=True, slots=True)
class Caller:
    """The enrolled kiosk that sends."""

    kiosk: str
    public_key: bytes
    certificate: bytes


@dataclass(frozen=True, slots=True)
class Judged:
    """An envelope as it is to be stored; `reason` is empty unless it must be quarantined."""

    envelope_id: str
    header: OuterHeader
    content: bytes = field(repr=False)
    recipients: tuple[str, ...]
    reason: str


def judge(envelope_id: str, untrusted: bytes, caller: Caller) -> Judged:
    """Return what is to be stored.

    Raises:
        EnvelopeUnreadableError: no envelope, or its header has another id: there is no place that it could fill.
        NotYoursError: another kiosk's envelope.
    """
    try:
        header, recipients, reason = _inspect(untrusted, caller.public_key)
    except MalformedError as exc:
        raise EnvelopeUnreadableError from exc
    if header.envelope_id != envelope_id:
        raise EnvelopeUnreadableError
    if header.kiosk != caller.kiosk:
        raise NotYoursError
    return Judged(envelope_id, header, untrusted, recipients, reason)


def _inspect(untrusted: bytes, public_key: bytes) -> tuple[OuterHeader, tuple[str, ...], str]:
    """Return the header, and the recipients or the reason why no agency could use it; raises MalformedError."""
    try:
        envelope = verify_envelope(untrusted, public_key)
    except SignatureRefusedError:
        return Envelope.from_bytes(untrusted).header, (), NOT_BY_THE_KIOSK
    try:
        return envelope.header, read_inner_header(envelope.sealed).recipients, ""
    except RefusedError:
        return envelope.header, (), NOT_SEALED
