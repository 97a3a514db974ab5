# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The inbox against a line that fails, checks that blow up, and its own death: each payload is one case, never none."""

import hashlib
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from townhall_central.agencies import InboxItem, InboxPage
from townhall_central.database import Database
from townhall_central.errors import CaseUnknownError, CentreUnreachableError
from townhall_central.inbox import store
from townhall_central.inbox.case import Case, Reason, ShownCase
from townhall_central.inbox.examine import Examined
from townhall_central.inbox.home import InboxHome
from townhall_central.inbox.round import RoundResult, run_round
from townhall_central.pickup import MAX_DEATHS
from townhall_central.place import Place

pytestmark = pytest.mark.parametrize("engine", ["sqlite", "postgresql"], indirect=True)


class PaperLine:
    """Envelopes in a list instead of a centre; `fails_at` cuts the line at the n-th question."""

    def __init__(self, contents: list[bytes], page_size: int = 3) -> None:
        self.contents = contents
        self.page_size = page_size
        self.fails_at = -1
        self.epoch = 0
        self._asked = 0

    def _ask(self) -> None:
        self._asked += 1
        if self._asked == self.fails_at:
            raise CentreUnreachableError

    def page(self, after: int) -> InboxPage:
        self._ask()
        items = [
            InboxItem(index=index, id=hashlib.sha256(b"%d" % index).hexdigest(), server_time=1, certificate="")
            for index in range(after + 1, len(self.contents))
        ]
        return InboxPage(epoch=self.epoch, items=items[: self.page_size], is_last=len(items) <= self.page_size)

    def envelope(self, envelope_id: str) -> bytes:
        self._ask()
        found = [hashlib.sha256(b"%d" % index).hexdigest() for index in range(len(self.contents))].index(envelope_id)
        return self.contents[found]


def look(untrusted: bytes, _item: InboxItem) -> Examined:
    return Examined(Case(state="ready", reasons=[]), untrusted, hashlib.sha256(untrusted).digest())


def cases(home: InboxHome) -> list[ShownCase]:
    with home.database.read() as connection:
        return [store.read_case(connection, number) for number, _ in store.list_cases(connection)]


def test_a_check_that_blows_up_leaves_a_case_that_needs_attention(
    inbox: InboxHome, caplog: pytest.LogCaptureFixture
) -> None:
    def explode(_untrusted: bytes, _item: InboxItem) -> Examined:
        raise RecursionError("with somebody's name in it")

    assert run_round(inbox.database, PaperLine([b"a", b"b"]), explode) == RoundResult(2, 2)
    reason = cases(inbox)[0].case.reasons[0]
    assert (reason.code, reason.detail) == (Reason.CHECK_FAILED.code, "RecursionError")
    assert "somebody" not in caplog.text


def test_an_envelope_that_kills_the_inbox_is_set_aside_in_the_end(inbox: InboxHome) -> None:
    class Death(BaseException):
        """Stands for SIGKILL: nothing catches it."""

    def die(untrusted: bytes, item: InboxItem) -> Examined:
        if untrusted == b"deadly":
            raise Death
        return look(untrusted, item)

    line = PaperLine([b"first", b"deadly", b"last"])
    for _ in range(MAX_DEATHS):
        with pytest.raises(Death):
            run_round(inbox.database, line, die)
    assert run_round(inbox.database, line, die) == RoundResult(2, 1)
    assert [each.case.state for each in cases(inbox)] == ["ready", "needs attention", "ready"]
    assert cases(inbox)[1].case.reasons[0].code == Reason.CHECK_KILLS.code


def test_the_same_payload_in_two_envelopes_is_one_case(inbox: InboxHome) -> None:
    assert run_round(inbox.database, PaperLine([b"same", b"other", b"same"]), look).cases == 2
    assert [len(each.envelopes) for each in cases(inbox)] == [2, 1]


def test_a_second_round_finds_nothing_new(inbox: InboxHome) -> None:
    line = PaperLine([b"a", b"b", b"c", b"d", b"e"])
    assert run_round(inbox.database, line, look).cases == 5
    assert run_round(inbox.database, line, look).cases == 0


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    contents=st.lists(st.sampled_from([b"a", b"b", b"c", b"d"]), min_size=1, max_size=9),
    cuts=st.lists(st.integers(1, 12), max_size=4),
    page_size=st.integers(1, 4),
)
def test_a_line_that_fails_anywhere_changes_nothing_in_the_end(
    new_inbox: Callable[[], InboxHome], contents: list[bytes], cuts: list[int], page_size: int
) -> None:
    home = new_inbox()
    for cut in cuts:
        line = PaperLine(contents, page_size)
        line.fails_at = cut
        try:
            run_round(home.database, line, look)
        except CentreUnreachableError:
            continue
    run_round(home.database, PaperLine(contents, page_size), look)
    found = cases(home)
    assert len(found) == len(set(contents))
    assert sum(len(each.envelopes) for each in found) == len(contents)


def test_an_unknown_case_is_refused(inbox: InboxHome) -> None:
    with inbox.database.read() as connection:
        with pytest.raises(CaseUnknownError):
            store.read_case(connection, 1)
        with pytest.raises(CaseUnknownError):
            store.read_document(connection, 1)


@pytest.fixture
def new_inbox(new_place: Callable[[], Place], inbox: InboxHome) -> Iterator[Callable[[], InboxHome]]:
    """A fresh database beside the same keys, at each call."""
    made: list[InboxHome] = []

    def make() -> InboxHome:
        database = Database.create(new_place(), store.SCHEMA)
        made.append(InboxHome(inbox.settings, inbox.recipient_key, inbox.request_key, inbox.device_ca, database))
        return made[-1]

    yield make
    for each in made:
        each.database.close()
