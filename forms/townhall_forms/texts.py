# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Texts of a form: inline or translated, with values of answers inside (`output`)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from lxml import etree

from townhall_forms.errors import FormRefusedError, RefusalCause
from townhall_forms.expressions import Expressions, Rule
from townhall_forms.markup import XFORMS, attribute, name_of
from townhall_forms.nodes import Node
from townhall_forms.xpath.scope import Environment
from townhall_forms.xpath.values import to_string

Parts: TypeAlias = tuple[str | Rule, ...]  # what stands there, and what is put in
Media: TypeAlias = tuple[tuple[str, str], ...]  # (form of the text, address): ("image", "jr://images/a.png")

_CODE_IN_BRACKETS = re.compile(r".*\(\s*([A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*)\s*\)")
_ITEXT = re.compile(r"\s*jr:itext\(\s*(?:'([^']*)'|\"([^\"]*)\")\s*\)\s*")
_COMPUTED_ITEXT = re.compile(r"\s*jr:itext\(([^()]*)\)\s*")
_WORDS = frozenset({"", "long", "short"})


@dataclass(frozen=True, slots=True)
class Translations:
    """The itext block: texts by language and id. Languages are BCP 47 where the form says them so."""

    languages: tuple[str, ...] = ()
    default_language: str = ""
    by_language: Mapping[str, Mapping[str, Parts]] = field(default_factory=dict)
    has_outputs: bool = False  # some text holds a value of an answer, so it changes with the answers
    media: Mapping[str, Mapping[str, Media]] = field(default_factory=dict)  # by language and id

    def find_media(self, text_id: str, language: str) -> Media:
        """Return what goes with a text besides its words: pictures, sounds, guidance."""
        found = self.media.get(language, {}).get(text_id)
        return self.media.get(self.default_language, {}).get(text_id, ()) if found is None else found

    def find(self, text_id: str, language: str) -> Parts:
        """Return a text, in the default language where the wanted one lacks it; nothing for an unknown id."""
        found = self.by_language.get(language, {}).get(text_id)
        return self.by_language.get(self.default_language, {}).get(text_id, ()) if found is None else found

    def knows(self, text_id: str) -> bool:
        """Say whether any language has the text."""
        return any(text_id in texts for texts in self.by_language.values())

    def match(self, language: str) -> str:
        """Return the form's language for a wanted one: itself, one with the same first subtag, or the default."""
        if language in self.languages:
            return language
        primary = language.partition("-")[0]
        return next((each for each in self.languages if each.partition("-")[0] == primary), self.default_language)


@dataclass(frozen=True, slots=True)
class InlineText:
    """A text written in place; of one language only."""

    parts: Parts


@dataclass(frozen=True, slots=True)
class TranslatedText:
    """A text of the itext block."""

    text_id: str


@dataclass(frozen=True, slots=True)
class ComputedText:
    """A text that an expression gives, such as the label of an itemset."""

    rule: Rule
    text_id: Rule | None = None  # gives the id, where the expression looks up a text of the itext block


Text: TypeAlias = InlineText | TranslatedText | ComputedText


def show(text: Text | None, translations: Translations, environment: Environment, node: Node) -> str:
    """Return a text in the environment's language; ``node`` is what its expressions start from."""
    match text:
        case None:
            return ""
        case InlineText(parts=parts):
            return fill(parts, environment, node)
        case TranslatedText(text_id=text_id):
            return fill(translations.find(text_id, environment.language), environment, node)
        case ComputedText(rule=rule):
            return to_string(rule.run(environment, node))


def show_media(text: Text | None, translations: Translations, environment: Environment, node: Node) -> Media:
    """Return what goes with a text besides its words."""
    match text:
        case TranslatedText(text_id=text_id):
            return translations.find_media(text_id, environment.language)
        case ComputedText(text_id=Rule() as rule):
            return translations.find_media(to_string(rule.run(environment, node)), environment.language)
        case _:
            return ()


def fill(parts: Parts, environment: Environment, node: Node) -> str:
    """Put the values into a text."""
    if len(parts) == 1 and isinstance(parts[0], str):
        return parts[0]
    return "".join(part if isinstance(part, str) else to_string(part.run(environment, node)) for part in parts).strip()


def read_parts(element: etree._Element, expressions: Expressions, place: str) -> Parts:
    """Read mixed content with ``output`` elements; other markup gives its text."""
    parts: list[str | Rule] = [element.text or ""]
    for child in element:
        _namespace, local = name_of(child)
        if local == "output":
            written = attribute(child, "value") or attribute(child, "ref")
            parts.append(expressions.rule(written, place))
        else:
            parts.extend(read_parts(child, expressions, place))
        parts.append(child.tail or "")
    return _joined(parts)


def _joined(parts: list[str | Rule]) -> Parts:
    joined: list[str | Rule] = []
    for part in parts:
        last = joined[-1] if joined else None
        if isinstance(part, str) and isinstance(last, str):
            joined[-1] = last + part
        elif part != "":
            joined.append(part)
    if len(joined) == 1 and isinstance(joined[0], str):
        return (joined[0].strip(),)
    return tuple(joined)


def read_text(
    element: etree._Element | None, expressions: Expressions, translations: Translations, place: str
) -> Text | None:
    """Read a ``label`` or ``hint``.

    Raises:
        FormRefusedError: it names a text that the form does not have.
    """
    if element is None:
        return None
    reference = attribute(element, "ref")
    if reference:
        return reference_text(reference, expressions, translations, place)
    return InlineText(read_parts(element, expressions, place))


def reference_text(reference: str, expressions: Expressions, translations: Translations, place: str) -> Text:
    """Read ``jr:itext('id')``, or any other expression that gives a text."""
    match = _ITEXT.fullmatch(reference)
    if match is None:
        computed = _COMPUTED_ITEXT.fullmatch(reference)
        text_id = expressions.rule(computed[1], place) if computed else None
        return ComputedText(expressions.rule(reference, place), text_id)
    named = match[1] if match[1] is not None else match[2]
    if not translations.knows(named):
        raise FormRefusedError(RefusalCause.BAD_REFERENCE, f"text {named!r} is not in the form", place)
    return TranslatedText(named)


def message_text(written: str, expressions: Expressions, translations: Translations, place: str) -> Text | None:
    """Read ``jr:constraintMsg`` and its like: ``jr:itext('id')`` or the words themselves."""
    if not written:
        return None
    if _ITEXT.fullmatch(written):
        return reference_text(written, expressions, translations, place)
    return InlineText((written,))


def read_translations(model: etree._Element, expressions: Expressions) -> Translations:
    """Read the itext block of a model.

    Raises:
        FormRefusedError: two translations for one language.
    """
    elements = model.findall(f"{{{XFORMS}}}itext/{{{XFORMS}}}translation")
    by_language: dict[str, Mapping[str, Parts]] = {}
    media: dict[str, Mapping[str, Media]] = {}
    default = ""
    for element in elements:
        language = language_code(attribute(element, "lang"))
        if language in by_language:
            raise FormRefusedError(RefusalCause.BAD_REFERENCE, f"two translations for {language!r}", "itext")
        by_language[language] = _read_translation(element, expressions)
        media[language] = _read_media(element)
        if "default" in element.attrib and not default:
            default = language
    languages = tuple(by_language)
    has_outputs = any(
        isinstance(part, Rule) for texts in by_language.values() for parts in texts.values() for part in parts
    )
    return Translations(languages, default or (languages[0] if languages else ""), by_language, has_outputs, media)


def _read_translation(translation: etree._Element, expressions: Expressions) -> Mapping[str, Parts]:
    texts: dict[str, Parts] = {}
    for element in translation.findall(f"{{{XFORMS}}}text"):
        text_id = attribute(element, "id")
        values = {attribute(value, "form"): value for value in reversed(element.findall(f"{{{XFORMS}}}value"))}
        chosen = next((values[form] for form in ("", "long", "short") if form in values), None)
        texts[text_id] = () if chosen is None else read_parts(chosen, expressions, f"itext {text_id}")
    return texts


def _read_media(translation: etree._Element) -> Mapping[str, Media]:
    """Read the forms of texts that are not words: `image`, `big-image`, `audio`, `video`; and `guidance` for hints."""
    found: dict[str, Media] = {}
    for element in translation.findall(f"{{{XFORMS}}}text"):
        values = element.findall(f"{{{XFORMS}}}value")
        media = tuple(
            (form, "".join(value.itertext()).strip())
            for value in values
            if (form := attribute(value, "form")) not in _WORDS
        )
        if media:
            found[attribute(element, "id")] = media
    return found


def language_code(name: str) -> str:
    """Return the BCP 47 code in ``Eesti (et)``, or the name as it is."""
    match = _CODE_IN_BRACKETS.fullmatch(name)
    return match[1] if match else name.strip()
