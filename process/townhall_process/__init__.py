# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Townhall's processes: starting and ending them, and the typed messages that they exchange."""
