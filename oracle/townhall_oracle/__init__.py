# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Our XForms engine beside others: the same random answers, and the same instances at the end."""
