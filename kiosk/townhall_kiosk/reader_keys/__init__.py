# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A PIN that is entered at the card reader's own keys: the part of a visit that no digit passes through (ADR 0051)."""
