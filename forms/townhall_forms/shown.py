# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Writes answers as people read them, in the session's language."""

from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation

from babel.dates import format_date, format_time
from babel.lists import format_list
from babel.numbers import format_decimal

from townhall_forms.datatypes import DataType
from townhall_forms.questions import FormChoice
from townhall_forms.xpath.functions.dates import locale_of


def shown_value(data_type: DataType, text: str, language: str) -> str:  # noqa: PLR0911 - one line a type
    """Return dates and times in words, numbers with the language's separators, places in degrees, the rest as it is.

    Times are those of the clock that wrote them: nothing is moved to another zone.
    """
    if not text:
        return ""
    locale = locale_of(language)
    try:
        match data_type:
            case DataType.DATE:
                return str(format_date(date.fromisoformat(text), "long", locale=locale))
            case DataType.TIME:
                return str(format_time(time.fromisoformat(text).replace(tzinfo=None), "short", locale=locale))
            case DataType.DATE_TIME:
                moment = datetime.fromisoformat(text).replace(tzinfo=None)
                day = format_date(moment, "long", locale=locale)
                return f"{day}, {format_time(moment, 'short', locale=locale)}"
            case DataType.GEOPOINT:
                return ", ".join(text.split()[:2])
            case DataType.INT | DataType.DECIMAL:
                return shown_number(Decimal(text), language)
            case _:
                return text
    except (ValueError, InvalidOperation):
        return text  # a default or calculation that does not fit its type: show what is held


def shown_number(number: Decimal, language: str) -> str:
    """Return a number with the language's separators."""
    return str(format_decimal(number, locale=locale_of(language), decimal_quantization=False))


def shown_choices(chosen: str, choices: tuple[FormChoice, ...], language: str) -> str:
    """Return the labels of the chosen values as a list; a value that is no choice stands for itself."""
    labels = {choice.value: choice.label for choice in choices}
    named = [labels.get(value, value) for value in chosen.split()]
    return str(format_list(named, locale=locale_of(language))) if named else ""
