# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Answers as the review and the document show them."""

import pytest

from townhall_forms.datatypes import DataType
from townhall_forms.shown import shown_value

MOMENT = "2027-03-01T14:05:00.000+02:00"


@pytest.mark.parametrize(
    ("data_type", "text", "language", "shown"),
    [
        (DataType.DATE, "2027-03-01", "en", "March 1, 2027"),
        (DataType.DATE, "2027-03-01", "et", "1. märts 2027"),
        (DataType.TIME, "14:05:00.000+02:00", "et", "14:05"),
        (DataType.TIME, "14:05:00.000+02:00", "fr", "14:05"),
        (DataType.DATE_TIME, MOMENT, "fr", "1 mars 2027, 14:05"),
        (DataType.DATE_TIME, MOMENT, "et", "1. märts 2027, 14:05"),
        (DataType.GEOPOINT, "58.3801 -26.7251 12.0 4.5", "en", "58.3801, -26.7251"),
        (DataType.INT, "12345", "en", "12,345"),
        (DataType.DECIMAL, "0.5", "fr", "0,5"),
        (DataType.STRING, "2027-03-01", "en", "2027-03-01"),
        (DataType.DATE, "", "en", ""),
        (DataType.DATE, "2027-02-31", "en", "2027-02-31"),  # a saved form may hold what is no date
    ],
)
def test_an_answer_is_shown_in_the_words_of_the_language(
    data_type: DataType, text: str, language: str, shown: str
) -> None:
    assert shown_value(data_type, text, language) == shown
