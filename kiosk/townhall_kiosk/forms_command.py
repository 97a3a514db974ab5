# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The commands ``townhall forms check`` and ``townhall forms try``, for authors of forms."""

import argparse
import contextlib
import json
import sys
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from townhall_forms.check import Refusal, Runs


def add_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``forms`` to the commands."""
    forms = commands.add_parser("forms", help="check and try forms, XLSForm or XForm").add_subparsers(required=True)
    check = forms.add_parser("check", help="say whether forms run, what is wrong where, and what could be better")
    check.add_argument("files", type=Path, nargs="+", metavar="FILE")
    check.add_argument("--json", action="store_true", help="one JSON object a file and line, and nothing else")
    check.set_defaults(run=_check)
    trying = forms.add_parser("try", help="walk through a form in the terminal")
    trying.add_argument("file", type=Path, metavar="FILE")
    trying.add_argument("--language", default="", help="one of the form's; default: the form's own default")
    trying.set_defaults(run=_try)


def _check(options: argparse.Namespace) -> int:
    from townhall_forms.check import Refusal, check_file  # noqa: PLC0415  # other commands read no forms

    has_refused = False
    for path in options.files:
        with contextlib.redirect_stdout(sys.stderr):  # whatever a converter says is no part of the verdict
            found = check_file(path)
        has_refused |= isinstance(found, Refusal)
        lines = [_json(path, found)] if options.json else _lines(path, found)
        sys.stdout.write("".join(f"{line}\n" for line in lines))
        sys.stdout.flush()
    return int(has_refused)


def _json(path: Path, found: "Runs | Refusal") -> str:
    from townhall_forms.check import Refusal  # noqa: PLC0415  # see _check

    is_refused = isinstance(found, Refusal)
    return json.dumps(
        {
            "file": str(path),
            "verdict": "refused" if is_refused else "ok",
            "error_class": found.cause.value if isinstance(found, Refusal) else None,
            "place": found.place if isinstance(found, Refusal) else None,
            "message": found.message if isinstance(found, Refusal) else None,
        },
        ensure_ascii=False,
    )


def _lines(path: Path, found: "Runs | Refusal") -> Iterable[str]:
    from townhall_forms.check import Refusal  # noqa: PLC0415  # see _check

    if isinstance(found, Refusal):
        return [
            f"{path}: refused, {found.cause.value}" + (f", {found.place}" if found.place else ""),
            f"  {found.message}",
        ]
    return [f"{path}: ok, {found.statistics}", *(f"  {line}" for line in found.advice)]


def _try(options: argparse.Namespace) -> int:
    from townhall_forms.check import read_form  # noqa: PLC0415  # see _check
    from townhall_forms.session import FormSession  # noqa: PLC0415
    from townhall_forms.trial import Trial  # noqa: PLC0415

    form = read_form(options.file)
    now = datetime.now().astimezone()
    session = FormSession(form, language=options.language or form.default_language or "en", now=now, prefill={})
    instance = Trial(session, input, print).walk()
    if instance is None:
        sys.stderr.write("\nThe answers ended before the form did.\n")
        return 1
    sys.stdout.write("\n" + instance.decode())
    return 0
