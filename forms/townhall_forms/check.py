# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Judges the file of a form for its author: does the engine run it, and if not, what is wrong where?"""

import re
from dataclasses import dataclass
from pathlib import Path

from townhall_forms.advice import Statistics, advice, statistics
from townhall_forms.errors import FormRefusedError, RefusalCause, XlsFormRefusedError
from townhall_forms.form import MAX_FORM_BYTES, Form, load_form
from townhall_forms.resources import FolderResources

SPREADSHEETS = frozenset({".md", ".xlsx", ".xls", ".csv"})


_LINE = re.compile(r"line [0-9]+")
# How the converter names the place, and a reference to a question that is not there.
_ROW = re.compile(r"\[row : ([0-9]+)\](?: On the '([a-z]+)' sheet)?")
_NO_SUCH_NAME = re.compile(r"Could not find the name|no survey element named")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a file is refused; ``place`` is a path of the form, a row, or a file beside it."""

    cause: RefusalCause
    place: str
    message: str


@dataclass(frozen=True, slots=True)
class Runs:
    """A form that runs."""

    form: Form
    statistics: Statistics
    advice: tuple[str, ...]


def read_form(path: Path) -> Form:
    """Read the form in a file, XLSForm or XForm, with the files beside it.

    Raises:
        FormRefusedError: it does not run, or cannot be read.
        XlsFormRefusedError: it is a spreadsheet, but no XLSForm.
    """
    try:
        if path.suffix.lower() in SPREADSHEETS:
            path.stat()
            return load_form(_convert(path), FolderResources(path.parent))
        with path.open("rb") as file:
            xml = file.read(MAX_FORM_BYTES + 1)
    except OSError as exc:
        raise FormRefusedError(RefusalCause.MISSING_RESOURCE, exc.strerror or "not readable", path.name) from exc
    return load_form(xml, FolderResources(path.parent))


def _convert(path: Path) -> bytes:
    try:
        from townhall_forms.authoring import import_xlsform  # noqa: PLC0415  # an extra of its own
    except ModuleNotFoundError as exc:
        raise XlsFormRefusedError(f"{path.name}: spreadsheets need the extra townhall[authoring]") from exc
    return import_xlsform(path)


def check_file(path: Path) -> Runs | Refusal:
    """Judge one file."""
    try:
        form = read_form(path)
    except XlsFormRefusedError as exc:
        return _spreadsheet_refusal(str(exc), path)
    except FormRefusedError as exc:
        line = _LINE.search(exc.detail)
        return Refusal(exc.cause, exc.place or (line[0] if line else path.name), exc.detail)
    return Runs(form, statistics(form), advice(form, FolderResources(path.parent)))


def _spreadsheet_refusal(message: str, path: Path) -> Refusal:
    row = _ROW.search(message)
    place = path.name if row is None else f"{row[2] or 'survey'} row {row[1]}"
    cause = RefusalCause.BAD_REFERENCE if _NO_SUCH_NAME.search(message) else RefusalCause.NOT_XLSFORM
    return Refusal(cause, place, message)
