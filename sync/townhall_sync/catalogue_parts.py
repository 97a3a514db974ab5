# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The parts of the signed catalogue: who may name which files, and how old what they say may be.

Each part is one delegated TUF role, so each has its own signers, version and age (docs/formats/catalogue.md).
"""

import re
from enum import Enum
from typing import Final

_DAY_S: Final = 24 * 60 * 60

TIMESTAMP_AGE_S: Final = 30 * _DAY_S
"""A repository whose timestamp is older is not taken any more; what was taken before goes on by the parts' own ages."""
SIGNED_FIELD: Final = "townhall_signed"
"""TUF states when metadata end; this field of ours, in each role's signed bytes, states when they were signed."""

_SAFE_PATH: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*(/[A-Za-z0-9][A-Za-z0-9_.-]*)*")
_MAX_PATH: Final = 300


class Part(Enum):
    """One part: its role's name, the paths it may name, and its greatest age in seconds."""

    SERVICES = ("services", ("services/*/*/*",), 90 * _DAY_S)
    RECIPIENTS = ("recipients", ("recipients/*/*",), 90 * _DAY_S)
    TEXTS = ("texts", ("texts/*/*",), 90 * _DAY_S)
    PLACES = ("places", ("places/*",), 90 * _DAY_S)
    TRUST = (
        "trust",
        ("trust/anchors/*", "trust/intermediates/*", "trust/states/*", "trust/master-lists/*"),
        30 * _DAY_S,
    )
    REGISTERS = ("registers", ("registers/*/*",), 30 * _DAY_S)  # each extract says of which day it is
    STAFF = ("staff", ("staff/*",), 30 * _DAY_S)
    ELECTIONS = ("elections", ("elections/*/*",), 366 * _DAY_S)  # each election has an end of its own
    CRLS = ("crls", ("trust/crls/*", "trust/state-crls/*"), 7 * _DAY_S)

    def __init__(self, role: str, patterns: tuple[str, ...], age_s: int) -> None:
        self.role = role
        self.patterns = patterns
        self.age_s = age_s


def is_safe_path(path: str) -> bool:
    """Whether a target's path can name a file of ours: no parent, no hidden file, no sign that a shell would eat."""
    return len(path) <= _MAX_PATH and _SAFE_PATH.fullmatch(path) is not None
