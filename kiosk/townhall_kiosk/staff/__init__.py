# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Staff at the machine: who they are, what they may do, and how the keeper makes sure of both."""
