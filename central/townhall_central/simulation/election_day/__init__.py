# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A whole election with everything that can go wrong in it, by a seed; and a report of which alarm said what."""
