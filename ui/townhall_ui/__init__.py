# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The window: screens, widgets, theme and keyboards; it knows nothing of cards, forms or votes."""
