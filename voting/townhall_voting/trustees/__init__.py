# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Those who together hold an election's key: their keys, the tally, its decryption by shares, and the result."""
