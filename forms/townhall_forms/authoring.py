# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Turns an XLSForm into the XForm that kiosks run. Needs the extra ``townhall[authoring]``; no kiosk has it."""

import warnings
from collections import Counter
from pathlib import Path

from pyxform.errors import PyXFormError
from pyxform.xls2json_backends import get_xlsform
from pyxform.xls2xform import convert

from townhall_forms.errors import FormRefusedError, XlsFormRefusedError
from townhall_forms.form import load_form
from townhall_forms.resources import FolderResources

SUFFIXES = frozenset({".md", ".xlsx", ".xls", ".csv"})

# The converter meets broken spreadsheets with whatever its parsing runs into.
_TROUBLE = (PyXFormError, OSError, ValueError, KeyError, AttributeError, TypeError, IndexError)
_FIRST_ROW = 2  # under the names of the columns


def import_xlsform(path: Path) -> bytes:
    """Return the XForm of an XLSForm (Markdown tables, XLSX, XLS or CSV), checked by loading it.

    Raises:
        XlsFormRefusedError: the file is no XLSForm; the text names sheet and row as far as the converter does.
        FormRefusedError: it is one, but this engine does not run it; the place names the row where it is known.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise XlsFormRefusedError(f"{path.name}: not one of {', '.join(sorted(SUFFIXES))}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # spreadsheet features that are about looks only
            converted = convert(xlsform=path, validate=False, pretty_print=True)
    except _TROUBLE as exc:
        raise XlsFormRefusedError(f"{path.name}: {exc}") from exc
    xml = str(converted.xform).encode()
    try:
        load_form(xml, FolderResources(path.parent))
    except FormRefusedError as exc:
        row = _row_of(path, exc.place)
        if row is None:
            raise
        raise FormRefusedError(exc.cause, exc.detail, f"survey row {row}, {exc.place}") from exc
    return xml if xml.endswith(b"\n") else xml + b"\n"


def _row_of(path: Path, place: str) -> int | None:
    """Return the row of the sheet `survey` whose question stands at a path of the form, if one row alone has it."""
    name = place.rpartition("/")[2]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        rows = get_xlsform(path).survey
    names = [str(row.get("name", "")) for row in rows]
    return names.index(name) + _FIRST_ROW if place.startswith("/") and Counter(names)[name] == 1 else None
