# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The chip of an electronic travel document (ICAO 9303): the way in, the way to its files, and proofs of the chip."""
