# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The words of a page that a person signs which are not the form's own: headings, the declaration, "made on".

They are gettext files, one a language, in ``locale/``. A town's published translations may say them in other words, or
in a language more; whoever sets a page takes both and gets the same words.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final, Self

from babel import Locale, UnknownLocaleError
from babel.messages.catalog import Catalog
from babel.messages.pofile import PoFileError, read_po

from townhall_forms.errors import WordsMissingError

_DIRECTORY: Final = Path(__file__).parent / "locale"


@dataclass(frozen=True, slots=True)
class PageWords:
    """Each field is one text; ``version``, ``page_of`` and the last two keep their ``{facts}`` to be filled in."""

    language: str  # BCP 47
    statement: str
    signer: str
    personal_code: str
    place: str
    made: str
    form: str
    version: str
    answers: str
    question: str
    answer: str
    signature: str
    attachment: str
    not_answered: str
    page_of: str
    from_register: str
    corrects: str

    @classmethod
    def of(cls, language: str, text: Callable[[str], str]) -> Self:
        """Take the words from whoever has the text of an id, facts not filled in."""
        words = (text(_id(each.name)) for each in fields(cls)[1:])
        return cls(language, *words)


_OTHERS: Final = {
    "not_answered": "review.not-answered",
    "page_of": "page.of",
    "from_register": "form.from-register",
    "corrects": "form.corrects",
}
"""Words that other screens say too."""


def _id(name: str) -> str:
    return _OTHERS.get(name) or f"document.{name.replace('_', '-')}"


def page_catalog(language: str) -> Catalog:
    """Return our own words in a language; an empty catalogue where we have none."""
    path = _DIRECTORY / f"{language}.po"
    if path.name not in {file.name for file in _DIRECTORY.iterdir()}:
        return Catalog(locale=_locale(language))
    with path.open("rb") as file:
        return read_po(file, locale=_locale(language), abort_invalid=True)


def load_page_words(language: str, untrusted_published: bytes = b"") -> PageWords:
    """Return the words of a page: our own, with those of a published gettext file of the language in their place.

    Raises:
        WordsMissingError: no such language, no gettext file, or one of the words is nowhere.
    """
    try:
        published = read_po(io.BytesIO(untrusted_published), locale=_locale(language), abort_invalid=True)
    except (ValueError, PoFileError) as exc:
        raise WordsMissingError(language) from exc
    catalogs = (published, page_catalog(language))

    def text(text_id: str) -> str:
        messages = (catalog.get(text_id) for catalog in catalogs)
        found = (message.string for message in messages if message is not None and message.string)
        words = next(found, None)
        if not isinstance(words, str):
            raise WordsMissingError(language)
        return words

    return PageWords.of(language, text)


def _locale(language: str) -> Locale:
    try:
        return Locale.parse(language, sep="-")
    except (ValueError, UnknownLocaleError) as exc:
        raise WordsMissingError(language) from exc
