# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The types of binds, and which texts are values of them."""

import enum
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date

MAX_ANSWER_CHARACTERS = 4_000

_INTEGER = re.compile(r"-?[0-9]{1,10}")
_DECIMAL = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,15})?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(
    r"([01][0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9])(?:\.([0-9]{1,9}))?)?(Z|[+\-](?:0[0-9]|1[0-4]):[0-5][0-9])?"
)
_COORDINATE = re.compile(r"-?[0-9]{1,6}(?:\.[0-9]{1,15})?")
_FILE = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}")
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


# Names that forms from before the specification use, and that the other engines still read.
_ALIASES = {
    "integer": DataType.INT,
    "long": DataType.INT,
    "double": DataType.DECIMAL,
    "float": DataType.DECIMAL,
    "datetime": DataType.DATE_TIME,
}


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
    read = _READERS.get(data_type)
    return text if read is None else read(text)


def _plain_digits(text: str) -> str:
    return "".join(str(unicodedata.digit(letter, letter)) for letter in text)


def _integer(text: str) -> str | None:
    text = _plain_digits(text)
    if not _INTEGER.fullmatch(text) or int(text) not in _INT_RANGE:
        return None
    return str(int(text))


def _decimal(text: str) -> str | None:
    text = _plain_digits(text)
    if not _DECIMAL.fullmatch(text):
        return None
    sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
    whole, point, rest = digits.partition(".")
    return f"{sign}{int(whole)}{point}{rest}"


def _time(text: str) -> str | None:
    """Write a time as the other engines do: with milliseconds, and its offset where it has one."""
    match = _TIME.fullmatch(_plain_digits(text))
    if match is None:
        return None
    seconds = f"{match[3] or '00'}.{(match[4] or '').ljust(3, '0')[:3]}"
    return f"{match[1]}:{match[2]}:{seconds}{match[5] or ''}"


def _date_time(text: str) -> str | None:
    day, _, clock = text.replace(" ", "T", 1).partition("T")
    written, time = _date(day), _time(clock)
    return None if written is None or time is None else f"{written}T{time}"


def _place(text: str) -> str | None:
    """Write a place with all its four numbers, as the other engines do; unknown altitude and accuracy are 0.0."""
    numbers = text.split()
    if not 2 <= len(numbers) <= 4 or not all(_COORDINATE.fullmatch(each) for each in numbers):
        return None
    if abs(float(numbers[0])) > 90 or abs(float(numbers[1])) > 180:
        return None
    return " ".join(_coordinate(each) for each in [*numbers, "0", "0"][:4])


def _coordinate(number: str) -> str:
    whole, _point, rest = number.partition(".")
    sign, digits = ("-", whole[1:]) if whole.startswith("-") else ("", whole)
    return f"{sign}{int(digits)}.{rest.rstrip('0') or '0'}"


def _places(text: str, *, is_closed: bool) -> str | None:
    places = [_place(part) for part in text.rstrip("; ").split(";")]
    if None in places or len(places) < (4 if is_closed else 2):
        return None
    written = [place for place in places if place is not None]
    meets = written[0].split()[:2] == written[-1].split()[:2]
    return "; ".join(written) if meets is is_closed else None


def _date(text: str) -> str | None:
    text = _plain_digits(text)
    if not _DATE.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return None


_READERS: Mapping[DataType, Callable[[str], str | None]] = {
    DataType.INT: _integer,
    DataType.DECIMAL: _decimal,
    DataType.DATE: _date,
    DataType.TIME: _time,
    DataType.DATE_TIME: _date_time,
    DataType.GEOPOINT: _place,
    DataType.GEOTRACE: lambda text: _places(text, is_closed=False),
    DataType.GEOSHAPE: lambda text: _places(text, is_closed=True),
    DataType.BOOLEAN: lambda text: text if text in {"true", "false", "1", "0"} else None,
    DataType.BINARY: lambda text: text if _FILE.fullmatch(text) else None,
}
