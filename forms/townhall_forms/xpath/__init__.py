# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""XPath 1.0 with the functions and type rules of ODK XForms, over our own instance nodes."""
