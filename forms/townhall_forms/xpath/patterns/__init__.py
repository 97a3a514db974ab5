# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Regular expressions of forms: the syntax that Java and JavaScript share, matched in time linear in the text."""

from townhall_forms.xpath.patterns.pattern import Pattern, compile_pattern

__all__ = ["Pattern", "compile_pattern"]
