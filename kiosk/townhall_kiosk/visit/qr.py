# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""QR codes of receipts; the only file that uses segno."""

import io

import segno

_QUIET_ZONE_MODULES = 4  # ISO/IEC 18004


def qr_png(text: str, *, module_px: int = 5) -> bytes:
    """Return ``text`` as a PNG of a QR code, error correction level M."""
    picture = io.BytesIO()
    segno.make_qr(text, error="m").save(picture, kind="png", scale=module_px, border=_QUIET_ZONE_MODULES)
    return picture.getvalue()


def qr_svg(text: str) -> bytes:
    """Return ``text`` as an SVG of a QR code, error correction level M."""
    picture = io.BytesIO()
    segno.make_qr(text, error="m").save(picture, kind="svg", border=_QUIET_ZONE_MODULES)
    return picture.getvalue()
