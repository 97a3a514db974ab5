# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Commands of ``townhall trustee`` after a vote: look at the tally, shuffle, decrypt, count."""

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from townhall_kiosk.errors import ConfigurationError
from townhall_kiosk.trustee.terminal import mixed_randomness, number, say, step_parser, typed

if TYPE_CHECKING:
    from townhall_kiosk.trustee.decryption import DecryptionDesk, Examined
    from townhall_kiosk.verify.run import Published

_EXIT_NOT_DONE = 1
_MEGABYTE = 1024 * 1024


def add_tally_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the steps that follow a vote."""
    decrypt = step_parser(
        commands, "decrypt", "verify the record and decrypt this trustee's part of its tally", _decrypt
    )
    shuffle = step_parser(
        commands, "shuffle", "verify the record and shuffle its ranked ballots, for the next trustee", _shuffle
    )
    for parser in (shuffle, decrypt):
        parser.add_argument("--agreed", metavar="WORDS", help="the words that all trustees read to one another")
    for parser in (
        step_parser(commands, "look", "verify the record and show its tally; decrypts nothing", _look),
        shuffle,
        decrypt,
        step_parser(commands, "count", "put the shares in the folder together and complete the record", _count),
    ):
        parser.add_argument("--record", metavar="NAME", help="<uuid>.bel in the folder, if there are several")
        add_log_keys(parser)


def _look(options: argparse.Namespace) -> int:
    _examine(decryption_desk(options), options)
    return 0


def _shuffle(options: argparse.Namespace) -> int:
    from townhall_kiosk.trustee.shuffling import shuffle  # noqa: PLC0415  # other commands need no groups

    desk = decryption_desk(options)
    examined = _examine(desk, options)
    key_number = number()
    if not _is_agreed(examined, options):
        return _EXIT_NOT_DONE
    done = shuffle(desk, desk.exchange.record(options.record), examined, examined.hash, key_number)
    say(f"Shuffled as trustee {done.owner}; the record on the stick has it. Pass the stick on.")
    say(_still_to_shuffle(done.missing))
    return 0


def _decrypt(options: argparse.Namespace) -> int:
    from townhall_kiosk.trustee.decryption import check_shuffled  # noqa: PLC0415  # see _shuffle

    desk = decryption_desk(options)
    examined = _examine(desk, options)
    check_shuffled(examined.record.waiting)
    key_number = number()
    if not _is_agreed(examined, options):
        return _EXIT_NOT_DONE
    owner = desk.decrypt(examined, examined.hash, key_number)
    say(f"Decrypted as trustee {owner}. This key decrypts no other tally of this election. Pass the stick on.")
    return 0


def _count(options: argparse.Namespace) -> int:
    from townhall_kiosk.trustee.counting import count  # noqa: PLC0415  # see _shuffle

    desk = decryption_desk(options)
    examined = _examine(desk, options)
    counted = count(desk.home, desk.exchange, desk.exchange.record(options.record), examined)
    for each in counted.refused:
        say(f"Left out: {each}")
    say(f"The record is complete, by the shares of {', '.join(f'trustee {owner}' for owner in counted.used)}.")
    say(counted.result.data.decode())
    return 0


def _is_agreed(examined: "Examined", options: argparse.Namespace) -> bool:
    from townhall_kiosk.trustee.compared import is_same  # noqa: PLC0415  # see _shuffle

    if is_same(examined.hash, options.agreed or typed("The words as another trustee reads them: ")):
        return True
    say("These are other words. Nothing was done; find out why the tallies differ.")
    return False


def _still_to_shuffle(missing: int) -> str:
    return f"Trustees who still shuffle: {missing}." if missing else "All is shuffled; now decrypt."


def _examine(desk: "DecryptionDesk", options: argparse.Namespace) -> "Examined":
    from townhall_kiosk.trustee.compared import as_words, digit_lines  # noqa: PLC0415  # see _shuffle

    record = desk.exchange.record(options.record)
    examined = desk.examine(record, _Progress(record))
    tally = examined.record.tally
    say(f"{examined.record.election.name}\nRecord verified. Ballots: {tally.num_tallied} (at least {examined.minimum})")
    compared = "compared with" if examined.record.is_published else "NOT compared with"
    say(f"The record was {compared} what was published during the vote.")
    say("The tally, for all trustees to read aloud:\n")
    say(as_words(examined.hash))
    say("".join(f"    {line}\n" for line in digit_lines(examined.hash)))
    if examined.record.waiting.is_ranked:
        say(_still_to_shuffle(examined.record.waiting.missing_shuffles))
    return examined


def add_log_keys(parser: argparse.ArgumentParser) -> None:
    """Add the keys under which the record is compared with log.jsonl, checkpoint and rejected list in the folder."""
    parser.add_argument("--log-key", metavar="KEY", help="verifier key of the published log: name+id+base64")
    parser.add_argument("--box-key", type=Path, metavar="FILE", help="the ballot box's board.pub or certificate")
    parser.add_argument("--board-key", type=Path, metavar="FILE", help="the eligibility board's, for accepted.json")


def _published(options: argparse.Namespace) -> "Published | None":
    from townhall_kiosk.verify.run import Published  # noqa: PLC0415  # see _shuffle

    if options.log_key is None and options.box_key is None and options.board_key is None:
        if (options.folder / "log.jsonl").exists():
            raise ConfigurationError("the folder has a published log: give --log-key and --box-key to compare it")
        return None
    if options.log_key is None or options.box_key is None:
        raise ConfigurationError("--log-key and --box-key belong together, and --board-key only to them")
    return Published(options.folder, options.log_key, options.box_key, options.board_key)


class _Progress:
    """Says on a terminal how much of a record is verified."""

    def __init__(self, record: Path) -> None:
        self._total = record.stat().st_size
        self._told = 0

    def __call__(self, done: int) -> None:
        if sys.stderr.isatty() and done - self._told > _MEGABYTE:
            self._told = done
            sys.stderr.write(f"\rVerifying: {100 * done // max(self._total, 1)} %")
            sys.stderr.flush()


def decryption_desk(options: argparse.Namespace) -> "DecryptionDesk":
    """Return the desk of a trustee who decrypts."""
    from townhall_kiosk.trustee.decryption import DecryptionDesk  # noqa: PLC0415  # see _shuffle
    from townhall_kiosk.trustee.exchange import Exchange  # noqa: PLC0415  # as above
    from townhall_kiosk.trustee.home import TrusteeHome  # noqa: PLC0415  # as above
    from townhall_kiosk.trustee.record_check import StrictVerifier  # noqa: PLC0415  # as above

    verifier = StrictVerifier(len(os.sched_getaffinity(0)), _published(options))
    return DecryptionDesk(TrusteeHome(options.home), Exchange(options.folder), verifier, mixed_randomness(options.tpm))
