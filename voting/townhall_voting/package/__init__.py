# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""An election as its officers sign it: definition, derived ballots, trustees, roll, and the package that holds them."""
