# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Rows of the journal's tables, as they are stored."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class EnvelopeRow:
    """An envelope without its payload, and the kiosk log's checkpoint made at its commit."""

    seq: int
    header: bytes
    signature: bytes
    checkpoint: bytes


@dataclass(frozen=True, slots=True)
class PayloadRow:
    """A sealed payload that is still kept."""

    seq: int
    sealed: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """An envelope that the centre has not confirmed."""

    seq: int
    is_isolated: bool
