# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Dates and times in expressions."""

import math
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from townhall_forms.xpath.functions.dates import locale_of
from townhall_forms.xpath.scope import Environment
from townhall_forms.xpath.values import Value, days, from_days, parse_moment, to_moment

Evaluate = Callable[..., Value]

HELSINKI = timezone(timedelta(hours=2))


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("today()", "2026-11-22"),
        ("now()", "2026-11-22T10:30:15.250+02:00"),
        ("date('2026-01-31')", "2026-01-31"),
        ("date('2026-01-31T23:59:00Z')", "2026-02-01"),
        ("date(0)", "1970-01-01"),
        ("date(-1)", "1969-12-31"),
        ("date(20000.75)", "2024-10-04"),
        ("date('soon')", "soon"),
        ("date(today() + 365)", "2027-11-22"),
        ("date(today() - 60)", "2026-09-23"),
        ("date-time('2026-01-31')", "2026-01-31T00:00:00.000+02:00"),
        ("date-time(0.5)", "1970-01-01T12:00:00.000+02:00"),
        ("date-time('soon')", "soon"),
        ("format-date('2026-01-09', '%e/%n/%y')", "9/1/26"),
        ("format-date('2026-01-09', '%d.%m.%Y')", "09.01.2026"),
        ("format-date('2026-01-09', '%a %b')", "Fri Jan"),
        ("format-date('2026-01-09', '%A %B')", "Friday January"),
        ("format-date('2026-01-09', '100%%')", "100%"),
        ("format-date('2026-01-09', '%H:%M')", "%H:%M"),
        ("format-date('x', '%Y')", ""),
        ("format-date('', '%Y')", ""),
        ("format-date(/data/born, '%d/%m/%Y')", "29/02/1984"),
        ("format-date-time('2026-08-07T06:31:13.834-03:00', '%H:%M:%S.%3')", "06:31:13.834"),
        ("format-date-time('2026-08-07T06:31:13', '%h')", "6"),
    ],
)
def test_an_expression_gives_a_date_or_its_text(evaluate: Evaluate, expression: str, value: str) -> None:
    assert evaluate(expression) == value


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("number('1970-01-02')", 1.0),
        ("'2026-11-23' - today()", 1.0),
        ("today() - /data/born", 15607.0),
        ("int((today() - /data/born) div 365.25)", 42.0),
        ("decimal-date-time('1970-01-02T12:00:00+02:00')", 1.5),
        ("decimal-date-time('1970-01-02')", 1.0),
        ("decimal-time('18:00')", 0.75),
        ("decimal-time('06:00:00.000+02:00')", 0.25),
        ("decimal-time('00:00')", 0.0),
    ],
)
def test_dates_count_as_days_where_numbers_are_wanted(evaluate: Evaluate, expression: str, value: float) -> None:
    assert evaluate(expression) == pytest.approx(value)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("today() = '2026-11-22'", True),
        ("/data/born < today()", True),
        ("'2026-11-22' <= today()", True),
        ("'2026-11-23' > today()", True),
        ("'2026-11-22' < now()", True),
        ("'2026-11-23' < now()", False),
        ("date('2026-12-01') >= today() - 60 and date('2026-12-01') <= today() + 365", True),
        ("'2026-02-30' > '2026-01-01'", False),
        ("'2026-13-01' > 0", False),
        ("'not a date' < today()", False),
    ],
)
def test_dates_compare_by_the_day(evaluate: Evaluate, expression: str, value: bool) -> None:  # noqa: FBT001
    assert evaluate(expression) is value


def test_today_is_the_day_on_the_kiosks_clock_and_not_at_greenwich(
    evaluate: Evaluate, environment: Environment
) -> None:
    environment.now = datetime(2026, 1, 1, 0, 30, tzinfo=HELSINKI)
    assert evaluate("today()") == "2026-01-01"
    environment.now = datetime(2025, 12, 31, 22, 30, tzinfo=UTC)
    assert evaluate("today()") == "2026-01-01"


def test_months_and_weekdays_are_named_in_the_sessions_language(evaluate: Evaluate, environment: Environment) -> None:
    environment.language = "et"
    assert evaluate("format-date('2026-01-09', '%A, %e. %B')") == "reede, 9. jaanuar"
    environment.language = "ar"
    assert evaluate("format-date('2026-01-09', '%B')") == "يناير"


def test_an_unknown_language_is_written_as_english() -> None:
    assert locale_of("English").language == "en"
    assert locale_of("").language == "en"
    assert locale_of("xx-XX").language == "en"
    assert locale_of("et-EE").language == "et"


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-30",
        "2026-1-1",
        "20260101",
        "2026-01-01T25:00",
        "2026-01-01 10:00",
        "",
        "x",
        "\u0662\u0660\u0662\u0666-01-01",
    ],
)
def test_what_is_no_moment_is_none(text: str) -> None:
    assert parse_moment(text, UTC) is None


def test_a_moment_without_an_offset_is_on_the_kiosks_clock() -> None:
    moment = parse_moment("2026-01-01T10:00", HELSINKI)
    assert moment == datetime(2026, 1, 1, 10, tzinfo=HELSINKI)


def test_numbers_beyond_the_calendar_are_no_dates() -> None:
    assert from_days(math.nan, UTC) is None
    assert from_days(math.inf, UTC) is None
    assert from_days(1e12, UTC) is None
    assert to_moment(True, UTC) is None
    assert to_moment("abc", UTC) is None
    assert to_moment("0", UTC) == date(1970, 1, 1)


@given(st.dates())
def test_a_date_survives_counting_days(day: date) -> None:
    assert from_days(days(day, UTC), UTC) == day


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2200, 1, 1)), st.integers(1, 86_399_999))
def test_a_moment_survives_counting_days_to_the_millisecond(day: date, milliseconds: int) -> None:
    midnight = datetime(day.year, day.month, day.day, tzinfo=HELSINKI)
    moment = midnight + timedelta(milliseconds=milliseconds)
    assert from_days(days(moment, HELSINKI), HELSINKI) == moment
