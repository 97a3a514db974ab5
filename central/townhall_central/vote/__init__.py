# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""An election at the centre: the eligibility board, which knows who and not what, and the ballot box, the reverse."""
