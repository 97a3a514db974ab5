# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The types of binds, and which texts are values of them."""

import enum
import re
import unicodedata
from datetime import date

MAX_ANSWER_CHARACTERS = 4_000

_INTEGER = re.compile(r"-?[0-9]{1,10}")
_DECIMAL = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,15})?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INT_RANGE = range(-(2**31), 2**31)  # xsd:int
# What XML 1.0 cannot hold, and line ends that an XML reader would change.
_NOT_TEXT = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class DataType(enum.Enum):
    """The types of ODK XForms; an unknown one counts as a string."""

    STRING = "string"
    INT = "int"
    BOOLEAN = "boolean"
    DECIMAL = "decimal"
    DATE = "date"
    TIME = "time"
    DATE_TIME = "dateTime"
    GEOPOINT = "geopoint"
    GEOTRACE = "geotrace"
    GEOSHAPE = "geoshape"
    BINARY = "binary"
    BARCODE = "barcode"
    INTENT = "intent"


# Types whose answers a person can type or pick here.
ANSWERABLE = frozenset({DataType.STRING, DataType.INT, DataType.DECIMAL, DataType.DATE})

_ALIASES = {"select": DataType.STRING, "select1": DataType.STRING, "datetime": DataType.DATE_TIME}


def read_type(written: str) -> DataType:
    """Return the type that a bind names, with or without a prefix; a string where it names none that we know."""
    local = written.strip().rpartition(":")[2]
    try:
        return DataType(local)
    except ValueError:
        return _ALIASES.get(local.lower(), DataType.STRING)


def normalise(data_type: DataType, answer: str) -> str | None:
    """Return an answer as the instance holds it, or None if it is no value of its type; nothing stays nothing.

    Digits of any script count as digits where a number or a date is asked. Outer white space is dropped.
    """
    text = answer.replace("\r\n", "\n").strip()
    if len(text) > MAX_ANSWER_CHARACTERS or _NOT_TEXT.search(text):
        return None
    if not text:
        return ""
    match data_type:
        case DataType.INT:
            return _integer(_plain_digits(text))
        case DataType.DECIMAL:
            return _decimal(_plain_digits(text))
        case DataType.DATE:
            return _date(_plain_digits(text))
        case _:
            return text


def _plain_digits(text: str) -> str:
    return "".join(str(unicodedata.digit(letter, letter)) for letter in text)


def _integer(text: str) -> str | None:
    if not _INTEGER.fullmatch(text) or int(text) not in _INT_RANGE:
        return None
    return str(int(text))


def _decimal(text: str) -> str | None:
    if not _DECIMAL.fullmatch(text):
        return None
    sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
    whole, point, rest = digits.partition(".")
    return f"{sign}{int(whole)}{point}{rest}"


def _date(text: str) -> str | None:
    if not _DATE.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return None
