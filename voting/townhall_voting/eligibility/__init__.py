# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who voted, apart from what: statements that cards sign, slips, receipts, and which statement of a person counts."""
