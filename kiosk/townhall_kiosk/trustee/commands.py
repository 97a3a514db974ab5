# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Commands of ``townhall trustee``: ceremony, copies and the drill; ``tally_commands`` has those that follow a vote."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Final

from townhall_kiosk.errors import ConfigurationError
from townhall_kiosk.trustee.tally_commands import add_log_keys, add_tally_commands, decryption_desk
from townhall_kiosk.trustee.terminal import asked_number, mixed_randomness, number, say, step_parser, typed

if TYPE_CHECKING:
    from townhall_kiosk.trustee.ceremony import CeremonyDesk

_EXIT_NOT_DONE: Final = 1
_DEFAULT_GROUP: Final = "BELENIOS-2048"


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``trustee`` to the parser of ``townhall``."""
    trustee = commands.add_parser("trustee", help="hold a part of an election's key").add_subparsers(
        required=True, metavar="STEP"
    )
    begin = step_parser(trustee, "begin", "take a place in a ceremony: make a key and put the certificate", _begin)
    begin.add_argument("--place", type=int, required=True, help="this trustee's number, from 1")
    begin.add_argument("--of", type=int, default=3, help="how many trustees there are (3)")
    begin.add_argument("--threshold", type=int, default=2, help="how many of them decrypt (2)")
    begin.add_argument("--group", default=_DEFAULT_GROUP, help="RFC-3526-2048 if the election has ranked questions")
    go_on = step_parser(trustee, "go-on", "do every step of the ceremony that can be done now", _go_on)
    go_on.add_argument("--agreed", metavar="WORDS", help="the words that all trustees read to one another")
    back_up = step_parser(trustee, "back-up", "copy the sealed key to another medium, and open the copy", _back_up)
    back_up.add_argument("--to", type=Path, required=True, metavar="DIRECTORY")
    drill = step_parser(trustee, "drill", "try whether a copy opens and is a key of these trustees", _drill)
    drill.add_argument("--copy", type=Path, required=True, metavar="FILE")
    restore = step_parser(trustee, "restore", "put a copy into an empty folder of a trustee", _restore)
    restore.add_argument("--copy", type=Path, required=True, metavar="FILE")
    add_tally_commands(trustee)
    window = step_parser(trustee, "window", "all steps in a window", _window)
    add_log_keys(window)
    window.add_argument("--copies", type=Path, metavar="DIRECTORY", help="the second stick, for the copy of the key")
    window.add_argument("--language", default="en", choices=("en", "et", "fr", "ar"))
    window.add_argument("--size", default="", metavar="WIDTHxHEIGHT", help="in pixels; default: the whole screen")
    window.add_argument("--ppi", type=float, default=0.0, help="pixels an inch of the screen; default: as it says")


def _begin(options: argparse.Namespace) -> int:
    from townhall_kiosk.trustee.key_number import new_number, shown  # noqa: PLC0415  # other commands need no groups
    from townhall_voting.schnorr_group import named_group  # noqa: PLC0415  # as above
    from townhall_voting.trustees.ceremony import Terms  # noqa: PLC0415  # as above

    desk = _desk(options)
    terms = Terms(named_group(options.group), options.of, options.threshold)
    drawn = new_number(desk.randomness)
    say(f"Your key number. Write it down now, on paper; it is shown once:\n\n    {shown(drawn)}\n")
    if asked_number() != drawn:
        say("That is another number. Nothing was made; begin again.")
        return _EXIT_NOT_DONE
    desk.begin(terms, options.place, drawn)
    say(f"You are trustee {options.place} of {options.of}. Pass the stick on.")
    return 0


def _go_on(options: argparse.Namespace) -> int:
    from townhall_kiosk.trustee.ceremony import CompareCeremony, Concluded  # noqa: PLC0415  # see _begin
    from townhall_kiosk.trustee.compared import as_words, is_same  # noqa: PLC0415  # as above
    from townhall_kiosk.trustee.exchange import Missing  # noqa: PLC0415  # as above

    desk, key_number = _desk(options), number()
    progress = desk.go_on(key_number)
    if isinstance(progress, CompareCeremony):
        say(f"All certificates are there. Read aloud, all of you:\n\n{as_words(progress.hash)}")
        if not is_same(progress.hash, options.agreed or typed("The words as another trustee reads them: ")):
            say("These are other words. Go on only when all trustees read the same.")
            return _EXIT_NOT_DONE
        progress = desk.go_on(key_number, progress.hash)
    match progress:
        case Missing(step, places):
            say(f"Waiting for the {step.value} of {', '.join(f'trustee {place}' for place in places)}.")
        case Concluded(seen, owner):
            say(f"The ceremony has ended; you are trustee {owner}. trustees.json, for all to read aloud:\n")
            say(as_words(seen))
        case CompareCeremony():
            return _EXIT_NOT_DONE
    return 0


def _back_up(options: argparse.Namespace) -> int:
    from townhall_kiosk.trustee.drill import try_copy  # noqa: PLC0415  # see _begin
    from townhall_kiosk.trustee.exchange import Exchange  # noqa: PLC0415  # as above
    from townhall_kiosk.trustee.home import TrusteeHome, back_up  # noqa: PLC0415  # as above

    copy = back_up(TrusteeHome(options.home), options.to)
    place = try_copy(copy, Exchange(options.folder), number())
    say(f"The copy opens and is the key of trustee {place}: {copy.name}")
    return 0


def _drill(options: argparse.Namespace) -> int:
    from townhall_kiosk.trustee.drill import try_copy  # noqa: PLC0415  # see _begin
    from townhall_kiosk.trustee.exchange import Exchange  # noqa: PLC0415  # as above

    place = try_copy(options.copy, Exchange(options.folder), number())
    say(f"The copy opens and is the key of trustee {place}.")
    return 0


def _restore(options: argparse.Namespace) -> int:
    from townhall_kiosk.trustee.home import TrusteeHome, restore  # noqa: PLC0415  # see _begin

    restore(TrusteeHome(options.home), options.copy)
    say("The key is here again. A restored key does not know which tallies were decrypted with it before: ask.")
    return 0


def _window(options: argparse.Namespace) -> int:
    from townhall_kiosk.trustee.app import run_window  # noqa: PLC0415  # other commands need no Qt
    from townhall_kiosk.trustee.sitting import Sitting  # noqa: PLC0415  # as above
    from townhall_kiosk.trustee.wording import load_wording  # noqa: PLC0415  # as above

    wording = load_wording(options.language)
    sitting = Sitting(_desk(options), decryption_desk(options), options.copies, wording)
    return run_window(sitting, _size(options.size), options.ppi)


def _size(text: str) -> tuple[int, int] | None:
    if not text:
        return None
    width, _, height = text.partition("x")
    if not (width.isdecimal() and height.isdecimal()):
        raise ConfigurationError("--size is WIDTHxHEIGHT")
    return int(width), int(height)


def _desk(options: argparse.Namespace) -> "CeremonyDesk":
    from townhall_kiosk.trustee.ceremony import CeremonyDesk  # noqa: PLC0415  # see _begin
    from townhall_kiosk.trustee.exchange import Exchange  # noqa: PLC0415  # as above
    from townhall_kiosk.trustee.home import TrusteeHome  # noqa: PLC0415  # as above

    return CeremonyDesk(TrusteeHome(options.home), Exchange(options.folder), mixed_randomness(options.tpm))
