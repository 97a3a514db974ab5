# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The bundled fonts, as files: Noto Sans for Latin, Greek and Cyrillic, Noto Sans Arabic for Arabic; under the OFL."""

from pathlib import Path
from typing import Final

FONT_DIRECTORY: Final = Path(__file__).parent / "files"
"""The folder that holds the fonts and nothing else: give it to a program that looks for fonts by folder."""

FONT_FILES: Final = tuple(
    FONT_DIRECTORY / name
    for name in (
        "NotoSans-Regular.ttf",
        "NotoSans-Bold.ttf",
        "NotoSansArabic-Regular.ttf",
        "NotoSansArabic-Bold.ttf",
    )
)
"""Each font file: static TrueType, unchanged, in the order in which a program should look for a letter."""
