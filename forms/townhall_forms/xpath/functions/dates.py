# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Date and time functions, on the session's clock, which stands still, and with month names of its language."""

import math
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, tzinfo

from babel import Locale, UnknownLocaleError

from townhall_forms.xpath.functions.signature import Arguments, Function, text
from townhall_forms.xpath.scope import Scope
from townhall_forms.xpath.values import Value, days, moment_text, to_moment, to_number

_SLOT = re.compile(r"%([A-Za-z0-9%])")
_CLOCK = re.compile(
    r"([01][0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9](?:\.[0-9]+)?))?(?:Z|[+\-][0-9]{2}(?::?[0-9]{2})?)?"
)

_DATE_SLOTS: Mapping[str, Callable[[datetime, Locale], str]] = {
    "Y": lambda moment, _locale: f"{moment.year:04d}",
    "y": lambda moment, _locale: f"{moment.year % 100:02d}",
    "m": lambda moment, _locale: f"{moment.month:02d}",
    "n": lambda moment, _locale: str(moment.month),
    "b": lambda moment, locale: str(locale.months["format"]["abbreviated"][moment.month]),
    "B": lambda moment, locale: str(locale.months["format"]["wide"][moment.month]),
    "d": lambda moment, _locale: f"{moment.day:02d}",
    "e": lambda moment, _locale: str(moment.day),
    "a": lambda moment, locale: str(locale.days["format"]["abbreviated"][moment.weekday()]),
    "A": lambda moment, locale: str(locale.days["format"]["wide"][moment.weekday()]),
    "%": lambda _moment, _locale: "%",
}
_TIME_SLOTS: Mapping[str, Callable[[datetime, Locale], str]] = {
    "H": lambda moment, _locale: f"{moment.hour:02d}",
    "h": lambda moment, _locale: str(moment.hour),
    "M": lambda moment, _locale: f"{moment.minute:02d}",
    "S": lambda moment, _locale: f"{moment.second:02d}",
    "3": lambda moment, _locale: f"{moment.microsecond // 1000:03d}",
}


def locale_of(language: str) -> Locale:
    """Return the locale of a BCP 47 language, English for one that CLDR does not know."""
    try:
        return Locale.parse(language.replace("-", "_"))
    except (UnknownLocaleError, ValueError, TypeError):
        return Locale("en")


def _today(scope: Scope, _arguments: Arguments) -> Value:
    return scope.environment.now.astimezone(scope.environment.zone).date().isoformat()


def _now(scope: Scope, _arguments: Arguments) -> Value:
    return moment_text(scope.environment.now.astimezone(scope.environment.zone))


def _moment(scope: Scope, value: Value) -> date | datetime | None:
    return to_moment(value, scope.environment.zone)


def _date(scope: Scope, arguments: Arguments) -> Value:
    """Turn days or a moment into a date; what is none stays as it is, and compares with nothing."""
    value = arguments[0](scope)
    moment = _moment(scope, value)
    if moment is None:
        return text(scope, arguments[0])
    if isinstance(moment, datetime):
        moment = moment.astimezone(scope.environment.zone).date()
    return moment.isoformat()


def _date_time(scope: Scope, arguments: Arguments) -> Value:
    moment = _moment(scope, arguments[0](scope))
    return text(scope, arguments[0]) if moment is None else moment_text(_at_midnight(moment, scope.environment.zone))


def _at_midnight(moment: date | datetime, zone: tzinfo) -> datetime:
    if isinstance(moment, datetime):
        return moment
    return datetime(moment.year, moment.month, moment.day, tzinfo=zone)


def _decimal_date_time(scope: Scope, arguments: Arguments) -> Value:
    value = arguments[0](scope)
    zone = scope.environment.zone
    moment = to_moment(value, zone)
    return to_number(value, zone) if moment is None else days(moment, zone)


def _decimal_time(scope: Scope, arguments: Arguments) -> Value:
    match = _CLOCK.fullmatch(text(scope, arguments[0]).strip())
    if match is None:
        return math.nan
    return (int(match[1]) * 3600 + int(match[2]) * 60 + float(match[3] or 0)) / 86_400


def _format(scope: Scope, arguments: Arguments, *, with_time: bool) -> str:
    moment = _moment(scope, arguments[0](scope))
    if moment is None:
        return ""
    full = _at_midnight(moment, scope.environment.zone)
    locale = locale_of(scope.environment.language)
    slots = {**_DATE_SLOTS, **_TIME_SLOTS} if with_time else _DATE_SLOTS

    def fill(match: re.Match[str]) -> str:
        slot = slots.get(match[1])
        return match[0] if slot is None else slot(full, locale)

    return _SLOT.sub(fill, text(scope, arguments[1]))


DATES: Mapping[str, Function] = {
    "today": Function(_today, 0, 0),
    "now": Function(_now, 0, 0),
    "date": Function(_date, 1, 1),
    "date-time": Function(_date_time, 1, 1),
    "decimal-date-time": Function(_decimal_date_time, 1, 1),
    "decimal-time": Function(_decimal_time, 1, 1),
    "format-date": Function(lambda scope, given: _format(scope, given, with_time=False), 2, 2),
    "format-date-time": Function(lambda scope, given: _format(scope, given, with_time=True), 2, 2),
}
