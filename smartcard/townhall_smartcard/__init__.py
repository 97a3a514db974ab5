# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Cards and readers: PC/SC, APDUs, national card drivers and simulated cards."""
