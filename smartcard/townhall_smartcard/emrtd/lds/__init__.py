# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What stands in the files of an eMRTD chip (ICAO 9303-10, the logical data structure): bytes in, typed values out."""
