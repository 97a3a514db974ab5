# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""One file a kind of screen: each builds the widgets of its model and turns what is done to them into intents."""
