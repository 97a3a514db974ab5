# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The independent checker of ballots: it makes a ballot again from its seed, and shares no code with who made it."""
