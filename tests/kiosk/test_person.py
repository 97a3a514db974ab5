# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A scripted person tells the attract screen of the next visit from the one that the visit before leaves behind."""

import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from townhall_kiosk.demo.person import Person, PersonLostError


class Window:
    """Answers as a visit's window does: what is on it, and that everything asked of it is done."""

    def __init__(self, person: Path, kind: str) -> None:
        self.kind = kind
        self._line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._line.connect(str(person))
        threading.Thread(target=self._answer, daemon=True).start()

    def _answer(self) -> None:
        with self._line, self._line.makefile("r") as orders:
            for order in orders:
                self._line.sendall(json.dumps(self._answers(json.loads(order)["order"])).encode() + b"\n")

    def _answers(self, order: str) -> dict[str, object]:
        told: dict[str, dict[str, object]] = {"look": {"kind": self.kind, "heading": ""}, "read": {"text": ""}}
        return told.get(order, {"done": True})

    def close(self) -> None:
        self._line.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def person(tmp_path: Path) -> Iterator[Person]:
    person = Person(tmp_path / "person")
    yield person
    person.close()


def test_the_attract_screen_of_the_visit_that_ends_is_not_the_next_one(person: Person) -> None:
    mine = Window(person.socket_path, "ReceiptScreen")
    person.wait_for("ReceiptScreen")
    person.press("Finish")
    mine.kind = "AttractScreen"
    person.wait_for("AttractScreen")
    person.gives_up = lambda _seen: True
    with pytest.raises(PersonLostError):
        person.wait_for_next_visit()
    person.gives_up = lambda _seen: False
    following = Window(person.socket_path, "AttractScreen")
    assert person.wait_for_next_visit().kind == "AttractScreen"
    person.press("Touch to start")  # and from now on the following one is theirs
    person.gives_up = lambda _seen: True
    mine.close()
    with pytest.raises(PersonLostError):
        person.wait_for_next_visit()
    following.close()
