# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Texts and days in the tagged records of national cards, whatever the tags and lengths around them look like."""

from collections.abc import Mapping
from datetime import date

from townhall_smartcard.errors import CardUnreadableError


def text_in(records: Mapping[int, bytes], tag: int) -> str:
    """Return the UTF-8 text under a tag without the blanks and zeros around it; empty where there is none.

    Raises:
        CardUnreadableError: it is no text, or has signs that cannot be shown.
    """
    try:
        text = records.get(tag, b"").decode().strip(" \0")
    except UnicodeDecodeError:
        raise CardUnreadableError("a text that is none") from None
    if not text.isprintable():
        raise CardUnreadableError("a text that is none")
    return text


def day_of(year: int, month: int, day: int) -> date:
    """Return the day that a card states.

    Raises:
        CardUnreadableError: no calendar has it.
    """
    try:
        return date(year, month, day)
    except ValueError:
        raise CardUnreadableError("a date that is none") from None
