# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""States as documents name them, in three letters, and as certificates do, in two (ICAO 9303-3 §5)."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from babel.core import get_global

_OF_DOCUMENTS_ALONE: Final[Mapping[str, frozenset[str]]] = {
    "D": frozenset({"DE"}),
    "EUE": frozenset({"EU"}),
    "UTO": frozenset({"UT"}),  # the standard's own example
    "RKS": frozenset({"KS", "XK"}),
    **dict.fromkeys(("GBD", "GBN", "GBO", "GBP", "GBS"), frozenset({"GB"})),
    **dict.fromkeys(("UNO", "UNA", "UNK"), frozenset({"UN"})),
}
"""Codes that ISO 3166 does not have."""


@lru_cache(maxsize=64)
def countries_of(state: str) -> frozenset[str]:
    """Return the two-letter codes that certificates of a state have; empty for a code that nobody knows."""
    if state in _OF_DOCUMENTS_ALONE:
        return _OF_DOCUMENTS_ALONE[state]
    known: Mapping[str, list[str]] = get_global("territory_aliases")
    return frozenset(known.get(state, ())) if len(state) == 3 else frozenset()
