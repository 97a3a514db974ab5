# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Reads the file in which an author writes an election, YAML or JSON; every fault names file, place and reason."""

import json
import re
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import msgspec
import yaml

from townhall_voting.errors import DefinitionRefusedError
from townhall_voting.mode import Mode
from townhall_voting.package.definition import MAX_BYTES, Definition
from townhall_voting.package.definition_check import check_definition
from townhall_voting.package.nist_definition import ReadElection

_GIVEN: Final = ("title", "contests", "styles", "districts")
"""Members that a Ballot Definition brings."""
_TEXTS: Final = {"title", "name", "second_line", "instruction", "description"}
"""Members that hold a text: a mapping by language, or one string that is the same in all languages."""
_WORDS: Final = {"number", "id", "kiosk"}
"""Members that are text even where they look like a number."""
_MAX_DEPTH: Final = 20
_AT: Final = re.compile(r" - at (?:`key` in )?`\$?\.?([^`]*)`$")
_WHOLE_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,15}")
_STRING, _BOOLEAN = "tag:yaml.org,2002:str", "tag:yaml.org,2002:bool"

Value: TypeAlias = "str | int | bool | list[Value] | dict[str, Value]"


def read_authored(name: str, content: bytes, given: ReadElection | None = None) -> Definition:
    """Return the definition that a file called ``name`` holds (docs/formats/election-package.md, section 1).

    With ``given``, read from a NIST Ballot Definition, the file holds all but title, contests, styles and districts.

    Raises:
        DefinitionRefusedError: with the file's name, the place in it and the reason.
    """
    reading = _Reading(name)
    value = reading.from_json(content) if name.endswith(".json") else reading.from_yaml(content)
    if given is not None:
        value = reading.completed(value, given)
    value = _spread(value, _languages(value))
    try:
        return check_definition(msgspec.convert(value, Definition))
    except msgspec.ValidationError as error:
        reason = str(error)
        found = _AT.search(reason)
        raise reading.refused(found[1] if found else "", _AT.sub("", reason)) from None
    except DefinitionRefusedError as error:
        raise reading.refused(error.place, error.reason) from None


@dataclass(slots=True)
class _Reading:
    """One file; where each member stands, as far as the format tells."""

    name: str
    lines: dict[str, int] = field(default_factory=dict)

    def refused(self, place: str, reason: str) -> DefinitionRefusedError:
        """Return the error, with the line of the place or of what is around it."""
        around = place
        while around and around not in self.lines:
            around = re.sub(r"\.?[^.\[\]]+$|\[[^\[\]]*\]$", "", around)
        line = self.lines.get(around)
        return DefinitionRefusedError(place, reason, self.name if line is None else f"{self.name}, line {line}")

    def completed(self, value: Value, given: ReadElection) -> Value:
        """Return the file's members with those of a Ballot Definition; neither may say what the other says."""
        if not isinstance(value, dict):
            return value
        if value.get("mode") != (Mode.TEST if given.is_test else Mode.OFFICIAL).value:
            raise self.refused("mode", "the Ballot Definition is for the other mode (IsTest)")
        for name in _GIVEN:
            if name in value:
                raise self.refused(name, "stands in the Ballot Definition already")
        given_parts = zip(_GIVEN, (given.title, given.contests, given.styles, given.districts), strict=True)
        parts: dict[str, Value] = {name: msgspec.to_builtins(part) for name, part in given_parts}
        return {**value, **parts}

    def from_json(self, content: bytes) -> Value:
        self._check_size(content)
        try:
            value: Value = json.loads(content.decode("utf-8"), object_pairs_hook=self._members)
        except json.JSONDecodeError as error:
            raise DefinitionRefusedError("", error.msg, f"{self.name}, line {error.lineno}") from None
        except (UnicodeDecodeError, RecursionError):
            raise self.refused("", "not JSON in UTF-8") from None
        return value

    def from_yaml(self, content: bytes) -> Value:
        self._check_size(content)
        try:
            # Composed, not loaded: nodes know their lines, and no tag makes an object.
            root = yaml.compose(content.decode("utf-8"), Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark
            where = self.name if mark is None else f"{self.name}, line {mark.line + 1}"
            raise DefinitionRefusedError("", error.problem or "not YAML", where) from None
        except (yaml.YAMLError, UnicodeDecodeError, RecursionError):
            raise self.refused("", "not YAML in UTF-8") from None
        if root is None:
            raise self.refused("", "empty")
        return self._value(root, "", set())

    def _value(self, node: yaml.Node, place: str, seen: set[int]) -> Value:
        self.lines[place] = node.start_mark.line + 1
        if id(node) in seen or place.count(".") + place.count("[") > _MAX_DEPTH:
            raise self.refused(place, "aliases and deep nesting have no place here")
        seen.add(id(node))
        match node:
            case yaml.MappingNode():
                return self._mapping(node, place, seen)
            case yaml.SequenceNode():
                return [self._value(each, f"{place}[{number}]", seen) for number, each in enumerate(node.value)]
            case _:
                return self._scalar(node, place)

    def _mapping(self, node: yaml.MappingNode, place: str, seen: set[int]) -> Value:
        found: dict[str, Value] = {}
        for key_node, value_node in node.value:
            key = key_node.value
            if not isinstance(key, str):
                raise self.refused(place, "a key that is no word")
            if key in found:
                raise self.refused(place, f"{key} stands there twice")
            found[key] = self._value(value_node, f"{place}.{key}" if place else key, seen)
        return found

    def _scalar(self, node: yaml.Node, place: str) -> Value:
        text: str = node.value
        if node.tag == _BOOLEAN:
            if text.lower() not in {"true", "false"}:  # YAML 1.1 takes yes, no, on and off for it
                raise self.refused(place, f'write "{text}" in quotes, or true or false')
            return text.lower() == "true"
        is_plain = node.tag != _STRING
        if is_plain and place.rpartition(".")[2] not in _WORDS and _WHOLE_NUMBER.fullmatch(text):
            return int(text)
        return text

    def _members(self, pairs: list[tuple[str, Value]]) -> dict[str, Value]:
        found = dict(pairs)
        if len(found) != len(pairs):
            twice = next(key for key, _ in pairs if [other for other, _ in pairs].count(key) > 1)
            raise self.refused("", f"{twice} stands twice in one object")
        return found

    def _check_size(self, content: bytes) -> None:
        if len(content) > MAX_BYTES:
            raise self.refused("", f"longer than {MAX_BYTES} bytes")


def _languages(value: Value) -> list[str]:
    languages = value.get("languages") if isinstance(value, dict) else None
    return [each for each in languages if isinstance(each, str)] if isinstance(languages, list) else []


def _spread(value: Value, languages: list[str]) -> Value:
    """Give a text that is written once to all languages."""
    if isinstance(value, list):
        return [_spread(each, languages) for each in value]
    if not isinstance(value, dict):
        return value
    spread: dict[str, Value] = {}
    for key, each in value.items():
        if key in _TEXTS and isinstance(each, str):
            spread[key] = dict.fromkeys(languages, each)
        elif key in _TEXTS:
            spread[key] = each
        else:
            spread[key] = _spread(each, languages)
    return spread
