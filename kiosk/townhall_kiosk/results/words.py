# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The words of a results paper, in catalogues of their own: they are on no screen of a kiosk."""

from pathlib import Path
from typing import Final

from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from townhall_kiosk.texts import Texts

LANGUAGES: Final = ("en", "et", "fr", "ar")
_DIRECTORY: Final = Path(__file__).parent / "locale"


def load_words_catalog(language: str) -> Catalog:
    """Read the catalogue of one of LANGUAGES."""
    with (_DIRECTORY / f"{language}.po").open("rb") as file:
        return read_po(file, locale=Locale.parse(language), abort_invalid=True)


def load_words(language: str) -> Texts:
    """Return the texts of one of LANGUAGES."""
    return Texts(language, load_words_catalog(language))
