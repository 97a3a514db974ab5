# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Authoring of the signed catalogue: what administrators publish, two of them sign, and kiosks verify."""
