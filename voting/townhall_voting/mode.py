# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Test or official: every signed thing of an election names its mode, and nothing of one is taken in the other."""

from enum import Enum


class Mode(Enum):
    """Test and official never mix."""

    TEST = "test"
    OFFICIAL = "official"
