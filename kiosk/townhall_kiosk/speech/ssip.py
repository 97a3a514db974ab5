# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""SSIP, the line protocol of speech-dispatcher: what is sent, and what is answered. No socket here.

Every command is answered by lines of three digits: ``NNN-text`` goes on, ``NNN text`` ends. 1xx informs, 2xx is done,
7xx is an event, the rest says why not. A text follows ``SPEAK`` on lines of its own and ends with a single dot.
"""

import re
from dataclasses import dataclass

from townhall_kiosk.errors import SpeechError

CLIENT_NAME = "townhall:kiosk:screen"
"""User, client and component, as SSIP wants them. Always these: the name of a person stands nowhere."""

_REPLY = re.compile(rb"([0-9]{3})([ -])(.*)")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_UNSPEAKABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_LEAST_DONE, _LEAST_PROBLEM, _LEAST_EVENT = 200, 300, 700


@dataclass(frozen=True, slots=True)
class ReplyLine:
    """One line of an answer."""

    code: int
    is_last: bool

    @property
    def is_event(self) -> bool:
        """Whether this is no answer, but something that happened to an earlier text."""
        return self.code >= _LEAST_EVENT

    @property
    def is_done(self) -> bool:
        """Whether the command was carried out."""
        return _LEAST_DONE <= self.code < _LEAST_PROBLEM


def read_reply_line(untrusted: bytes) -> ReplyLine:
    """Read one line of an answer, with or without its end.

    Raises:
        SpeechError: it is none.
    """
    match = _REPLY.fullmatch(untrusted.rstrip(b"\r\n"))
    if match is None:
        raise SpeechError("not an answer of SSIP")
    return ReplyLine(int(match[1]), match[2] == b" ")


def set_self(name: str, value: str | int) -> bytes:
    """Return a setting of this connection."""
    return f"SET self {name} {value}\r\n".encode()


def set_language(language: str) -> bytes:
    """Return the setting of the language of all texts to come, BCP 47.

    Raises:
        SpeechError: that is no language.
    """
    if not _LANGUAGE.fullmatch(language):
        raise SpeechError("not a language")
    return set_self("LANGUAGE", language)


SPEAK = b"SPEAK\r\n"
CANCEL = b"CANCEL self\r\n"
"""Stop at once and drop what waits: ``STOP`` would go on with the next text."""


def text_lines(text: str) -> bytes:
    """Return a text as it follows ``SPEAK``: dots that begin a line doubled, a single dot at the end."""
    lines = _UNSPEAKABLE.sub(" ", text).splitlines()
    stuffed = (f".{line}" if line.startswith(".") else line for line in lines)
    return b"".join(line.encode() + b"\r\n" for line in (*stuffed, "."))
