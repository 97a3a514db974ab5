# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The voice of the package: speech-dispatcher by the unit's own command line, with the installed configuration.

There is no sound card here: ALSA's "default" is a file, and what the speech synthesizer made is found in it.
"""

import asyncio
import contextlib
import os
import re
import shlex
import shutil
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from townhall_kiosk.home import KioskHome
from townhall_kiosk.keeper.headphones import SW_HEADPHONE_INSERT
from townhall_kiosk.keeper.speech_line import SpeechLine
from townhall_kiosk.speech.speech_dispatcher import SpeechDispatcher

PACKAGING = Path(__file__).resolve().parents[2] / "packaging"
UNIT = (PACKAGING / "systemd" / "townhall-speech.service").read_text()
INSTALLED, RUNTIME = "/etc/townhall/speech", "/run/townhall-speech"
UDEV = (PACKAGING / "udev" / "70-townhall.rules").read_text()
TEXTS = {"en": "Take your card", "et": "Võtke kaart", "fr": "Reprenez la carte", "ar": "خذ بطاقتك"}
WITHIN_S = 30.0
LOOK_EVERY_S = 0.02


def setting(name: str) -> str:
    (value,) = re.findall(rf"(?m)^{name}=(.*)$", UNIT)
    return str(value)


@dataclass(frozen=True, slots=True)
class RunningVoice:
    """speech-dispatcher, and what came out of its sound card."""

    directory: Path
    process: "subprocess.Popen[bytes]"

    @property
    def socket(self) -> Path:
        return self.directory / "run" / "speech.sock"

    def sound(self) -> int:
        """Return how many bytes were heard, silence left out."""
        heard = self.directory / "run" / "heard"
        return len(heard.read_bytes().replace(b"\0", b"")) if heard.exists() else 0

    def kept(self) -> bytes:
        """Return all that it wrote but the sound."""
        files = [path for path in (self.directory / "run").rglob("*") if path.is_file() and path.name != "heard"]
        return b"".join(path.read_bytes() for path in files)


def until(condition: Callable[[], bool], process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + WITHIN_S
    while not condition():
        assert process.poll() is None, "speech-dispatcher ended"
        assert time.monotonic() < end
        time.sleep(LOOK_EVERY_S)


def answers(path: Path) -> bool:
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as trying:
        trying.connect(str(path))
        return True
    return False


@pytest.fixture
def voice() -> Iterator[RunningVoice]:
    """The unit's process, as a user without rights."""
    assert shutil.which("speech-dispatcher"), "requirements/debian-kiosk.txt"
    with tempfile.TemporaryDirectory(prefix="voice") as made:
        directory = Path(made)
        directory.chmod(0o755)
        shutil.copytree(PACKAGING / "etc" / "speech", directory / "conf")
        run = directory / "run"
        run.mkdir(int(setting("RuntimeDirectoryMode"), 8))
        sound = f'pcm.!default {{ type file; slave.pcm {{ type null }}; file "{run}/heard"; format "raw" }}\n'
        (directory / "asound.conf").write_text(sound)
        command = setting("ExecStart").replace(INSTALLED, str(directory / "conf")).replace(RUNTIME, str(run))
        environment = dict(each.split("=", 1) for each in setting("Environment").replace(RUNTIME, str(run)).split())
        environment |= {"PATH": os.environ["PATH"], "ALSA_CONFIG_PATH": str(directory / "asound.conf")}
        user = None
        if os.geteuid() == 0:
            shutil.chown(run, user := "nobody")
        process = subprocess.Popen(
            shlex.split(command),
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            umask=int(setting("UMask"), 8),
            user=user,
            group="nogroup" if user else None,
            extra_groups=[] if user else None,
        )
        try:
            until(lambda: answers(run / "speech.sock"), process)
            yield RunningVoice(directory, process)
        finally:
            process.terminate()
            process.wait(WITHIN_S)


async def say(voice: RunningVoice, text: str, language: str) -> None:
    """Speak as a visit does, on the keeper's connection, until it is heard."""
    assert voice.sound() == 0
    end = await SpeechLine(voice.socket).connect()
    assert end is not None
    speech = SpeechDispatcher(end)
    running = asyncio.create_task(speech.run())
    speech.say(text, language, is_urgent=False)
    async with asyncio.timeout(WITHIN_S):
        while voice.sound() == 0:
            assert not running.done()
            await asyncio.sleep(LOOK_EVERY_S)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


@pytest.mark.parametrize(("language", "text"), TEXTS.items(), ids=TEXTS)
def test_the_voice_of_the_package_is_heard_in_every_language_and_writes_nothing_down(
    language: str, text: str, voice: RunningVoice, caplog: pytest.LogCaptureFixture
) -> None:
    asyncio.run(say(voice, text, language))
    assert not [each for each in caplog.records if each.name.startswith("townhall_kiosk")], "a command was refused"
    kept = voice.kept()
    assert b"Speech Dispatcher" in kept  # its log is there, and was looked at
    assert text.encode() not in kept


def test_only_the_group_of_the_voice_may_open_its_socket(voice: RunningVoice) -> None:
    assert stat.S_IMODE(voice.socket.stat().st_mode) & 0o067 == 0o060
    assert stat.S_IMODE(voice.socket.parent.stat().st_mode) == 0o750
    keeper = (PACKAGING / "systemd" / "townhall-keeper.service").read_text()
    assert f"\nSupplementaryGroups={setting('Group')}\n" in keeper


def test_the_installed_settings_name_the_socket_of_the_unit_and_the_link_of_the_rule() -> None:
    settings = KioskHome(PACKAGING / "etc").settings()
    assert f" --socket-path {settings.speech} " in setting("ExecStart")
    assert settings.speech.startswith(f"/run/{setting('RuntimeDirectory')}/")
    assert f'SYMLINK+="{settings.headphones.removeprefix("/dev/")}"' in jack_rule()


def jack_rule() -> str:
    (rule,) = [line for line in UDEV.splitlines() if "townhall/headphones" in line]
    return rule


@pytest.mark.parametrize("switch", range(17))
def test_of_all_switches_the_keeper_is_given_the_headphone_socket_alone(switch: int) -> None:
    """``capabilities/sw`` is what the kernel prints of ``struct input_dev.swbit``: hexadecimal, bit n for switch n."""
    assert 'GROUP="townhall-keeper", MODE="0640"' in jack_rule()
    (wanted,) = re.findall(r'ATTRS\{capabilities/sw\}=="([^"]+)"', jack_rule())
    assert fnmatchcase(f"{1 << switch:x}", wanted) == (switch == SW_HEADPHONE_INSERT)
    assert fnmatchcase(f"{1 << switch | 1 << SW_HEADPHONE_INSERT:x}", wanted)  # a headset: microphone and all
