# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What assistive technology sees over the real bus: an outside client walks every screen of a window under Xvfb."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from townhall_ui.screens import (
    AccessNumberScreen,
    AttractScreen,
    Candidate,
    CheckOrCastScreen,
    ChoiceScreen,
    ContestScreen,
    EntryKind,
    PinScreen,
    QuestionScreen,
    RankedScreen,
    RankWords,
    ReviewScreen,
    Screen,
    StatusScreen,
    WaysScreen,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.ui.sampler import Sampler

HERE = Path(__file__).parent
DEBIAN_PYTHON = "/usr/bin/python3"
TAKES_FOCUS = {"push button", "radio button", "check box", "text", "password text", "heading"}


@dataclass(frozen=True)
class Node:
    """One object on the bus."""

    role: str
    name: str
    description: str
    states: frozenset[str]
    actions: tuple[str, ...]


@dataclass(frozen=True)
class Walk:
    """What the client saw of one language."""

    sampler: Sampler
    trees: dict[str, list[Node]]
    pressed: str

    def named(self, screen: str, role: str) -> list[str]:
        return [node.name for node in self.trees[screen] if node.role == role]


def _node(raw: dict[str, Any]) -> Node:  # Any: JSON of the client
    return Node(
        raw["role"], raw["name"], raw["description"], frozenset(raw["states"]), tuple(map(str.lower, raw["actions"]))
    )


def _walk(sampler: Sampler, folder: Path) -> Walk:
    output = folder / f"{sampler.language}.json"
    environment = {
        **os.environ,
        "QT_QPA_PLATFORM": "xcb",
        "QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1",
        "XDG_RUNTIME_DIR": str(folder),
        "PYTHONWARNINGS": "ignore",
    }
    client = [DEBIAN_PYTHON, str(HERE / "atspi_client.py"), sys.executable, str(HERE / "atspi_window.py")]
    command = ["xvfb-run", "-a", "-s", "-screen 0 1280x800x24", "dbus-run-session", "--", *client]
    done = subprocess.run(
        [*command, sampler.language, str(output)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    seen = json.loads(output.read_text(encoding="utf-8"))
    trees = {name: [_node(raw) for raw in tree] for name, tree in seen["trees"].items()}
    return Walk(sampler, trees, seen["pressed"])


_walks: dict[str, Walk] = {}


@pytest.fixture(params=["en", pytest.param("ar", marks=pytest.mark.long)])
def walk(
    request: pytest.FixtureRequest, samplers: dict[str, Sampler], tmp_path_factory: pytest.TempPathFactory
) -> Walk:
    """Walked once for each language; the tests look at what was seen."""
    language = str(request.param)
    if language not in _walks:
        _walks[language] = _walk(samplers[language], tmp_path_factory.mktemp("atspi"))
    return _walks[language]


def test_every_kind_of_screen_was_walked(walk: Walk) -> None:
    assert set(walk.trees) == set(walk.sampler.all())
    assert all(len(tree) > 3 for tree in walk.trees.values())


def test_each_screen_has_one_heading_with_its_question_and_its_text(walk: Walk) -> None:
    for name, screen in walk.sampler.all().items():
        [heading] = [node for node in walk.trees[name] if node.role == "heading"]
        assert heading.name == screen.frame.heading
        assert "FOCUSABLE" in heading.states
        if isinstance(screen, ReviewScreen):
            assert all(answer.answer in heading.description for answer in screen.answers)


def test_everything_that_takes_the_focus_has_a_name_and_can_be_acted_on(walk: Walk) -> None:
    for name, tree in walk.trees.items():
        for node in tree:
            if "FOCUSABLE" in node.states:
                assert node.role in TAKES_FOCUS, (name, node)
                assert node.name.strip(), (name, node)
            if node.role == "push button" and "ENABLED" in node.states:
                assert "press" in node.actions, (name, node)
            if node.role in {"radio button", "check box"}:
                assert {"press", "toggle"} & set(node.actions), (name, node)
            assert node.name.strip() or node.role in {"filler", "application"}, (name, node)


def test_the_buttons_of_the_frame_are_there_by_name(walk: Walk) -> None:
    for name, screen in walk.sampler.all().items():
        frame, buttons = screen.frame, set(walk.named(name, "push button"))
        wanted = {label for label in (frame.back, frame.stop, frame.ways, frame.help, frame.proceed) if label}
        assert wanted <= buttons, (name, wanted - buttons)


def _choices(screen: Screen) -> tuple[str, dict[str, bool]]:  # noqa: PLR0911 - one line a kind
    """The role of a screen's choices, and each with whether it is marked."""
    match screen:
        case QuestionScreen(kind=EntryKind.CHOOSE_MANY):
            return "check box", {choice.label: choice.id in screen.value.split() for choice in screen.choices}
        case QuestionScreen(kind=EntryKind.RANK, ranks=RankWords(ranks=ranks)):
            told = {one: f", {rank}" for one, rank in zip(screen.value.split(), ranks, strict=False)}
            named = {choice: _label(Candidate(choice.id, choice.label)) for choice in screen.choices}
            return "check box", {
                named[choice] + told.get(choice.id, ""): choice.id in told for choice in screen.choices
            }
        case QuestionScreen(kind=EntryKind.CHOOSE_ONE):
            return "radio button", {choice.label: choice.id == screen.value for choice in screen.choices}
        case WaysScreen():
            pairs = [(group, choice) for group in screen.groups for choice in group.choices]
            return "radio button", {f"{group.label}: {choice.label}": choice.is_chosen for group, choice in pairs}
        case ContestScreen():
            listed = (*screen.candidates, *([screen.blank] if screen.blank is not None else []))
            return "check box", {_label(candidate): candidate.id in screen.marks for candidate in listed}
        case RankedScreen():
            return "check box", dict(_ranks(screen))
        case CheckOrCastScreen(ways=choices) | ChoiceScreen(choices=choices):
            return "push button", dict.fromkeys((choice.label for choice in choices), False)
        case StatusScreen(actions=choices) | AttractScreen(invitations=choices):
            return "push button", dict.fromkeys((choice.label for choice in choices), False)
        case _:
            return "", {}


def _label(candidate: Candidate) -> str:
    return "\u2002".join(part for part in (candidate.number, candidate.name) if part)


def _ranks(screen: RankedScreen) -> Iterator[tuple[str, bool]]:
    """Each candidate's name on the bus, which tells the rank in words, and whether there is one."""
    for candidate in (*screen.candidates, *([screen.blank] if screen.blank is not None else [])):
        rank = next((number for number, rank in enumerate(screen.ranking) if candidate.id in rank), None)
        if rank is None or candidate is screen.blank:
            yield _label(candidate), rank is not None
            continue
        words = screen.rank_words.ranks[rank]
        words = screen.rank_words.shared.format(rank=words) if len(screen.ranking[rank]) > 1 else words
        yield f"{_label(candidate)}, {words}", True


def test_choices_have_their_role_and_tell_whether_they_are_marked(walk: Walk) -> None:
    seen_any = set()
    for name, screen in walk.sampler.all().items():
        role, wanted = _choices(screen)
        nodes = [node for node in walk.trees[name] if node.role == role and node.name in wanted]
        assert bool(nodes) == bool(wanted), name
        for node in nodes:
            assert ("CHECKED" in node.states) == wanted[node.name], (name, node)
            assert ("CHECKABLE" in node.states) == (role != "push button"), (name, node)
            seen_any.add(role)
    assert seen_any == {"check box", "radio button", "push button"}


def test_fields_are_told_as_fields_and_a_pin_as_hidden_text(walk: Walk) -> None:
    typed = dict.fromkeys((EntryKind.TEXT, EntryKind.LONG_TEXT, EntryKind.LINES, EntryKind.INTEGER), 1)
    typed |= {
        EntryKind.DECIMAL: 1,
        EntryKind.DATE: 3,
        EntryKind.TIME: 2,
        EntryKind.DATE_TIME: 5,
        EntryKind.PLACE: 2,
        EntryKind.RANGE: 1,
    }
    for name, screen in walk.sampler.all().items():
        fields = [node for node in walk.trees[name] if node.role == "text"]
        is_typed = isinstance(screen, QuestionScreen) and not screen.is_read_only
        if isinstance(screen, AccessNumberScreen):
            assert [node.name for node in fields] == [screen.frame.heading]
            continue
        assert len(fields) == (typed.get(screen.kind, 0) if is_typed and isinstance(screen, QuestionScreen) else 0)
        assert all("EDITABLE" in node.states for node in fields), name
        if isinstance(screen, PinScreen):
            assert walk.named(name, "password text") == [screen.frame.heading]


def test_problems_are_alerts_and_the_code_is_an_image(walk: Walk) -> None:
    assert walk.named("text-problem", "alert") == [walk.sampler.t("street problem")]
    assert walk.named("pin-problem", "alert") == [walk.sampler.t("pin notice")]
    assert walk.named("receipt", "image") == [walk.sampler.t("qr")]
    assert walk.named("contest-notice", "alert") == [walk.sampler.t("too many")]
    assert walk.named("checked", "alert") == [walk.sampler.t("checked1")]
    assert walk.named("checked", "image") == [walk.sampler.t("checked qr")]
    assert walk.named("lines-problem", "alert") == [walk.sampler.t("printed problem")]
    assert walk.sampler.t("portrait") in [node.name for node in walk.trees["document-checked"]]


def test_a_press_over_the_bus_is_an_intent(walk: Walk) -> None:
    assert walk.pressed == "[Chose(id='address')]"
