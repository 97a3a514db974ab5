# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Checks translations before they are signed: each is a gettext catalogue, and all fill in the same facts."""

import io
import re
from collections.abc import Mapping
from typing import Final

from babel import Locale, UnknownLocaleError
from babel.messages.catalog import Message
from babel.messages.pofile import PoFileError, read_po

from townhall_central.errors import CatalogueContentError

_PLACEHOLDER: Final = re.compile(r"\{[^{}]*\}")


def check_texts(files: Mapping[str, bytes]) -> None:
    """Check ``texts/<language>/townhall.po`` files; kiosks compare them with their own texts once more.

    Raises:
        CatalogueContentError: one cannot be read, or two languages fill in different facts under one id.
    """
    known: dict[str, tuple[str, frozenset[str]]] = {}
    for path, content in files.items():
        for text_id, message in _read(path, content).items():
            facts = placeholders(message)
            first, expected = known.setdefault(text_id, (path, facts))
            if facts != expected:
                raise CatalogueContentError(f"{path}: {text_id} fills in {sorted(facts)}, {first} {sorted(expected)}")


def placeholders(message: Message) -> frozenset[str]:
    """Return the facts that a text fills in, over all its plural forms."""
    texts = message.string if isinstance(message.string, tuple | list) else (message.string,)
    return frozenset(found for text in texts for found in _PLACEHOLDER.findall(text or ""))


def _read(path: str, content: bytes) -> dict[str, Message]:
    language = path.split("/")[1]
    try:
        catalogue = read_po(io.BytesIO(content), locale=Locale.parse(language, sep="-"), abort_invalid=True)
    except (ValueError, UnknownLocaleError, PoFileError) as exc:
        raise CatalogueContentError(f"{path} is no gettext catalogue of a language") from exc
    return {str(message.id): message for message in catalogue if message.id and message.string}
