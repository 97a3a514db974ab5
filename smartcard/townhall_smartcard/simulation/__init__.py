# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Simulated cards and readers: demo, tests and training meet them as real ones."""
