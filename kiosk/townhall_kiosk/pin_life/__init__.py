# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""New PINs at the kiosk: the states of a visit in which a card's holder changes, unblocks or first sets a PIN."""
