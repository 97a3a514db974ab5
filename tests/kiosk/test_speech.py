# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""SSIP read and written, and a speech service that breaks: silence, never a crash, never somebody's data in a log."""

import asyncio
import contextlib
import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from townhall_kiosk.errors import SpeechError
from townhall_kiosk.keeper.speech_line import SpeechLine
from townhall_kiosk.simulation.speech_server import SimulatedSpeechService
from townhall_kiosk.speech import ssip
from townhall_kiosk.speech.speech_dispatcher import SpeechDispatcher

WITHIN_S = 20.0


@given(st.text())
def test_a_text_has_one_end_and_comes_back_whole(text: str) -> None:
    lines = ssip.text_lines(text).decode().split("\r\n")
    assert lines[-2:] == [".", ""]
    body = lines[:-2]
    assert "." not in body
    told = [line.removeprefix(".") for line in body]
    kept = [line.translate(dict.fromkeys(range(0x20), " ") | {0x7F: " "}) for line in told]
    assert kept == [line.replace("\t", " ") for line in told]


@pytest.mark.parametrize(
    "untrusted", [b"", b"\r\n", b"OK", b"20 OK", b"2000 OK", b"2x0 OK", b"200_OK", b"\xff\xfe\r\n"]
)
def test_what_is_no_answer_is_refused(untrusted: bytes) -> None:
    with pytest.raises(SpeechError):
        ssip.read_reply_line(untrusted)


@pytest.mark.parametrize("language", ["", "en\r\nQUIT", "en us", "x", "../en", "en-"])
def test_what_is_no_language_becomes_no_command(language: str) -> None:
    with pytest.raises(SpeechError):
        ssip.set_language(language)


def test_the_client_s_name_is_nobody_s() -> None:
    assert ssip.CLIENT_NAME == "townhall:kiosk:screen"


async def _silence(end: socket.socket) -> None:
    """Speak into ``end`` until speech ends by itself."""
    speech = SpeechDispatcher(end)
    speech.say("ÕISPUU 48403159914", "et", is_urgent=False)
    async with asyncio.timeout(WITHIN_S):
        await speech.run()
    speech.say("more", "et", is_urgent=True)
    speech.stop()


@pytest.mark.parametrize(
    "answer", [b"", b"200", b"HTTP/1.1 200 OK\r\n", b"x" * 100_000, b"208 OK\r\n" * 3 + b"\0\0\n", b"208-more\r\n"]
)
def test_a_service_that_breaks_or_speaks_another_language_leaves_silence(
    answer: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    theirs.sendall(answer[:60_000])
    theirs.shutdown(socket.SHUT_WR)
    asyncio.run(_silence(ours))
    theirs.close()
    assert SpeechError.code in caplog.text
    assert "ÕISPUU" not in caplog.text
    assert "4840" not in caplog.text


def test_a_command_that_is_refused_costs_no_later_text(tmp_path: Path) -> None:
    async def stage(service: SimulatedSpeechService) -> None:
        end = await SpeechLine(service.path).connect()
        assert end is not None
        speech = SpeechDispatcher(end)
        running = asyncio.create_task(speech.run())
        speech.say("first", "en", is_urgent=False)
        speech.say("   ", "en", is_urgent=False)
        speech.say("second", "en", is_urgent=False)
        assert await asyncio.to_thread(service.wait_until, lambda record: len(record) == 2, WITHIN_S)
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running

    with SimulatedSpeechService(tmp_path / "speech.sock") as service:
        asyncio.run(stage(service))
        assert service.texts == ["first", "second"]
        assert service.clients == [ssip.CLIENT_NAME]


# The keeper's connections


def test_without_a_service_there_is_no_connection(tmp_path: Path) -> None:
    assert asyncio.run(SpeechLine(tmp_path / "none").connect()) is None
    assert asyncio.run(SpeechLine(None).connect()) is None
    assert asyncio.run(SpeechLine(None).connect_again()) is None


def test_a_service_that_comes_late_is_connected(tmp_path: Path) -> None:
    async def stage() -> None:
        line = SpeechLine(tmp_path / "speech.sock", try_again_s=0.01)
        waiting = asyncio.create_task(line.connect_again())
        await asyncio.sleep(0)
        with SimulatedSpeechService(tmp_path / "speech.sock"):
            async with asyncio.timeout(WITHIN_S):
                end = await waiting
            assert end is not None
            end.close()

    asyncio.run(stage())


def test_a_service_that_takes_nobody_in_keeps_no_visit_waiting(tmp_path: Path) -> None:
    path = tmp_path / "speech.sock"

    async def stage() -> None:
        line = SpeechLine(path)
        ends = [await line.connect() for _ in range(5)]
        assert ends[-1] is None
        for end in ends:
            if end is not None:
                end.close()

    with socket.socket(socket.AF_UNIX) as hanging:
        hanging.bind(str(path))
        hanging.listen(0)
        asyncio.run(stage())
