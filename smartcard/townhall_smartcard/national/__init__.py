# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""National identity cards: one contract, one small driver a family, one table of who is who."""
