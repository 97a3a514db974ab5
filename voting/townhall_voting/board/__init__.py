# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the ballot box publishes while polls are open, and how it closes: never who, never when."""
