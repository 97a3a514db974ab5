# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The command ``townhall verify``: a record of an election verified, with a report for people and one for programs."""
