# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Cards that only their vendor's PKCS#11 module can use: it runs in a process of its own, and is asked from here."""
