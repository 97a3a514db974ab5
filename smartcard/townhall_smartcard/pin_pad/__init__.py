# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Readers with keys of their own: a PIN goes from a finger to the card, and through none of our processes."""
