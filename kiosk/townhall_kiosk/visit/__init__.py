# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""One person's visit: the process that holds the window, and everything collected, until it ends."""
