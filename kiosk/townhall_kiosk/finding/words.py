# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Words as they are compared: without capitals, accents and marks, and by their stems. One rule for every search."""

import unicodedata
from dataclasses import dataclass
from typing import Final, Protocol

import snowballstemmer

LONGEST: Final = 100
"""Signs of what was typed that are looked at."""
_ALIKE: Final = str.maketrans(
    {"ى": "ي", "ة": "\N{ARABIC LETTER HEH}", "ـ": None, "ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe"}
)
"""Signs that people write for each other and that Unicode does not take apart."""
_SHORTEST_STEM: Final = 3
_STEMMERS: Final = {
    "ar": "arabic",
    "ca": "catalan",
    "cs": "czech",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "es": "spanish",
    "et": "estonian",
    "eu": "basque",
    "fi": "finnish",
    "fr": "french",
    "ga": "irish",
    "hu": "hungarian",
    "it": "italian",
    "lt": "lithuanian",
    "nb": "norwegian",
    "nl": "dutch",
    "pl": "polish",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sr": "serbian",
    "sv": "swedish",
    "tr": "turkish",
}
"""Snowball's algorithms by BCP 47 language. A language without one is searched by spelling alone."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it is compared, and its stem in the same letters; the word itself where it has none."""

    spelling: str
    stem: str


class _Stemmer(Protocol):
    def stemWord(self, word: str) -> str: ...  # noqa: N802  # Snowball's name


def spelled(text: str) -> tuple[str, ...]:
    """Return the words of a text as they are compared; signs that only steer the writing are not there."""
    apart = unicodedata.normalize("NFKD", text.casefold().translate(_ALIKE))
    kept = (sign for sign in apart if not unicodedata.combining(sign) and unicodedata.category(sign) != "Cf")
    return tuple("".join(sign if sign.isalnum() else " " for sign in kept).split())


class Stems:
    """The words of one language with their stems (Snowball)."""

    def __init__(self, language: str) -> None:
        """Take a BCP 47 language."""
        algorithm = _STEMMERS.get(language.split("-", maxsplit=1)[0])
        self._stemmer: _Stemmer | None = snowballstemmer.stemmer(algorithm) if algorithm else None
        self._known: dict[str, tuple[Word, ...]] = {}

    def words(self, text: str) -> tuple[Word, ...]:
        """Return the words of what was typed."""
        return tuple(word for token in _tokens(text) for word in self._words(token))

    def remembered(self, text: str) -> tuple[Word, ...]:
        """Return the words of a text of the catalogue: most come again, and stems take their time."""
        found: list[Word] = []
        for token in _tokens(text):
            if token not in self._known:
                self._known[token] = self._words(token)
            found += self._known[token]
        return tuple(found)

    def forget(self) -> None:
        """Drop what was remembered."""
        self._known = {}

    def _words(self, token: str) -> tuple[Word, ...]:
        spellings = spelled(token)
        if self._stemmer is None or len(spellings) != 1:
            return tuple(Word(spelling, spelling) for spelling in spellings)
        stem = "".join(spelled(self._stemmer.stemWord(token)))
        return (Word(spellings[0], stem if len(stem) >= _SHORTEST_STEM else spellings[0]),)


def _tokens(text: str) -> list[str]:
    """Return the words in their own letters, accents and all: stemmers know the words by them."""
    whole = unicodedata.normalize("NFC", text.casefold())
    kept = (sign for sign in whole if unicodedata.category(sign) != "Cf")
    return "".join(sign if sign.isalnum() or unicodedata.combining(sign) else " " for sign in kept).split()
