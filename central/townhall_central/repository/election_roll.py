# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Reads the list of voters that a roll is made of, a CSV; a fault is told by its line, and names nobody."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from townhall_central.errors import ElectionFileError
from townhall_voting.package.contests import Id
from townhall_voting.package.roll import Voter

COLUMNS: Final = ("country", "personal_code", "district")
_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_CODE: Final = re.compile(r"[0-9A-Za-z./+-]{1,64}")  # as certificates spell it


def read_voters(path: Path) -> Iterator[tuple[Voter, Id]]:
    """Return each voter with their district, in the file's order.

    Raises:
        ElectionFileError: the file cannot be read, or a line is not as it must be.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.reader(file, strict=True)
            if tuple(next(lines, [])) != COLUMNS:
                raise ElectionFileError(f"{path.name}, line 1: the columns must be {','.join(COLUMNS)}")
            for line in lines:
                yield _voter(path.name, lines.line_num, line)
    except (OSError, UnicodeDecodeError, csv.Error) as exc:
        # Other errors of reading quote the line.
        reason = exc.strerror if isinstance(exc, OSError) else "no CSV in UTF-8"
        raise ElectionFileError(f"{path.name}: {reason}") from None


def _voter(name: str, number: int, line: list[str]) -> tuple[Voter, Id]:
    if len(line) != len(COLUMNS):
        raise ElectionFileError(f"{name}, line {number}: {len(line)} columns")
    country, code, district = line
    if not _COUNTRY.fullmatch(country):
        raise ElectionFileError(f"{name}, line {number}: country must be two capital letters")
    if not _CODE.fullmatch(code):
        raise ElectionFileError(f"{name}, line {number}: no personal code as certificates have it")
    return Voter(country, code), district
