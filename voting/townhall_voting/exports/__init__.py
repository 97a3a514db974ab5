# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Elections in the formats of others: the NIST Common Data Formats, and CSV."""
