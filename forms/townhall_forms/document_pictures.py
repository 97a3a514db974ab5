# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Turns the very bytes of a PDF into pictures for the screen, so that what is seen is what is signed; uses PDFium."""


def page_pictures(pdf: bytes, *, pixels_per_inch: int = 144) -> tuple[bytes, ...]:
    """Return each page as PNG."""
    raise NotImplementedError
