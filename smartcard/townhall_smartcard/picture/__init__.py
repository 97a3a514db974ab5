# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Pictures from chips, unpacked where nothing else is: bytes of a document in, pixels out."""
