# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Turns what a calculation gives, and what a form begins with, into what an instance holds."""

import math
from collections.abc import Iterable, Mapping
from datetime import UTC, tzinfo

from townhall_forms.binds import Bind
from townhall_forms.datatypes import DataType, normalise
from townhall_forms.nodes import Node
from townhall_forms.xpath.values import Value, moment_text, number_text, to_moment, to_number, to_string


def stored(data_type: DataType, value: Value, zone: tzinfo) -> str:
    """Return a calculated value as the instance holds it.

    What is no number leaves the node empty, as in the other engines, and so does what is no place where one is asked.
    """
    text = "" if isinstance(value, float) and math.isnan(value) else to_string(value)
    match data_type:
        case DataType.INT | DataType.DECIMAL:
            number = to_number(value, zone)
            if math.isnan(number) or math.isinf(number):
                return ""
            return number_text(float(math.trunc(number)) if data_type is DataType.INT else number)
        case DataType.DATE | DataType.DATE_TIME:
            moment = to_moment(value, zone)
            if moment is None:
                return text
            return moment.isoformat()[:10] if data_type is DataType.DATE else moment_text(moment)
        case DataType.GEOPOINT | DataType.GEOTRACE | DataType.GEOSHAPE:
            return normalise(data_type, text) or ""
        case _:
            return text


def type_defaults(roots: Iterable[Node], binds: Mapping[str, Bind]) -> None:
    """Write what a form begins with as its types want it.

    Decimals stay as their author wrote them, and so do moments, whose offset is the kiosk's.
    """
    for root in roots:
        for node in root.walk():
            bind = binds.get(node.path)
            if node.text and bind is not None and bind.data_type not in {DataType.DECIMAL, DataType.DATE_TIME}:
                node.text = stored(bind.data_type, node.text, UTC) or node.text  # no value of its type: a problem
