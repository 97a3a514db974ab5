# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Moments as people write them, on a page that a person signs and everywhere around it."""

from datetime import datetime

from babel import Locale
from babel.dates import format_date, format_time, get_datetime_format


def shown_moment(moment: datetime, locale: Locale) -> str:
    """Return a date and time, in the moment's own zone and to the minute."""
    pattern = str(get_datetime_format("medium", locale=locale)).replace("'", "")
    day = format_date(moment, format="long", locale=locale)
    return pattern.format(format_time(moment, format="short", locale=locale), day)
