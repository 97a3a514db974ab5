# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Debian's libtesseract through its C interface; the one file that speaks to it.

All that it needs is loaded at once, so that a locked process can go on using it.
"""

import ctypes
from typing import Final

from townhall_smartcard.camera.pieces import Piece
from townhall_smartcard.errors import TesseractMissingError

_LIBRARY: Final = "libtesseract.so.5"
_MODEL: Final = b"eng"  # Debian has none of OCR-B
_LSTM_ONLY: Final = 1
_ONE_LINE: Final = 7
_SIGNS: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789<"
_WITHOUT_WORDS: Final = (b"load_system_dawg", b"load_freq_dawg")


class Tesseract:
    """One reader of grey pictures. Not for use from two threads at once."""

    def __init__(self) -> None:
        """Load library and model.

        Raises:
            TesseractMissingError: there is none.
        """
        try:
            library = ctypes.CDLL(_LIBRARY)
        except OSError:
            raise TesseractMissingError(_LIBRARY) from None
        _declare(library)
        self._library: Final = library
        self._handle: Final = library.TessBaseAPICreate()
        for variable in _WITHOUT_WORDS:  # no name is mended into a word that is more usual
            library.TessBaseAPISetVariable(self._handle, variable, b"0")
        if library.TessBaseAPIInit2(self._handle, None, _MODEL, _LSTM_ONLY) != 0:
            raise TesseractMissingError(_MODEL.decode())
        library.TessBaseAPISetVariable(self._handle, b"tessedit_char_whitelist", _SIGNS)
        library.TessBaseAPISetPageSegMode(self._handle, _ONE_LINE)

    def look_at(self, grey: bytes, width: int, height: int) -> None:
        """Take a grey picture: one byte a pixel, row by row from the top."""
        self._library.TessBaseAPISetImage(self._handle, grey, width, height, 1, width)

    def read(self, piece: Piece) -> str:
        """Return what stands in a piece of the picture, which is part of one line."""
        edge = piece.height // 4
        place = (piece.left - edge, piece.top - edge, piece.width + 2 * edge, piece.height + 2 * edge)
        self._library.TessBaseAPISetRectangle(self._handle, *place)
        found = self._library.TessBaseAPIGetUTF8Text(self._handle)
        if not found:
            return ""
        try:
            return ctypes.string_at(found).decode(errors="replace")
        finally:
            self._library.TessDeleteText(found)


def _declare(library: ctypes.CDLL) -> None:
    """Say what the functions take and return (tesseract/capi.h)."""
    handle, text, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
    library.TessBaseAPICreate.argtypes, library.TessBaseAPICreate.restype = [], handle
    library.TessBaseAPIInit2.argtypes = [handle, text, text, number]
    library.TessBaseAPISetVariable.argtypes = [handle, text, text]
    library.TessBaseAPISetPageSegMode.argtypes = [handle, number]
    library.TessBaseAPISetImage.argtypes = [handle, text, number, number, number, number]
    library.TessBaseAPIGetUTF8Text.argtypes = [handle]
    library.TessBaseAPIGetUTF8Text.restype = ctypes.c_void_p
    library.TessDeleteText.argtypes = [ctypes.c_void_p]
    library.TessBaseAPISetRectangle.argtypes = [handle, number, number, number, number]
