# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Where an answer of a register comes from, in words: on the screen, on the page, and where it is set again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

from babel import Locale
from babel.dates import format_date

from townhall_forms.page_words import PageWords
from townhall_forms.questions import AnsweredLine
from townhall_forms.registers.statement import source_of


@dataclass(frozen=True, slots=True)
class NamedExtract:
    """What people read of an extract: the register's names by BCP 47 language, and the day of which it is."""

    titles: Mapping[str, str]
    stated: date


Extracts = Mapping[str, NamedExtract]
"""By register."""
NO_EXTRACTS: Final[Extracts] = MappingProxyType({})


def register_words(key: str, pattern: str, language: str, extracts: Extracts) -> str:
    """Return "From the population register extract of 3 March 2026"; nothing for a key of no known register."""
    source = source_of(key)
    extract = extracts.get(source.register) if source is not None else None
    if extract is None:
        return ""
    title = extract.titles.get(language) or extract.titles[min(extract.titles)]
    day = format_date(extract.stated, format="long", locale=Locale.parse(language, sep="-"))
    return pattern.format(register=title, date=day)


def page_answer(line: AnsweredLine, words: PageWords, extracts: Extracts) -> str:
    """Return an answer as the page has it: with the register that states it, or with what that one states instead.

    What only the card stated stands there without: the agency, which sets the page again, cannot see the card's files.
    """
    shown = line.shown or words.not_answered
    source = register_words(line.source or line.corrects, words.from_register, words.language, extracts)
    if not source:
        return shown
    return f"{shown} ({words.corrects.format(source=source, stated=line.stated) if line.corrects else source})"
