# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Turns what a calculation gives into what an instance holds."""

import math
from datetime import tzinfo

from townhall_forms.datatypes import DataType
from townhall_forms.xpath.values import Value, moment_text, number_text, to_moment, to_number, to_string


def stored(data_type: DataType, value: Value, zone: tzinfo) -> str:
    """Return a calculated value as the instance holds it; what is no number leaves a number's node empty."""
    text = to_string(value)
    match data_type:
        case DataType.INT | DataType.DECIMAL:
            number = to_number(value, zone)
            if math.isnan(number) or math.isinf(number):
                return ""
            return number_text(float(math.trunc(number)) if data_type is DataType.INT else number)
        case DataType.DATE:
            moment = to_moment(value, zone)
            return text if moment is None else moment.isoformat()[:10]
        case DataType.DATE_TIME:
            moment = to_moment(value, zone)
            return text if moment is None else moment_text(moment)
        case _:
            return text
