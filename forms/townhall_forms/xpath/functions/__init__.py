# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""All functions that expressions may call, and those of the standard that this engine does not run yet."""

from collections.abc import Mapping

from townhall_forms.xpath.functions.dates import DATES
from townhall_forms.xpath.functions.encodings import ENCODINGS
from townhall_forms.xpath.functions.geography import GEOGRAPHY
from townhall_forms.xpath.functions.logic import LOGIC
from townhall_forms.xpath.functions.nodesets import NODE_SETS
from townhall_forms.xpath.functions.numbers import NUMBERS
from townhall_forms.xpath.functions.signature import Function
from townhall_forms.xpath.functions.strings import STRINGS

FUNCTIONS: Mapping[str, Function] = {
    **LOGIC,
    **STRINGS,
    **NUMBERS,
    **NODE_SETS,
    **DATES,
    **GEOGRAPHY,
    **ENCODINGS,
}

# Of XPath 1.0 and of other clients; no part of ODK XForms.
UNSUPPORTED_FUNCTIONS = frozenset({"comment-status", "id", "lang", "namespace-uri"})

# What these return depends on more than the answers: on the clock, and on the seed of the session.
VOLATILE_FUNCTIONS = frozenset({"now", "random", "uuid", "randomize"})
# Those of them that draw random values.
DRAWING_FUNCTIONS = VOLATILE_FUNCTIONS - {"now"}
# These keep what the node held before.
HISTORIC_FUNCTIONS = frozenset({"once"})
# And these depend on the language.
WORDED_FUNCTIONS = frozenset({"format-date", "format-date-time", "jr:itext", "jr:choice-name"})
