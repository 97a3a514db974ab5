# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Searches memory, disk, clipboard and paper for canaries, in every spelling in which they may lie there."""

import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from runpy import run_path
from types import SimpleNamespace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.journeys import canaries
else:
    # Tests are no package (style rule 26).
    canaries = SimpleNamespace(**run_path(str(Path(__file__).with_name("canaries.py"))))

_MAPPING = re.compile(r"(?P<first>[0-9a-f]+)-(?P<last>[0-9a-f]+) (?P<rights>\S+) \S+ \S+ (?P<inode>\d+) *(?P<name>.*)")
_GREP = ("grep", "--text", "--only-matching", "--fixed-strings", "--file")
_LEAST_BYTES = 8
"""A piece of a secret of so many bytes stands nowhere by chance."""


@dataclass
class Search:
    """Looks for canaries in many bytes at once; grep, so that no canary stands in this process' memory for long."""

    directory: Path
    texts: tuple[str, ...]
    number: str = ""
    """A short one, which counts where it stands alone."""
    known: dict[bytes, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Note every spelling of every canary, as far as it holds no zero byte: those are taken out of what is read."""
        for canary in self.texts:
            self.add(canary)
        if number := self.number:
            self.known |= {
                each: number for each in canaries.spellings(number) if each.replace(b"\0", b"") != number.encode()
            }
        self._write()

    def add(self, canary: str) -> None:
        """Look for one more."""
        for spelling in (*canaries.spellings(canary), *(each.encode("latin-1", "ignore") for each in cases(canary))):
            self.known[spelling.replace(b"\0", b"")] = canary
        self._write()

    def add_secret(self, name: str, secret: bytes) -> None:
        """Look for a secret number under ``name``: its bytes from either end, its digits, and as Python keeps it."""
        number = int.from_bytes(secret, "big")
        digits = [(number >> bit) & ((1 << 30) - 1) for bit in range(0, number.bit_length(), 30)]
        kept = b"".join(digit.to_bytes(4, "little") for digit in digits)
        for raw in (secret, secret[::-1], kept):
            # What is searched is split at these two bytes.
            pieces = re.split(rb"[\0\n]", raw)
            self.known |= {piece: name for piece in pieces if len(piece) >= _LEAST_BYTES}
        for text in (str(number), secret.hex(), secret[::-1].hex()):
            self.known |= {spelling.replace(b"\0", b""): name for spelling in canaries.spellings(text)}
        self.known |= dict.fromkeys(canaries.encodings(secret), name)
        self._write()

    def _write(self) -> None:
        (self.directory / "spellings").write_bytes(b"".join(each + b"\n" for each in self.known))

    def found(self, pieces: Iterable[bytes]) -> set[str]:
        """Return the canaries in some bytes, in any encoding of Python's or Qt's text."""
        pieces = list(pieces)
        stands = self.number and any(stands_alone(self.number.encode(), each) for each in pieces)
        return ({self.number} if stands else set()) | self._found_texts(pieces)

    def _found_texts(self, pieces: Iterable[bytes]) -> set[str]:
        command = [*_GREP, str(self.directory / "spellings")]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, "LC_ALL": "C"}
        ) as grep:
            everything = b"\n".join(each for piece in pieces for each in (piece, piece.replace(b"\0", b"")))
            lines, _none = grep.communicate(everything)
        assert grep.returncode in {0, 1}
        return {self.known[line] for line in lines.split(b"\n") if line}


def stands_alone(digits: bytes, piece: bytes) -> bool:
    """Whether digits stand in some bytes, as one byte or two each, and are not a part of a longer number."""
    for text, width in ((digits, 1), (digits.decode().encode("utf-16-le"), 2)):
        place = piece.find(text)
        while place >= 0:
            around = piece[max(0, place - width) : place] + piece[place + len(text) : place + len(text) + width]
            if not any(byte in b"0123456789abcdefABCDEF" for byte in around):
                return True
            place = piece.find(text, place + 1)
    return False


def cases(text: str) -> set[str]:
    return {text, text.lower(), text.upper(), text.title()}


def memory(pid: int) -> Iterator[bytes]:
    """Yield everything that a process can read and that is not merely a file's content."""
    with (Path("/proc") / str(pid) / "mem").open("rb", buffering=0) as memory:
        for line in (Path("/proc") / str(pid) / "maps").read_text().splitlines():
            mapping = _MAPPING.fullmatch(line)
            assert mapping is not None, line
            is_files = mapping["inode"] != "0" and "w" not in mapping["rights"]
            if "r" not in mapping["rights"] or is_files or mapping["name"] in {"[vvar]", "[vsyscall]", "[vdso]"}:
                continue
            first, last = int(mapping["first"], 16), int(mapping["last"], 16)
            memory.seek(first)
            yield read_all(memory.fileno(), last - first)


def read_all(descriptor: int, size: int) -> bytes:
    pieces = []
    while size > 0:
        try:
            piece = os.read(descriptor, size)
        except OSError:  # a guard page of a device's mapping
            break
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


_PAGE = 4096
_ALIGNED = 16
"""Where Python's allocator puts things."""
_FEWEST_DIFFERENT = 25
"""Of 32 random bytes; words and numbers in digits have fewer."""


def may_be_secrets(blocks: Iterable[bytes], size: int) -> set[bytes]:
    """Return everything of this size in some memory that looks random and lies where Python puts the start of bytes."""
    found = set()
    for block in blocks:
        for page in range(0, len(block), _PAGE):
            if block.count(0, page, page + _PAGE) == _PAGE:
                continue
            for start in range(page, page + _PAGE, _ALIGNED):
                piece = block[start : start + size]
                if len(set(piece)) >= _FEWEST_DIFFERENT and len(piece) == size:
                    found.add(piece)
    return found


def numbers_of_python(blocks: Iterable[bytes], size: int) -> set[int]:
    """Return every number in some memory that Python keeps and that has about this size in bytes."""
    count = -(-size * 8 // 30)
    marker = count.to_bytes(8, "little")
    found = set()
    for block in blocks:
        place = block.find(marker)
        while place >= 0:
            if place % 8 == 0:
                digits = [
                    int.from_bytes(block[start : start + 4], "little")
                    for start in range(place + 8, place + 8 + 4 * count, 4)
                ]
                if all(digit < 1 << 30 for digit in digits) and digits[-1]:
                    found.add(sum(digit << (30 * index) for index, digit in enumerate(digits)))
            place = block.find(marker, place + 1)
    return found


def family(pid: int) -> list[int]:
    """Return a process and all that descend from it."""
    found = [pid]
    for each in found:
        for children in Path(f"/proc/{each}/task").glob("*/children"):
            found += [int(child) for child in children.read_text().split()]
    return found


def command_of(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()[:90]


CLIPBOARD = """
import sys
from PySide6.QtGui import QClipboard, QGuiApplication
app = QGuiApplication([])
for mode in (QClipboard.Mode.Clipboard, QClipboard.Mode.Selection):
    if len(sys.argv) > 1:
        app.clipboard().setText(sys.argv[1], mode)
    sys.stdout.write(app.clipboard().text(mode) + "\\n")
    sys.stdout.flush()
if len(sys.argv) > 1:
    app.exec()
"""


def clipboard() -> bytes:
    """Return what another program would paste: the selections of the X server."""
    done = subprocess.run([sys.executable, "-c", CLIPBOARD], capture_output=True, check=True, timeout=60)
    return done.stdout


def qr_content(picture: bytes, directory: Path) -> str:
    """Return the text of the receipt's QR code, as the person's telephone reads it."""
    (directory / "receipt.png").write_bytes(picture)
    command = ["zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", str(directory / "receipt.png")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def files(directory: Path) -> Iterator[bytes]:
    """Yield the name and the content of every file."""
    for path in directory.rglob("*"):
        yield path.name.encode()
        if path.is_file():
            yield path.read_bytes()


def contents(printed: Path) -> bytes:
    """Return all that stands in a PDF: its words, and the file with no stream compressed."""
    words = subprocess.run(["pdftotext", "-layout", str(printed), "-"], capture_output=True, check=True).stdout
    command = ["qpdf", "--stream-data=uncompress", "--object-streams=disable", str(printed), "-"]
    return words + subprocess.run(command, capture_output=True, check=True).stdout


def pieces_left(printed: bytes, pid: int) -> list[int]:
    """Return where pieces of a document begin that stand in a process' memory."""
    starts = range(0, len(printed) - 64, len(printed) // 16)
    blocks = list(memory(pid))
    return [start for start in starts if any(printed[start : start + 64] in block for block in blocks)]
