# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Random bytes against everything that reads what a card says. A tool beside the product: ``./run fuzz``."""
