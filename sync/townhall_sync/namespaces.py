# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Domain separation of what only this part hashes or signs; the rest stands in ``townhall_crypto.namespaces``.

The same rules hold: each ends with its only zero byte, and none begins another; a test checks both sets together.
"""

from typing import Final

FRESH_CHECKPOINT: Final = b"townhall:fresh-checkpoint:v1\x00"
"""The centre's signature over a checkpoint, the nonce that asked for it, and the time."""

ENROLMENT_ID: Final = b"townhall:enrolment-id:v1\x00"
"""SHA-256 over it and a kiosk's public key: the name of an enrolment request."""

ONE_TIME_CODE: Final = b"townhall:one-time-code:v1\x00"
"""Check symbols of a one-time code."""

TRANSACTION_NUMBER: Final = b"townhall:transaction-number:v1\x00"
"""Check symbol of the number that people read."""

LOG_RESTORATION: Final = b"townhall:log-restoration:v1\x00"
"""The device CA's signature over the statement that the centre's log was restored from a backup."""

STICK_REFUSAL: Final = b"townhall:stick-refusal:v1\x00"
"""The centre's signature over a refusal that travels by stick."""

ALL: Final = (
    FRESH_CHECKPOINT,
    ENROLMENT_ID,
    ONE_TIME_CODE,
    TRANSACTION_NUMBER,
    LOG_RESTORATION,
    STICK_REFUSAL,
)
