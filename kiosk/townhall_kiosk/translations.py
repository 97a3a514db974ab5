# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Translations of the signed catalogue: they correct the kiosk's own texts or add a language, never break a screen.

Signed is not yet fitting: a text that fills in a fact the screen does not give would end somebody's visit.
"""

import io
import re
from collections.abc import Mapping
from typing import Final

from babel import Locale, UnknownLocaleError
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import PoFileError, read_po

from townhall_kiosk.errors import ConfigurationError, TranslationRefusedError
from townhall_kiosk.texts import Texts, load_catalog

_REFERENCE: Final = "en"
_PLACEHOLDER: Final = re.compile(r"\{[^{}]*\}")


def load_translated(languages: tuple[str, ...], translations: Mapping[str, bytes]) -> Mapping[str, Texts]:
    """Load the texts of all ``languages``, the kiosk's default first, with the signed ones in place.

    Raises:
        ConfigurationError: a language that neither has.
        TranslationRefusedError: signed texts that do not fit; whoever handed them over has checked them.
    """
    return {
        language: Texts(language, merged(language, translations[language]) if language in translations else None)
        for language in languages
    }


def merged(language: str, untrusted: bytes) -> Catalog:
    """Return the texts of a language: the kiosk's own, with those of a signed gettext file in their place.

    Raises:
        TranslationRefusedError: it is no gettext file; an id that the kiosk does not know; other facts to fill in than
            the kiosk's own text has; the plural forms of another language; or, of a language that the kiosk lacks,
            a missing text.
    """
    theirs = _read(language, untrusted)
    if not any(message.id for message in theirs):
        raise TranslationRefusedError(f"{language}: no text in it")
    reference = load_catalog(_REFERENCE)
    try:
        texts = load_catalog(language)
    except ConfigurationError:
        texts = theirs
    for message in theirs:
        if not message.id or not message.string:
            continue
        known = reference.get(message.id)
        if known is None:
            raise TranslationRefusedError(f"{language}: {_id(message)} is no text of the kiosk")
        _check(language, message, known, theirs.num_plurals)
        own = texts.get(message.id)
        if own is not None:
            own.string = message.string
        else:
            texts[message.id] = message
    missing = [_id(known) for known in reference if known.id and not _has(texts, known)]
    if missing:
        raise TranslationRefusedError(f"{language} lacks {missing[:3]}")
    return texts


def _has(texts: Catalog, known: Message) -> bool:
    found = texts.get(known.id)
    return found is not None and bool(found.string)


def _check(language: str, message: Message, known: Message, plurals: int) -> None:
    facts = [_facts(text) for text in _forms(message)]
    expected = {_facts(text) for text in _forms(known)}
    # In one plural form "one day" may stand for "{count} day".
    if not all(any(each <= allowed for allowed in expected) for each in facts) or set().union(*facts) != set().union(
        *expected
    ):
        raise TranslationRefusedError(f"{language}: {_id(message)} fills in other facts")
    if isinstance(known.string, tuple | list) and len(_forms(message)) != plurals:
        raise TranslationRefusedError(f"{language}: {_id(message)} has not every plural form")


def _forms(message: Message) -> tuple[str, ...]:
    return tuple(message.string) if isinstance(message.string, tuple | list) else (message.string or "",)


def _facts(text: str) -> frozenset[str]:
    return frozenset(_PLACEHOLDER.findall(text))


def _id(message: Message) -> str:
    return message.id[0] if isinstance(message.id, tuple | list) else str(message.id)


def _read(language: str, untrusted: bytes) -> Catalog:
    try:
        return read_po(io.BytesIO(untrusted), locale=Locale.parse(language, sep="-"), abort_invalid=True)
    except (ValueError, UnknownLocaleError, PoFileError) as exc:
        raise TranslationRefusedError(f"{language}: no gettext file") from exc
