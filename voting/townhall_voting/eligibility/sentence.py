# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The sentence that a person reads and signs to cast a ballot, the same at the kiosk and at the eligibility board.

It is part of a signed format, so its wording stands here and not in a kiosk's catalogue of texts: a board must be able
to make it again years later. Format: docs/formats/voting-statement.md.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from townhall_voting.eligibility.statement import StatementFacts
from townhall_voting.errors import StatementRefusal, StatementRefusedError
from townhall_voting.hashing import hash_bytes
from townhall_voting.mode import Mode
from townhall_voting.package.definition import Definition
from townhall_voting.words import words

SENTENCES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "en": "I cast ballot {ballot} ({words}) in the vote “{vote}”, at the polling place “{place}”. "
        "I vote once in this vote.",
        "et": "Annan hääletussedeli {ballot} ({words}) hääletusel „{vote}“, hääletuskohas „{place}“. "
        "Hääletan üks kord.",
        "fr": "Je dépose le bulletin {ballot} ({words}) pour le vote « {vote} », au lieu de vote « {place} ». "
        "Je vote une seule fois.",
        "ar": "أُدلي بورقة الاقتراع {ballot} ({words}) في التصويت «{vote}»، في مركز الاقتراع «{place}». "
        "أصوّت مرة واحدة في هذا التصويت.",
    }
)
"""By language. A person whose language has none reads the English one."""
_TEST: Final[Mapping[str, str]] = MappingProxyType(
    {
        "en": "TEST, does not count: ",
        "et": "PROOV, ei lähe arvesse: ",
        "fr": "ESSAI, ne compte pas : ",
        "ar": "اختبار، لا يُحتسب: ",
    }
)


def statement_language(language: str, definition: Definition) -> str:
    """Return in which language somebody who reads ``language`` signs: it has a sentence, and the election's texts."""
    return language if language in SENTENCES and language in definition.languages else _fallback(definition)


def sentence_of(facts: StatementFacts, definition: Definition) -> str:
    """Return the sentence of a statement about an election.

    Raises:
        StatementRefusedError: ``OTHER_SENTENCE``: no sentence in that language, or no such place.
    """
    place = next((place for place in definition.places if place.id == facts.place), None)
    if place is None or facts.language != statement_language(facts.language, definition):
        raise StatementRefusedError(StatementRefusal.OTHER_SENTENCE)
    texts = facts.language if facts.language in definition.languages else definition.languages[0]
    sentence = SENTENCES[facts.language].format(
        ballot=facts.ballot,
        words=words(hash_bytes(facts.ballot)),
        vote=definition.title[texts],
        place=place.name[texts],
    )
    return (_TEST[facts.language] if facts.mode is Mode.TEST else "") + sentence


def _fallback(definition: Definition) -> str:
    return next((language for language in definition.languages if language in SENTENCES), "en")
