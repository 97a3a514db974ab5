# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The public record of an election: its bytes, what may stand in it, and its strict verification."""
