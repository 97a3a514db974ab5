# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What stands on the page that a person signs: follows from the service, the answers, the signer, and two facts.

The kiosk sets the page from them and the agency sets it again: the same bytes, or the person signed another page than
the one that belongs to these answers.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from babel import Locale

from townhall_forms.document import Direction, DocumentModel, Line
from townhall_forms.moments import shown_moment
from townhall_forms.page_words import PageWords
from townhall_forms.questions import AnsweredLine
from townhall_forms.record import PageFacts
from townhall_forms.registers.naming import NO_EXTRACTS, Extracts, page_answer
from townhall_forms.service import Service


@dataclass(frozen=True, slots=True)
class PageSigner:
    """Who signs, as the card's authentication certificate spells them."""

    given_names: str
    surname: str
    personal_code: str = field(repr=False)


def page_model(  # noqa: PLR0913, PLR0917  # each comes from somebody else: town, catalogue, kiosk, card, person
    service: Service,
    words: PageWords,
    facts: PageFacts,
    signer: PageSigner,
    answers: Sequence[AnsweredLine],
    instance: bytes,
    extracts: Extracts = NO_EXTRACTS,
) -> DocumentModel:
    """Return the page in the language of ``words``, one of the service's; ``extracts`` are those that filled it in."""
    locale = Locale.parse(words.language, sep="-")
    version = words.version.format(version=service.form.version)
    return DocumentModel(
        title=service.titles[words.language],
        language=words.language,
        direction=Direction(locale.text_direction),
        issuer=facts.place,
        answers_title=words.answers,
        question_column=words.question,
        answer_column=words.answer,
        answers=tuple(Line(line.label, page_answer(line, words, extracts)) for line in answers),
        signature_title=words.signature,
        facts=(
            Line(words.signer, f"{signer.given_names} {signer.surname}"),
            Line(words.personal_code, signer.personal_code),
            Line(words.form, f"{service.id}, {version}"),
            Line(words.place, facts.place),
            Line(words.made, shown_moment(facts.made, locale)),
        ),
        statement=words.statement,
        page_words=words.page_of,
        created=facts.made,
        instance=instance,
        instance_description=words.attachment,
    )
