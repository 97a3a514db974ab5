# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The words of the trustees' window: a catalogue of its own a language, beside what all windows say."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from babel import Locale
from babel.messages.pofile import read_po

from townhall_kiosk.texts import Texts

LANGUAGES: Final = ("en", "et", "fr", "ar")
LOCALE: Final = Path(__file__).parent / "locale"


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of one language: ``say`` has the trustees' own, ``common`` those of the kiosk (buttons, keys)."""

    language: str
    say: Texts
    common: Texts


def load_wording(language: str) -> Wording:
    """Return the words of one of ``LANGUAGES``.

    Raises:
        ConfigurationError: there is no such language.
    """
    common = Texts(language)
    with (LOCALE / language / "trustee.po").open("rb") as file:
        catalog = read_po(file, locale=Locale.parse(language, sep="-"), abort_invalid=True)
    return Wording(language, Texts(language, catalog), common)
