# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Documents of states at the kiosk: whom it believes about them, and what it says of one, in words."""
