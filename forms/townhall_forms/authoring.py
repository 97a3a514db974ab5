# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Turns an XLSForm into the XForm that kiosks run. Needs the extra ``townhall[authoring]``; no kiosk has it."""

import warnings
from pathlib import Path

from pyxform.errors import PyXFormError
from pyxform.xls2xform import convert

from townhall_forms.errors import XlsFormRefusedError
from townhall_forms.form import load_form

SUFFIXES = frozenset({".md", ".xlsx", ".xls", ".csv"})


def import_xlsform(path: Path) -> bytes:
    """Return the XForm of an XLSForm (Markdown tables, XLSX, XLS or CSV), checked by loading it.

    Raises:
        XlsFormRefusedError: the file is no XLSForm; the text names sheet and row as far as the converter does.
        FormRefusedError: it is one, but this engine does not run it.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise XlsFormRefusedError(f"{path.name}: not one of {', '.join(sorted(SUFFIXES))}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # spreadsheet features that are about looks only
            converted = convert(xlsform=path, validate=False, pretty_print=True)
    except (PyXFormError, OSError, ValueError, KeyError, AttributeError, TypeError) as exc:
        # The converter meets broken spreadsheets with whatever its parsing runs into.
        raise XlsFormRefusedError(f"{path.name}: {exc}") from exc
    xml = str(converted.xform).encode()
    load_form(xml)
    return xml if xml.endswith(b"\n") else xml + b"\n"
