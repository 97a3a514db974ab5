# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Voting at the kiosk: polls, stores, and the states of a visit that votes."""
