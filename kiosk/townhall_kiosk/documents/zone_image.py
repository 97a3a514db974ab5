# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The zone in a picture of a document, for ``townhall card read``: a clerk says whether it is what is printed."""

import asyncio
import sys
from dataclasses import dataclass
from pathlib import Path

from townhall_kiosk.errors import ConfigurationError
from townhall_kiosk.ports import MrzCamera
from townhall_smartcard.camera.client import read_image
from townhall_smartcard.camera.messages import ImageRefusal, ZoneSeen
from townhall_smartcard.emrtd.mrz_entry import ZoneRefused
from townhall_smartcard.emrtd.pace import PacePassword

_YES = "yes"


@dataclass(frozen=True, slots=True)
class ImageFileCamera:
    """Implements ``MrzCamera`` with a picture that some program of a camera has saved: JPEG, PNG or PNM."""

    path: Path

    async def look(self) -> ZoneSeen | ZoneRefused | ImageRefusal:
        """Read the zone in the picture.

        Raises:
            ConfigurationError: the file cannot be read.
        """
        try:
            content = self.path.read_bytes()
        except OSError as exc:
            raise ConfigurationError(f"{self.path.name}: {exc.strerror}") from exc
        return await read_image(content)


def password_seen(camera: MrzCamera) -> PacePassword:
    """Return the password of the document in front of a camera, once the clerk has compared what was read.

    Raises:
        ConfigurationError: nothing was read whose check digits hold, or the clerk does not say that it is so.
    """
    seen = asyncio.run(camera.look())
    match seen:
        case ImageRefusal():
            raise ConfigurationError(f"{seen.code}: no zone was read in the picture ({seen.value}); type it")
        case ZoneRefused(mistakes):
            raise ConfigurationError(f"{mistakes[0].fault.code}: no zone was read whole in the picture; type it")
        case ZoneSeen():
            sys.stderr.write(f"{seen.lines}\nIs this, sign by sign, what is printed? ({_YES}): ")
            sys.stderr.flush()
            if sys.stdin.readline().strip().lower() != _YES:
                raise ConfigurationError("what was read is not what is printed; type it")
            return seen.zone.password()
