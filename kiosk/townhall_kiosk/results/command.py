# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""``townhall results``: everything verified, then written for people and for other programs (docs/administrator.md)."""

import argparse
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from townhall_kiosk.errors import ConfigurationError
from townhall_kiosk.results.words import LANGUAGES, load_words

if TYPE_CHECKING:
    from townhall_kiosk.results.gathering import Sources
    from townhall_kiosk.results.seal import Seal
    from townhall_voting.exports.outcome import Outcome

_STANDINGS = ("unofficial-complete", "certified", "recount", "correction")


def add_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the parser of ``townhall``."""
    results = commands.add_parser("results", help="write an election's results: PDF, CSV, NIST formats")
    results.add_argument("package", type=Path, help="the election package's folder")
    results.add_argument("--content", type=Path, required=True, help="what is published: staff/ and trust/")
    results.add_argument("--record", type=Path, action="append", required=True, help="<uuid>.bel; one a ballot style")
    results.add_argument("--side-cars", type=Path, metavar="FOLDER", help="default: beside each record")
    results.add_argument("--eligibility", type=Path, required=True, help="the eligibility board's signed report")
    results.add_argument("--board-key", type=Path, required=True, help="that board's certificate, DER or PEM")
    results.add_argument("--issuer", required=True, help="who issues the results: the town's name")
    results.add_argument("--standing", choices=_STANDINGS, default=_STANDINGS[0])
    results.add_argument("--seal", type=Path, metavar="FILE", help="seal certificate and its chain, PEM")
    results.add_argument("--seal-key", type=Path, metavar="FILE", help="its key, PEM")
    results.add_argument("--seal-passphrase", type=Path, metavar="FILE", help="of the key, where it has one")
    results.add_argument("--processes", type=int, default=len(os.sched_getaffinity(0)), help="default: one a core")
    results.add_argument("folder", type=Path, help="where to write; it must not exist")
    results.set_defaults(run=_results)


def add_events_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``townhall events`` to the parser of ``townhall``."""
    events = commands.add_parser("events", help="write a stopped kiosk's audit trail as a NIST Election Event Log")
    events.add_argument("journal", type=Path, help="the journal's folder of the kiosk's home, or a copy of it")
    events.add_argument("--kiosk", required=True, help="the kiosk's name")
    events.add_argument("--certificate", type=Path, required=True, help="the kiosk's certificate, DER or PEM")
    events.add_argument("--election", required=True, metavar="ID", help="the election package's id")
    events.add_argument("--role", choices=("booth", "desk", "single"), help="what the kiosk was in that election")
    events.set_defaults(run=_events)


def _events(options: argparse.Namespace) -> int:
    from townhall_kiosk.results.events import read_device  # noqa: PLC0415  # see _results
    from townhall_kiosk.verify.run import public_key_in  # noqa: PLC0415  # see _results
    from townhall_voting.exports.event_log import write_event_log  # noqa: PLC0415  # see _results
    from townhall_voting.package.definition import DeviceRole  # noqa: PLC0415  # see _results

    role = None if options.role is None else DeviceRole(options.role)
    try:
        key = public_key_in(options.certificate)
    except OSError as error:
        raise ConfigurationError(f"{error.filename}: {error.strerror}") from error
    device = read_device(options.journal, options.kiosk, key, role)
    sys.stdout.buffer.write(write_event_log([device], options.election, datetime.now(UTC)))
    return 0


def _results(options: argparse.Namespace) -> int:
    from townhall_kiosk.results.gathering import gather  # noqa: PLC0415  # other commands need none of this

    now = datetime.now(UTC)
    seal = _seal(options)
    outcome = gather(_sources(options), now)
    files = _files(options, outcome, now, seal)
    try:
        options.folder.mkdir(parents=True)
        for name, content in files.items():
            (options.folder / name).write_bytes(content)
    except OSError as error:
        raise ConfigurationError(f"{error.filename}: {error.strerror}") from error
    sys.stdout.write("".join(f"{options.folder / name}\n" for name in files))
    return 0


def _sources(options: argparse.Namespace) -> "Sources":
    from townhall_kiosk.results.gathering import Sources  # noqa: PLC0415  # see _results

    return Sources(
        options.package,
        options.content,
        tuple(options.record),
        options.side_cars,
        options.eligibility,
        options.board_key,
        options.processes,
    )


def _seal(options: argparse.Namespace) -> "Seal | None":
    from townhall_kiosk.results.seal import Seal  # noqa: PLC0415  # see _results

    if (options.seal is None) != (options.seal_key is None):
        raise ConfigurationError("--seal and --seal-key go together")
    return None if options.seal is None else Seal.load(options.seal, options.seal_key, options.seal_passphrase)


def _files(options: argparse.Namespace, outcome: "Outcome", now: datetime, seal: "Seal | None") -> dict[str, bytes]:
    """Return everything that is written, by name."""
    from townhall_voting.exports.ballot_definition import write_ballot_definition  # noqa: PLC0415  # see _results
    from townhall_voting.exports.cast_votes import write_cast_votes  # noqa: PLC0415  # see _results
    from townhall_voting.exports.cdf import Issue  # noqa: PLC0415  # see _results
    from townhall_voting.exports.results_report import Standing, write_results_report  # noqa: PLC0415  # see _results
    from townhall_voting.exports.spreadsheet import (  # noqa: PLC0415  # see _results
        write_elected,
        write_places,
        write_votes,
    )

    issue = Issue(options.issuer, now)
    report = write_results_report(outcome, issue, Standing(options.standing))
    files = {
        "results.json": report,
        "ballot-definition.json": write_ballot_definition(outcome.definition, issue),
        "votes.csv": write_votes(outcome),
        "places.csv": write_places(outcome),
    }
    if any(contest.is_ranked for contest in outcome.definition.contests):
        files |= {"cast-votes.json": write_cast_votes(outcome, issue), "elected.csv": write_elected(outcome)}
    return files | _papers(options, outcome, report, now, seal)


def _papers(  # what a paper is made of, once
    options: argparse.Namespace, outcome: "Outcome", report: bytes, now: datetime, seal: "Seal | None"
) -> dict[str, bytes]:
    """Return the results on paper, in each language of the election that there are words for."""
    from townhall_fonts import FONT_DIRECTORY  # noqa: PLC0415  # see _results
    from townhall_forms.document import render_report  # noqa: PLC0415  # see _results
    from townhall_kiosk.results.gathering import package_sha256  # noqa: PLC0415  # see _results
    from townhall_kiosk.results.pages import Imprint, pages_of  # noqa: PLC0415  # see _results

    imprint = Imprint(options.issuer, now, package_sha256(options.package), report)
    papers = {}
    for language in (each for each in outcome.definition.languages if each in LANGUAGES):
        words = load_words(language)
        pdf = render_report(pages_of(outcome, imprint, words), FONT_DIRECTORY)
        papers[f"results.{language}.pdf"] = pdf if seal is None else seal.put_on(pdf, now, words("seal"))
    return papers
