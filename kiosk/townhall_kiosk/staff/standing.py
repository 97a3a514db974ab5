# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Whether the kiosk serves people: in service, out of service by staff, or retired. Durable across restarts.

The file ``service.json`` in the kiosk's home is written whole and synced, then renamed. One that cannot be read means
out of service: a kiosk that staff closed must never open by a broken disk.
"""

import enum
import logging
import os
from pathlib import Path
from typing import Literal

import msgspec

from townhall_kiosk.staff.acts import ClosingReason
from townhall_kiosk.staff.errors import ClosedByStaffError, KioskRetiredError, MediumError

_log = logging.getLogger(__name__)

FILE = "service.json"


class Service(enum.Enum):
    """What the kiosk is there for."""

    IN_SERVICE = "in-service"
    OUT_OF_SERVICE = "out-of-service"
    RETIRED = "retired"


class Standing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How it stands, why, and since when (unix seconds)."""

    service: Service = Service.IN_SERVICE
    reason: ClosingReason | None = None
    since: int = 0
    version: Literal[1] = 1

    @property
    def code(self) -> str:
        """Return an empty text, or the code of why nobody is served."""
        match self.service:
            case Service.IN_SERVICE:
                return ""
            case Service.OUT_OF_SERVICE:
                return ClosedByStaffError.code
            case Service.RETIRED:
                return KioskRetiredError.code


def read_standing(home: Path) -> Standing:
    """Return how the kiosk of ``home`` stands; without the file it is in service."""
    try:
        return msgspec.json.decode((home / FILE).read_bytes(), type=Standing)
    except FileNotFoundError:
        return Standing()
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as exc:
        _log.error("%s cannot be read (%s): out of service", FILE, type(exc).__name__)
        return Standing(Service.OUT_OF_SERVICE, ClosingReason.MAINTENANCE)


def write_standing(home: Path, standing: Standing) -> None:
    """Make ``standing`` durable: it is on the disk when this returns.

    Raises:
        MediumError: the disk did not take it; the standing before it holds.
    """
    new = home / f"{FILE}.new"
    try:
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.encode(standing))
            file.flush()
            os.fsync(file.fileno())
        new.replace(home / FILE)
        folder = os.open(home, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as exc:
        raise MediumError(f"{FILE}: {exc.strerror}") from exc
