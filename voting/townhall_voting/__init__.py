# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Ballots anyone can check: elections, encrypted ballots, trustees, the public record and its verifier."""
