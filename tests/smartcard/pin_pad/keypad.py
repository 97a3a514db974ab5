# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The keys of a virtual reader behind a real pcscd: compiles the driver that has them, and is the finger at them."""

import contextlib
import socket
import subprocess
import threading
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from townhall_smartcard.simulation.keypad import FEATURES, GET_FEATURES, PROPERTIES, TLV_PROPERTIES, Asked, Finger

_SOURCE: Final = Path(__file__).with_name("keypad_driver.c")
_LINE: Final = 512


def compile_driver(folder: Path) -> Path:
    """Return the driver as pcscd loads it."""
    made = folder / "keypad_driver.so"
    headers = ("-I/usr/include/PCSC", "-Wall", "-Wextra", "-Werror")
    subprocess.run(["gcc", "-shared", "-fPIC", "-O1", *headers, "-o", made, _SOURCE, "-ldl"], check=True)
    return made


class Keypad:
    """Answers what the driver of one reader asks, in a thread of its own; ``finger`` says what is pressed."""

    def __init__(self, driver: Path, finger: Finger) -> None:
        """Take where the driver lies, as a ``PrivatePcscd`` shows it from outside."""
        self.finger: Final = finger
        self.told: Final = {GET_FEATURES: FEATURES, TLV_PROPERTIES: PROPERTIES}
        self.is_waiting: Final = threading.Event()
        self._path: Final = Path(f"{driver}.keys")
        self._path.unlink(missing_ok=True)
        self._listening: Final = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listening.bind(str(self._path))
        self._listening.listen()
        self._held: Final[list[socket.socket]] = []
        self._thread: Final = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join()
        for line in self._held:
            line.close()

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self._listening.accept()
            except OSError:
                return
            words = line.recv(_LINE).decode().split()
            answer = self._of_reader(words) if words[:1] == ["control"] else self._of_finger(words)
            line.sendall(f"{answer}\n".encode())
            if answer == "nothing":
                self._held.append(line)  # the driver waits on, for a key or for the card to leave
                self.is_waiting.set()
            else:
                line.close()

    def _of_reader(self, words: list[str]) -> str:
        told = self.told.get(int(words[1], 16))
        return "refuse" if told is None else f"bytes {told.hex()}"

    def _of_finger(self, words: list[str]) -> str:
        timeout, language, shortest, longest, messages, confirm, _ends_by = map(int, words[1:])
        asked = Asked(timeout, language, shortest, longest, messages, confirm if words[0] == "modify" else None)
        will = bool(self.finger.will)
        pressed = self.finger.press(asked)
        if not will:
            return "nothing"
        if isinstance(pressed, bytes):
            return f"answer {pressed.hex()}"
        return "enter " + " ".join(pin.decode() for pin in pressed)
