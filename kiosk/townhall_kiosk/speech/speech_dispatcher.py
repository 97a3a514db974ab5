# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Speaks through a connected socket of speech-dispatcher.

Whoever asks for speech never waits for it, and never sees it fail: where the socket breaks, there is silence, and
``run`` ends. One command is on its way at a time; what was not sent yet is dropped by the next thing that interrupts.
"""

import asyncio
import logging
import socket
from collections import deque
from dataclasses import dataclass

from townhall_kiosk.errors import SpeechError
from townhall_kiosk.speech import ssip
from townhall_kiosk.speech.voice import Voice

_log = logging.getLogger(__name__)

_MOST_WAITING = 32  # texts; more would be heard minutes late
_LINE_BYTES = 4096


@dataclass(frozen=True, slots=True)
class _Text:
    text: str
    language: str
    is_urgent: bool


class SpeechDispatcher:
    """Implements the ``Speech`` port."""

    def __init__(self, end: socket.socket) -> None:
        """Take over a connected Unix socket; nothing is sent before ``run``."""
        self._end = end
        self._waiting: deque[_Text] = deque(maxlen=_MOST_WAITING)
        self._must_cancel = False
        self._wanted, self._set = Voice(), Voice()
        self._has_set = False
        self._language = ""
        self._priority = ""
        self._wake = asyncio.Event()
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter

    def say(self, text: str, language: str, *, is_urgent: bool) -> None:
        """Say ``text`` next; an urgent one takes the place of all that is being said or waits."""
        if is_urgent:
            self.stop()
        if text.strip():
            self._waiting.append(_Text(text, language, is_urgent))
            self._wake.set()

    def stop(self) -> None:
        """Be silent at once."""
        self._waiting.clear()
        self._must_cancel = True
        self._wake.set()

    def use(self, voice: Voice) -> None:
        """Speak like this from the next text on."""
        self._wanted = voice

    async def run(self) -> None:
        """Speak until cancelled, or until speech-dispatcher is gone: then this returns, and there is silence."""
        try:
            self._reader, self._writer = await asyncio.open_unix_connection(sock=self._end, limit=_LINE_BYTES)
            try:
                await self._ask(ssip.set_self("CLIENT_NAME", ssip.CLIENT_NAME))
                await self._ask(ssip.set_self("SSML_MODE", "off"))
                while True:
                    await self._wake.wait()
                    self._wake.clear()
                    await self._catch_up()
            finally:
                self._writer.close()
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, SpeechError) as exc:
            _log.warning("%s: no speech: %s", SpeechError.code, type(exc).__name__)

    async def _catch_up(self) -> None:
        while self._must_cancel or self._waiting:
            if self._must_cancel:
                self._must_cancel = False
                await self._ask(ssip.CANCEL)
            elif self._waiting:
                await self._speak(self._waiting.popleft())

    async def _speak(self, text: _Text) -> None:
        await self._set_up(text)
        if self._must_cancel:  # the person went on meanwhile
            return
        if await self._ask(ssip.SPEAK):
            await self._ask(ssip.text_lines(text.text))

    async def _set_up(self, text: _Text) -> None:
        if self._wanted != self._set or not self._has_set:
            voice, self._set, self._has_set = self._wanted, self._wanted, True
            await self._ask(ssip.set_self("VOLUME", voice.volume.value))
            await self._ask(ssip.set_self("RATE", voice.rate.value))
        if text.language != self._language:
            self._language = text.language
            await self._ask(ssip.set_language(text.language))
        priority = "important" if text.is_urgent else "message"
        if priority != self._priority:
            self._priority = priority
            await self._ask(ssip.set_self("PRIORITY", priority))

    async def _ask(self, command: bytes) -> bool:
        """Send a command and wait for its answer; tell whether it was carried out."""
        self._writer.write(command)
        await self._writer.drain()
        while True:
            line = ssip.read_reply_line(await self._reader.readuntil(b"\n"))
            if line.is_last and not line.is_event:
                break
        if not line.is_done:
            _log.warning("speech-dispatcher answered %d", line.code)
        return line.is_done


class Silence:
    """Implements the ``Speech`` port where nothing speaks."""

    def say(self, text: str, language: str, *, is_urgent: bool) -> None:
        """Say nothing."""

    def stop(self) -> None:
        """Go on being silent."""

    def use(self, voice: Voice) -> None:
        """Change nothing."""
