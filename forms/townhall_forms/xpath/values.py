# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Values of expressions and how they turn into each other (XPath 1.0 §4, and dates as ODK XForms has them).

An instance holds strings only, and so do expressions where dates are meant: a string that is an ISO date, or a date
and time, turns into the number of days since 1970-01-01 where a number is wanted, counted on the session's own clock
(so that a date and a moment of the same day compare as people expect).
"""

import math
import re
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from decimal import Decimal
from typing import TypeAlias

from townhall_forms.nodes import Node

_NUMBER = re.compile(r"-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
_TIME = r"[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?(?:Z|[+\-][0-9]{2}(?::?[0-9]{2})?)?"
_DATE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:T(" + _TIME + r"))?")
_EPOCH = date(1970, 1, 1).toordinal()
_DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class NodeSet:
    """Nodes in document order, each once."""

    nodes: list[Node]


Value: TypeAlias = float | str | bool | NodeSet


def to_string(value: Value) -> str:
    """Turn a value into a string; a node-set gives its first node (§4.2)."""
    if isinstance(value, str):
        return value
    if isinstance(value, NodeSet):
        return value.nodes[0].string_value() if value.nodes else ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return number_text(value)


def moment_text(moment: date | datetime) -> str:
    """Write a date, or a date and time with its offset, as an instance holds it."""
    return moment.isoformat(timespec="milliseconds") if isinstance(moment, datetime) else moment.isoformat()


def number_text(number: float) -> str:
    """Write a number as XPath does: no exponent, no ``.0``."""
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    if number == int(number):
        return str(int(number))
    text = repr(float(number))
    return format(Decimal(text), "f") if "e" in text else text


def to_number(value: Value, zone: tzinfo) -> float:
    """Turn a value into a number; what is none gives NaN (§4.4)."""
    if isinstance(value, bool):
        return 1.0 if value else 0.0
    if isinstance(value, float | int):
        return value
    return _text_number(to_string(value), zone)


def _text_number(text: str, zone: tzinfo) -> float:
    text = text.strip()
    if _NUMBER.fullmatch(text):
        return float(text)
    moment = parse_moment(text, zone) if _DATE.match(text) else None
    return math.nan if moment is None else days(moment, zone)


def to_boolean(value: Value) -> bool:
    """Turn a value into a truth value (§4.3): a node-set is true when it has a node, a string when it is not empty."""
    if isinstance(value, bool):
        return value
    if isinstance(value, NodeSet):
        return bool(value.nodes)
    if isinstance(value, str):
        return bool(value)
    return value != 0 and not math.isnan(value)


def parse_moment(text: str, zone: tzinfo) -> date | datetime | None:
    """Read an ISO date, or date and time (on ``zone``'s clock where it has no offset), or return None."""
    match = _DATE.fullmatch(text.strip())
    if match is None:
        return None
    try:
        if match[2] is None:
            return date.fromisoformat(match[1])
        moment = datetime.fromisoformat(f"{match[1]}T{match[2]}")
        if moment.tzinfo is None:
            return moment.replace(tzinfo=zone)
        moment.astimezone(zone)  # the first and the last day of the calendar have no other side
    except (ValueError, OverflowError):
        return None
    return moment


def from_days(number: float, zone: tzinfo) -> date | datetime | None:
    """Turn days since 1970-01-01 into a date, or into a date and time where a fraction is left."""
    if math.isnan(number) or math.isinf(number):
        return None
    whole = math.floor(number)
    try:
        day = date.fromordinal(_EPOCH + whole)
    except (ValueError, OverflowError):
        return None
    if number == whole:
        return day
    milliseconds = min(round((number - whole) * _DAY_S * 1000), _DAY_S * 1000 - 1)
    seconds, rest = divmod(milliseconds, 1000)
    return datetime(
        day.year, day.month, day.day, seconds // 3600, seconds // 60 % 60, seconds % 60, rest * 1000, tzinfo=zone
    )


def days(moment: date | datetime, zone: tzinfo) -> float:
    """Count the days since 1970-01-01 on ``zone``'s clock."""
    if not isinstance(moment, datetime):
        return float(moment.toordinal() - _EPOCH)
    local = moment.astimezone(zone)
    seconds = local.hour * 3600 + local.minute * 60 + local.second + local.microsecond / 1_000_000
    return local.toordinal() - _EPOCH + seconds / _DAY_S


def to_moment(value: Value, zone: tzinfo) -> date | datetime | None:
    """Turn a value into a date or an aware date and time, or None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, float | int):
        return from_days(value, zone)
    text = to_string(value)
    moment = parse_moment(text, zone)
    if moment is None and _NUMBER.fullmatch(text.strip()):
        return from_days(float(text), zone)
    return moment
