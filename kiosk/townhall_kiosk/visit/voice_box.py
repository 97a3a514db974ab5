# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Reads the window to the person while headphones are in, and repeats what was said."""

from townhall_kiosk.ports import Speech
from townhall_kiosk.speech.speech_dispatcher import Silence
from townhall_kiosk.speech.voice import Voice
from townhall_kiosk.visit.surroundings import Hearing, Surroundings


class VoiceBox:
    """Between the window, which tells all that must be heard, and the speech port; silent without headphones."""

    def __init__(self, around: Surroundings) -> None:
        """Nothing speaks yet, and no headphones are in."""
        self._around = around
        self._speech: Speech = Silence()
        self._has_speech = False
        self._are_plugged = False
        self._last: list[tuple[str, str]] = []
        self._first: tuple[str, str] | None = None

    def speak_with(self, speech: Speech) -> None:
        """Something speaks from now on; what the one before it could not say any more is said."""
        self._speech, self._has_speech = speech, True
        speech.use(self._around.ways.voice)
        self._rethink()
        self.repeat()

    def lose_speech(self) -> None:
        """Nothing speaks any more; the ways to use say so."""
        self._speech, self._has_speech = Silence(), False
        self._rethink()

    def plug(self, *, are_plugged: bool) -> None:
        """Headphones came or went: who plugs them in is read the screen, and who pulls them out hears no more."""
        if are_plugged == self._are_plugged:
            return
        self._are_plugged = are_plugged
        self._rethink()
        if are_plugged:
            self.repeat()
        else:
            self._speech.stop()

    def hear_first(self, text: str, language: str) -> None:
        """Take what is to be said before the next screen: that screen's words must not go over it."""
        self._first = (text, language)

    def hear(self, text: str, language: str, *, is_urgent: bool) -> None:
        """Take what a person who cannot see must hear; it is remembered also while nobody listens."""
        if is_urgent:
            self._last.clear()
        if self._first is not None and is_urgent:
            first, self._first = self._first, None
            self._say(*first, is_urgent=True)
            is_urgent = False
        self._say(text, language, is_urgent=is_urgent)

    def _say(self, text: str, language: str, *, is_urgent: bool) -> None:
        self._last.append((text, language))
        if self._around.hearing is Hearing.HEARD:
            self._speech.say(text, language, is_urgent=is_urgent)

    def repeat(self) -> None:
        """Say again what was said since the last thing that interrupted."""
        if self._around.hearing is not Hearing.HEARD:
            return
        for number, (text, language) in enumerate(self._last):
            self._speech.say(text, language, is_urgent=number == 0)

    def use(self, voice: Voice) -> None:
        """Speak like this from now on."""
        self._speech.use(voice)

    def _rethink(self) -> None:
        if not self._has_speech:
            self._around.hearing = Hearing.NO_SPEECH
        else:
            self._around.hearing = Hearing.HEARD if self._are_plugged else Hearing.NO_HEADPHONES
