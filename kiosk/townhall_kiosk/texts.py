# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Every text that a person reads, by its id, in the languages of the kiosk.

Catalogues are gettext files kept with Babel, one a language: ``locale/<language>/townhall.po``. A message id names a
place and a meaning (``pin.wrong``); no English sentence stands in the code.
"""

import gettext
import io
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from babel import Locale
from babel.dates import format_date
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_currency

from townhall_forms.moments import shown_moment
from townhall_forms.page_words import page_catalog
from townhall_kiosk.errors import ConfigurationError

_DIRECTORY = Path(__file__).parent / "locale"


def load_catalog(language: str) -> Catalog:
    """Read the catalogue of ``language`` (BCP 47), and the words of the signed page, which the agency has as well.

    Raises:
        ConfigurationError: this kiosk has no such language.
    """
    if language not in {folder.name for folder in _DIRECTORY.iterdir()}:
        raise ConfigurationError(f"no texts in language {language!r}")
    with (_DIRECTORY / language / "townhall.po").open("rb") as file:
        catalog = read_po(file, locale=Locale.parse(language, sep="-"), abort_invalid=True)
    for message in page_catalog(language):
        if message.id:
            catalog[message.id] = message
    return catalog


class Texts:
    """The texts of one language."""

    def __init__(self, language: str, catalog: Catalog | None = None) -> None:
        """Load the kiosk's own texts, unless ``catalog`` has others; see ``load_catalog`` for what is raised."""
        compiled = io.BytesIO()
        write_mo(compiled, load_catalog(language) if catalog is None else catalog)
        compiled.seek(0)
        self.language = language
        self.locale = Locale.parse(language, sep="-")
        self._translations = gettext.GNUTranslations(compiled)

    def __call__(self, text_id: str, **facts: str | int) -> str:
        """Return the text, with ``{facts}`` filled in.

        Raises:
            ConfigurationError: the catalogue lacks the text.
        """
        return self._found(text_id, self._translations.gettext(text_id)).format(**facts)

    def pattern(self, text_id: str) -> str:
        """Return the text with its ``{facts}`` left open; raises as a call does."""
        return self._found(text_id, self._translations.gettext(text_id))

    def counted(self, text_id: str, count: int, **facts: str | int) -> str:
        """Return the text in the plural form that ``count`` asks for, with ``{count}`` and ``{facts}`` filled in."""
        text = self._translations.ngettext(text_id, text_id, count)
        return self._found(text_id, text).format(count=count, **facts)

    def date_time(self, moment: datetime) -> str:
        """Return a date and time as people of this language write it, to the minute."""
        return shown_moment(moment, self.locale)

    def date(self, day: date) -> str:
        """Return a day as people of this language write it."""
        return format_date(day, format="long", locale=self.locale)

    def money(self, amount: Decimal, currency: str) -> str:
        """Return an amount as people of this language write it; ``currency`` is a code of ISO 4217."""
        return format_currency(amount, currency, locale=self.locale)

    @property
    def is_right_to_left(self) -> bool:
        """Whether lines start on the right."""
        return self.locale.text_direction == "rtl"

    def _found(self, text_id: str, text: str) -> str:
        if text == text_id:  # gettext's answer for "no such text"
            raise ConfigurationError(f"no text {text_id!r}")
        return text


def load_texts(languages: tuple[str, ...]) -> Mapping[str, Texts]:
    """Load the texts of all ``languages``, the kiosk's default first."""
    return {language: Texts(language) for language in languages}
