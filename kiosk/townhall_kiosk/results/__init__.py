# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""An election's results for people and for other programs: what is verified first, then the pages and their seal."""
