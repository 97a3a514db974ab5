# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Connections to speech-dispatcher for visits, which open no socket themselves."""

import asyncio
import logging
import socket
from pathlib import Path

from townhall_kiosk.errors import SpeechError

_log = logging.getLogger(__name__)

_TRY_AGAIN_S = 2.0


class SpeechLine:
    """Connects to the Unix socket of speech-dispatcher; without a path there is no speech here."""

    def __init__(self, path: Path | None, try_again_s: float = _TRY_AGAIN_S) -> None:
        """Nothing is connected before it is asked for."""
        self._path = path
        self._try_again_s = try_again_s

    async def connect(self) -> socket.socket | None:
        """Return a connected socket, whose owner the caller is; None: there is no speech now."""
        if self._path is None:
            return None
        end = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        end.setblocking(False)
        try:
            end.connect(str(self._path))  # at once or not at all: a visit waits for this
        except OSError as exc:
            _log.warning("%s: speech: %s", SpeechError.code, exc.strerror)
            end.close()
            return None
        return end

    async def connect_again(self) -> socket.socket | None:
        """Return a connected socket as soon as there is one; None: there is no speech on this kiosk."""
        while self._path is not None:
            await asyncio.sleep(self._try_again_s)
            if (end := await self.connect()) is not None:
                return end
        return None
