# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A language that nobody speaks: English with other letters, 40 % longer, between marks, in either direction.

What is on a screen without its marks comes from no catalogue; what has no room for it has none for the next language.
"""

import re

from townhall_kiosk.texts import Texts

_LETTERS = str.maketrans("aeioucnszAEIOUCNSZ", "áéíóúçñšžÁÉÍÓÚÇÑŠŽ")
_MORE = " áé íóú"  # words, so that lines can be broken as in any language


class PseudoTexts(Texts):
    """Texts as long as those of a language that needs many letters."""

    MARK = "⟦"

    def __init__(self, *, is_right_to_left: bool = True, longer: float = 0.4) -> None:
        """Lines start on the right unless told otherwise; ``longer`` is a share of the English text's length."""
        super().__init__("en")
        self._is_right_to_left = is_right_to_left
        self._longer = longer

    @property
    def is_right_to_left(self) -> bool:
        """Whether lines start on the right."""
        return self._is_right_to_left

    def _found(self, text_id: str, text: str) -> str:
        found = super()._found(text_id, text)
        parts = re.split(r"(\{\w*\})", found)
        changed = "".join(part if part.startswith("{") else part.translate(_LETTERS) for part in parts)
        wanted = int(len(found) * self._longer)
        return f"{self.MARK}{changed}{(_MORE * wanted)[:wanted]}⟧"
