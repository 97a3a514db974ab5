# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Writes answers as people read them, in the session's language."""

from datetime import date
from decimal import Decimal, InvalidOperation

from babel.dates import format_date
from babel.lists import format_list
from babel.numbers import format_decimal

from townhall_forms.datatypes import DataType
from townhall_forms.questions import FormChoice
from townhall_forms.xpath.functions.dates import locale_of


def shown_value(data_type: DataType, text: str, language: str) -> str:
    """Return a date in words, a number with the language's separators, anything else as it is."""
    locale = locale_of(language)
    try:
        match data_type:
            case DataType.DATE:
                return str(format_date(date.fromisoformat(text), "long", locale=locale)) if text else ""
            case DataType.INT | DataType.DECIMAL:
                if not text:
                    return ""
                return str(format_decimal(Decimal(text), locale=locale, decimal_quantization=False))
            case _:
                return text
    except (ValueError, InvalidOperation):
        return text  # a default or calculation that does not fit its type: show what is held


def shown_choices(chosen: str, choices: tuple[FormChoice, ...], language: str) -> str:
    """Return the labels of the chosen values as a list; a value that is no choice stands for itself."""
    labels = {choice.value: choice.label for choice in choices}
    named = [labels.get(value, value) for value in chosen.split()]
    return str(format_list(named, locale=locale_of(language))) if named else ""
