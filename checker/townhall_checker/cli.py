# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The command ``townhall-check``: checks one ballot, or writes the page by which anybody checks theirs."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from townhall_checker.code import MAXIMUM_INPUT
from townhall_checker.election import MAXIMUM_BYTES, Election, read_election
from townhall_checker.errors import CheckerError, CodeUnreadableError, FileUnreadableError
from townhall_checker.page import page_of
from townhall_checker.verdict import Chosen, Confirmed, check

_CONFIRMED, _REFUSED, _NOT_COMPARED = 0, 1, 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0: the ballot is what the slip says, 1: refused, 3: right, but no slip was given."""
    options = _parser().parse_args(arguments)
    try:
        status: int = options.run(options)
    except CheckerError as refusal:
        if options.json:
            sys.stdout.write(json.dumps({"verdict": "refused", "code": refusal.code}) + "\n")
        else:
            sys.stderr.write(f"{refusal.code}: {_sentence(refusal)}\n")
        return _REFUSED
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="townhall-check", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    ballot = commands.add_parser("ballot", help="check the ballot whose code is read from standard input")
    ballot.add_argument("election", type=Path, help="election.json")
    ballot.add_argument("--slip", default="", help="from the slip: 43 characters, four words, or the text of its QR")
    ballot.add_argument("--json", action="store_true", help="answer for programs")
    ballot.set_defaults(run=_ballot)
    page = commands.add_parser("page", help="write check.html for one election")
    page.add_argument("election", type=Path, help="election.json")
    page.add_argument("output", type=Path, help="the page to write")
    page.set_defaults(run=_page, json=False)
    return parser


def _ballot(options: argparse.Namespace) -> int:
    election = read_election(_read(options.election))
    text = sys.stdin.buffer.read(MAXIMUM_INPUT + 1)
    try:
        confirmed = check(election, text.decode(), options.slip)
    except UnicodeDecodeError as exc:
        raise CodeUnreadableError from exc
    if options.json:
        sys.stdout.write(json.dumps(_facts(election, confirmed)) + "\n")
    else:
        _write_words(election, confirmed)
    return _CONFIRMED if confirmed.compares_slip else _NOT_COMPARED


def _page(options: argparse.Namespace) -> int:
    raw = _read(options.election)
    election = read_election(raw)
    try:
        options.output.write_text(page_of(raw), encoding="utf-8")
    except OSError as exc:
        raise FileUnreadableError(str(exc)) from exc
    sys.stdout.write(f"{election.name}\n{election.fingerprint}\n")
    return _CONFIRMED


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAXIMUM_BYTES + 2)
    except OSError as exc:
        raise FileUnreadableError(str(exc)) from exc


def _facts(election: Election, confirmed: Confirmed) -> dict[str, object]:
    return {
        "verdict": _verdict(confirmed),
        "election": {"name": election.name, "uuid": election.uuid, "fingerprint": election.fingerprint},
        "h": confirmed.h,
        "questions": [
            {
                "question": each.question,
                "answers": [list(answer) for answer in each.answers],
                "ranked": each.is_ranked,
                "blank": each.is_blank,
            }
            for each in confirmed.chosen
        ],
    }


def _verdict(confirmed: Confirmed) -> str:
    return "confirmed" if confirmed.compares_slip else "compare"


def _write_words(election: Election, confirmed: Confirmed) -> None:
    lines = [f"Election: {_printable(election.name)}", f"Fingerprint: {election.fingerprint}", ""]
    for each in confirmed.chosen:
        lines += [_printable(each.question), *(f"  {_printable(line)}" for line in _words(each))]
    lines += ["", f"h: {confirmed.h}"]
    if confirmed.compares_slip:
        lines += ["This ballot is what the slip says. It is void: it is never counted."]
    else:
        lines += ["This ballot is what the booth showed. Compare h with the slip. It is void: it is never counted."]
    sys.stdout.write("\n".join(lines) + "\n")


def _words(chosen: Chosen) -> list[str]:
    if chosen.is_ranked:
        return [f"{answer}: {number}" for answer, number in chosen.answers]
    if chosen.is_blank:
        return ["(blank vote)"]
    return [answer for answer, bit in chosen.answers if bit] or ["(no answer)"]


def _printable(text: str) -> str:
    """Texts of a file may not move a terminal's cursor."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)


def _sentence(refusal: CheckerError) -> str:
    return " ".join((type(refusal).__doc__ or "").split())
