# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""``townhall verify RECORD``: what it reads, what it writes, and how it ends (docs/auditor.md)."""

import argparse
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from townhall_kiosk.errors import ConfigurationError
from townhall_kiosk.verify.words import LANGUAGES

if TYPE_CHECKING:
    from townhall_kiosk.verify.pages import Pages
    from townhall_kiosk.verify.run import Published

_SPACES: Final = "\u00a0\u202f"  # French puts them before a colon
EXIT_STATUS: Final = {"complete": 0, "good-so-far": 3, "refused": 4}
"""1 is for what could not be verified: no such file, a process that died."""


def add_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the parser of ``townhall``."""
    verify = commands.add_parser("verify", help="verify the record of an election")
    verify.add_argument("record", type=Path, help="the archive, <uuid>.bel")
    beside = verify.add_mutually_exclusive_group()
    beside.add_argument(
        "--side-cars", type=Path, metavar="FOLDER", help="the shares' strong proofs; default: beside it"
    )
    beside.add_argument("--without-side-cars", action="store_true", help="a record of other programs has none")
    verify.add_argument("--published", type=Path, metavar="FOLDER", help="the ballot box's log and rejected list")
    verify.add_argument("--log-key", metavar="KEY", help="verifier key of the log: name+id+base64")
    verify.add_argument("--box-key", type=Path, metavar="FILE", help="the ballot box's board.pub, or its certificate")
    verify.add_argument(
        "--board-key", type=Path, metavar="FILE", help="the eligibility board's: compares accepted.json as well"
    )
    verify.add_argument("--remember", type=Path, metavar="FILE", help="check only what is new since the last time")
    verify.add_argument("--processes", type=_count, default=len(os.sched_getaffinity(0)), help="default: one a core")
    verify.add_argument("--report", type=Path, metavar="FOLDER", help="write the report as HTML, PDF and JSON")
    verify.add_argument("--language", default="en", choices=LANGUAGES)
    verify.add_argument("--json", action="store_true", help="the report for programs on standard output")
    verify.set_defaults(run=_verify)


def _verify(options: argparse.Namespace) -> int:
    from townhall_kiosk.verify.pages import pages_of  # noqa: PLC0415  # other commands need none of this
    from townhall_kiosk.verify.run import Request, verify_file  # noqa: PLC0415  # as above
    from townhall_kiosk.verify.words import load_words  # noqa: PLC0415  # as above

    side_cars = None if options.without_side_cars else options.side_cars or options.record.parent
    request = Request(options.record, side_cars, _published(options), options.remember, options.processes)
    report = verify_file(request)
    pages = pages_of(report, options.record.name, datetime.now(UTC), load_words(options.language))
    if options.report is not None:
        _write_reports(options.report, options.record.stem, pages)
    if options.json:
        sys.stdout.write(pages.content.decode() + "\n")
    else:
        for table in pages.tables:
            lines = (f"  {_shown(line.label)}: {_shown(line.shown)}\n" for line in table.lines)
            sys.stdout.write(f"{_shown(table.title)}\n" + "".join(lines))
    return EXIT_STATUS[report.outcome]


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("a number from 1 on")
    return int(text)


def _shown(text: str) -> str:
    """Return ``text`` without anything that a terminal obeys: an election's words are a stranger's."""
    return "".join(each if each.isprintable() or each in _SPACES else "\ufffd" for each in text)


def _published(options: argparse.Namespace) -> "Published | None":
    from townhall_kiosk.verify.run import Published  # noqa: PLC0415  # see _verify

    given = (options.published, options.log_key, options.box_key)
    if given == (None, None, None) and options.board_key is None:
        return None
    if None in given:
        raise ConfigurationError("--published, --log-key and --box-key go together, and --board-key only with them")
    return Published(*given, options.board_key)


def _write_reports(folder: Path, name: str, pages: "Pages") -> None:
    from townhall_kiosk.verify.html_page import html_page  # noqa: PLC0415  # see _verify
    from townhall_kiosk.verify.pdf_pages import pdf_pages  # noqa: PLC0415  # a terminal needs no typesetter

    files = {"html": html_page(pages), "pdf": pdf_pages(pages), "json": pages.content}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for suffix, data in files.items():
            (folder / f"{name}.verification.{suffix}").write_bytes(data)
    except OSError as error:
        raise ConfigurationError(f"{error.filename}: {error.strerror}") from error
