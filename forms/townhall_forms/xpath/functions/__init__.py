# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""All functions that expressions may call, and those of the standard that this engine does not run yet."""

from collections.abc import Mapping

from townhall_forms.xpath.functions.dates import DATES
from townhall_forms.xpath.functions.logic import LOGIC
from townhall_forms.xpath.functions.nodesets import NODE_SETS
from townhall_forms.xpath.functions.numbers import NUMBERS
from townhall_forms.xpath.functions.signature import Function
from townhall_forms.xpath.functions.strings import STRINGS

FUNCTIONS: Mapping[str, Function] = {**LOGIC, **STRINGS, **NUMBERS, **NODE_SETS, **DATES}

UNSUPPORTED_FUNCTIONS = frozenset(
    {
        "area",
        "base64-decode",
        "base64-encode",
        "comment-status",
        "digest",
        "distance",
        "geofence",
        "id",
        "indexed-repeat",
        "intersects",
        "lang",
        "namespace-uri",
        "property",
        "pulldata",
        "randomize",
        "version",
    }
)

# What these return depends on more than the answers, so a form that stores it cannot be replayed from answers alone.
VOLATILE_FUNCTIONS = frozenset({"now", "random", "uuid"})
# The same for these: they keep what the node held before.
HISTORIC_FUNCTIONS = frozenset({"once"})
# And these depend on the language.
WORDED_FUNCTIONS = frozenset({"format-date", "format-date-time", "jr:itext", "jr:choice-name"})
