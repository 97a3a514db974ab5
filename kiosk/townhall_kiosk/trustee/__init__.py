# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The trustees' program: ceremony, backup and drill, decryption of one tally, by command or in a window. Offline."""
