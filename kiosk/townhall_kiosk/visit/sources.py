# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Where a prefilled answer comes from, in words: at the question and in the review."""

from townhall_forms.questions import AnsweredLine
from townhall_forms.registers.naming import register_words
from townhall_kiosk.visit.surroundings import Surroundings


def source_words(key: str, around: Surroundings) -> str:
    """Return "From the population register extract of 3 March 2026" and the like; nothing for no key."""
    if not key:
        return ""
    text = around.text
    extracts = {name: register.named for name, register in around.registers.items()}
    found = register_words(key, text.pattern("form.from-register"), text.language, extracts)
    return found or text("form.from-card")


def correction_words(line: AnsweredLine, around: Surroundings) -> str:
    """Return that an answer differs from what its source states; nothing where it does not."""
    if not line.corrects:
        return ""
    return around.text("form.corrects", source=source_words(line.corrects, around), stated=line.stated)


def answer_lines(line: AnsweredLine, around: Surroundings) -> str:
    """Return the answer, and below it where it comes from."""
    shown = line.shown or around.text("review.not-answered")
    return "\n".join(part for part in (shown, source_words(line.source, around)) if part)
