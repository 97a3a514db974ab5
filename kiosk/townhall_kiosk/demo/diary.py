# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the demo tells while it plays, and the pictures that it keeps."""

import sys
import time
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(slots=True)
class Diary:
    """What happened and how long each step took, for the terminal and ``summary.txt``."""

    lines: list[str] = field(default_factory=list)
    _began: float = field(default_factory=time.monotonic)
    _last: float = field(default_factory=time.monotonic)

    def note(self, text: str) -> None:
        """Write one line with the time since the line before."""
        now = time.monotonic()
        line = f"{now - self._began:7.2f} s  (+{now - self._last:5.2f} s)  {text}"
        self._last = now
        self._write(line)

    def chapter(self, title: str) -> None:
        """Begin a new part of the story."""
        self._write(f"\n{title}")

    def _write(self, line: str) -> None:
        self.lines.append(line)
        sys.stdout.write(line + "\n")
        sys.stdout.flush()

    def save(self, path: Path) -> None:
        """Write all lines to ``path``."""
        path.write_text("\n".join(self.lines).lstrip("\n") + "\n")


class Album:
    """Pictures of the screens, numbered in the order of the story."""

    def __init__(self, directory: Path) -> None:
        """Use ``directory``, made anew."""
        self._directory = directory
        self._count = 0
        directory.mkdir(parents=True)

    def add(self, name: str, png: bytes) -> None:
        """Keep one picture."""
        self._count += 1
        (self._directory / f"{self._count:02d}-{name}.png").write_bytes(png)
