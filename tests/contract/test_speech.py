# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The speech adapter before the real speech-dispatcher and before its simulator: the same is heard from both.

The real one runs privately, with no sound card (libao's ``null``) and an output module that writes down what it is told
to say, how loud, how fast and in which language: no other program of the machine hears or says anything.
"""

import asyncio
import contextlib
import logging
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Protocol

import pytest

from townhall_kiosk.keeper.speech_line import SpeechLine
from townhall_kiosk.simulation.speech_server import Heard, SimulatedSpeechService
from townhall_kiosk.speech.speech_dispatcher import SpeechDispatcher
from townhall_kiosk.speech.voice import Rate, Voice, Volume

WITHIN_S = 30.0
LOOK_EVERY_S = 0.02
TEXTS = {"en": "Take your card", "et": "Võtke kaart", "fr": "Reprenez la carte", "ar": "خذ بطاقتك"}

SPEECHD = """\
LogLevel 1
Timeout 0
AudioOutputMethod "libao"
DisableAutoSpawn
AddModule "recorder" "sd_generic" "recorder.conf"
DefaultModule recorder
"""
RECORDER = """\
GenericExecuteSynth "printf '%s\\\\n' '$LANGUAGE|$RATE|$VOLUME|'\\'$DATA\\' >> {record}"
GenericRateAdd 0
GenericRateMultiply 100
GenericRateForceInteger 1
GenericVolumeAdd 0
GenericVolumeMultiply 100
GenericVolumeForceInteger 1
GenericDelimiters ""
AddVoice "en" "MALE1" "voice"
DefaultVoice "voice"
"""


class Ear(Protocol):
    """A speech service, and what came out of it."""

    path: Path

    def heard(self) -> list[Heard]:
        """Return what was heard so far."""


class RealEar:
    """speech-dispatcher itself."""

    def __init__(self, directory: Path) -> None:
        self.path, self._record = directory / "speech.sock", directory / "record"
        modules = directory / "conf" / "modules"
        modules.mkdir(parents=True)
        (directory / "conf" / "speechd.conf").write_text(SPEECHD)
        languages = "".join(f'GenericLanguage "{each}" "{each}" "utf-8"\n' for each in TEXTS)
        (modules / "recorder.conf").write_text(RECORDER.replace("{record}", str(self._record)) + languages)
        (directory / ".libao").write_text("default_driver=null\n")
        command = ["speech-dispatcher", "-s", "-t", "0", "-c", "unix_socket", "-S", str(self.path)]
        command += ["-C", str(directory / "conf"), "-L", str(directory), "-P", str(directory / "pid")]
        environment = {"PATH": os.environ["PATH"], "HOME": str(directory), "XDG_RUNTIME_DIR": str(directory)}
        with (directory / "out").open("wb") as out:
            self._process = subprocess.Popen(command, env=environment, stdout=out, stderr=out)
        self._await_connection()

    def _await_connection(self) -> None:
        deadline = time.monotonic() + WITHIN_S
        while time.monotonic() < deadline and self._process.poll() is None:
            with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as trying:
                trying.connect(str(self.path))
                return
            time.sleep(LOOK_EVERY_S)
        raise AssertionError("speech-dispatcher did not start")

    def heard(self) -> list[Heard]:
        if not self._record.exists():
            return []
        lines = self._record.read_text().splitlines()
        told = []
        for line in lines:
            language, rate, volume, text = line.split("|", 3)
            told.append(Heard(text.strip(), language, int(volume), int(rate)))
        return told

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(WITHIN_S)


class SimulatedEar:
    """Our simulator."""

    def __init__(self, service: SimulatedSpeechService) -> None:
        self.path, self._service = service.path, service

    def heard(self) -> list[Heard]:
        told = (heard for heard in self._service.record if heard is not None)
        return [Heard(each.text, each.language, each.volume, each.rate) for each in told]


@pytest.fixture(params=["real", "simulated"])
def ear(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ear]:
    if request.param == "simulated":
        with SimulatedSpeechService(tmp_path / "speech.sock") as service:
            yield SimulatedEar(service)
        return
    assert shutil.which("speech-dispatcher"), "requirements/debian-kiosk.txt"
    real = RealEar(tmp_path)
    yield real
    real.close()


Talk = Callable[[SpeechDispatcher], Coroutine[object, object, None]]


def speak(ear: Ear, talk: Talk, count: int) -> list[Heard]:
    """Let ``talk`` speak, wait until so many texts are heard, and return them."""

    async def stage() -> None:
        end = await SpeechLine(ear.path).connect()
        assert end is not None
        speech = SpeechDispatcher(end)
        running = asyncio.create_task(speech.run())
        await talk(speech)
        async with asyncio.timeout(WITHIN_S):
            while len(ear.heard()) < count:
                assert not running.done()
                await asyncio.sleep(LOOK_EVERY_S)
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running

    asyncio.run(stage())
    return ear.heard()


@pytest.fixture(autouse=True)
def _nothing_is_refused(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    with caplog.at_level(logging.WARNING, "townhall_kiosk.speech"):
        yield
    assert not caplog.records, "speech-dispatcher refused a command"


def test_a_text_is_heard_in_its_language_as_loud_and_as_fast_as_was_chosen(ear: Ear) -> None:
    async def talk(speech: SpeechDispatcher) -> None:
        speech.use(Voice(Volume.LOUD, Rate.FAST))
        for language, text in TEXTS.items():
            speech.say(text, language, is_urgent=False)

    heard = [Heard(text, language, Volume.LOUD.value, Rate.FAST.value) for language, text in TEXTS.items()]
    assert speak(ear, talk, len(TEXTS)) == heard


@pytest.mark.parametrize("text", [".", "..", ".starts with a dot", "ends with a dot.", "QUIT", "SET self VOLUME 100"])
def test_no_text_is_taken_for_a_command_or_for_the_end(ear: Ear, text: str) -> None:
    async def talk(speech: SpeechDispatcher) -> None:
        speech.say(text, "en", is_urgent=False)
        speech.say("after it", "en", is_urgent=False)

    heard = speak(ear, talk, 1 if text.strip(".") == "" else 2)
    if text.strip("."):
        assert [each.text for each in heard] == [text, "after it"]
    else:  # nothing to pronounce: a service may leave it out
        assert heard[-1].text in {text, "after it"}


def test_an_urgent_text_is_heard_after_all_else_was_dropped(ear: Ear) -> None:
    async def talk(speech: SpeechDispatcher) -> None:
        for number in range(20):
            speech.say(f"old {number}", "en", is_urgent=False)
        speech.say("new", "en", is_urgent=True)

    heard = [each.text for each in speak(ear, talk, 1)]
    assert heard == ["new"]


def test_the_voice_changes_between_two_texts(ear: Ear) -> None:
    async def talk(speech: SpeechDispatcher) -> None:
        speech.say("quiet", "en", is_urgent=False)
        speech.use(Voice(Volume.QUIET, Rate.SLOW))

    assert speak(ear, talk, 1) == [Heard("quiet", "en", Volume.QUIET.value, Rate.SLOW.value)]
