# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The order of computation: circles are refused, the rest is ordered, and a wave touches what depends and no more."""

from collections.abc import Mapping
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from townhall_forms.errors import FormRefusedError, RefusalCause
from townhall_forms.graph import Graph, build_graph

PATHS = [f"/data/n{number}" for number in range(12)]
Edges = Mapping[str, frozenset[str]]

# Any edges at all, circles among them; and edges that only lead backwards, so that there is none.
_ANY_EDGES = st.dictionaries(st.sampled_from(PATHS), st.frozensets(st.sampled_from(PATHS), max_size=4))
_NO_CIRCLE = st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=30).map(
    lambda pairs: {
        path: frozenset(PATHS[min(pair)] for pair in pairs if max(pair) == number and min(pair) != number)
        for number, path in enumerate(PATHS)
    }
)


def has_circle(reads: Edges) -> bool:
    """Say so by brute force: follow every edge as often as there are nodes."""
    reached = {path: set(reads.get(path, ())) for path in PATHS}
    for _round in PATHS:
        for path in PATHS:
            reached[path] |= {further for near in reached[path] for further in reads.get(near, ())}
    return any(path in reached[path] for path in PATHS)


def all_dependents(reads: Edges, changed: str) -> set[str]:
    found: set[str] = set()
    waiting = [changed]
    while waiting:
        source = waiting.pop()
        for path in PATHS:
            if source in reads.get(path, ()) and path not in found:
                found.add(path)
                waiting.append(path)
    return found


def run(graph: Graph, changed: str) -> list[str]:
    seen: list[str] = []
    wave = graph.wave(graph.dependents.get(changed, ()))
    for path in wave:
        seen.append(path)
        wave.changed(path)
    return seen


@given(_ANY_EDGES)
def test_exactly_the_circles_are_refused(reads: Edges) -> None:
    try:
        graph = build_graph(PATHS, reads, {})
    except FormRefusedError as refused:
        cause, detail = refused.cause, refused.detail
    else:
        assert not has_circle(reads)
        assert sorted(graph.order) == sorted(PATHS)
        return
    assert cause is RefusalCause.CYCLE
    assert has_circle(reads)
    circle = detail.split(" -> ")
    assert circle[0] == circle[-1]
    assert all(after in reads[before] for before, after in pairwise(circle))


@given(_NO_CIRCLE)
def test_everything_comes_after_what_it_reads(reads: Edges) -> None:
    graph = build_graph(PATHS, reads, {})
    for path, sources in reads.items():
        assert all(graph.rank[source] < graph.rank[path] for source in sources)


@given(_NO_CIRCLE, st.sampled_from(PATHS))
def test_a_wave_reaches_each_dependent_once_and_in_order(reads: Edges, changed: str) -> None:
    graph = build_graph(PATHS, reads, {})
    seen = run(graph, changed)
    assert set(seen) == all_dependents(reads, changed)
    assert seen == sorted(set(seen), key=graph.rank.__getitem__)


def test_a_wave_stops_where_nothing_changes() -> None:
    reads = {PATHS[1]: {PATHS[0]}, PATHS[2]: {PATHS[1]}, PATHS[3]: {PATHS[2]}}
    graph = build_graph(PATHS, reads, {})
    seen = []
    wave = graph.wave([PATHS[1]])
    for path in wave:
        seen.append(path)
        if path == PATHS[1]:
            wave.changed(path)
    assert seen == [PATHS[1], PATHS[2]]


def test_a_wave_from_several_nodes_goes_through_each_once() -> None:
    reads = {PATHS[3]: {PATHS[1], PATHS[2]}}
    graph = build_graph(PATHS, reads, {})
    wave = graph.wave([PATHS[2], PATHS[1], PATHS[2]])
    seen = []
    for path in wave:
        seen.append(path)
        wave.changed(path)
    assert sorted(set(seen)) == [PATHS[1], PATHS[2], PATHS[3]]
    assert seen[-1] == PATHS[3]


def test_observers_neither_order_nor_close_a_circle() -> None:
    graph = build_graph(PATHS, {PATHS[1]: {PATHS[0]}}, {PATHS[0]: {PATHS[1]}})
    assert graph.observers == {PATHS[1]: (PATHS[0],)}
    assert graph.dependents == {PATHS[0]: (PATHS[1],)}


def test_nodes_that_the_form_does_not_have_are_no_edges() -> None:
    graph = build_graph(PATHS, {PATHS[1]: {"/data/lost"}}, {PATHS[1]: {"/data/lost"}})
    assert graph.dependents == {}
    assert graph.observers == {}


def test_without_edges_the_order_is_the_forms() -> None:
    assert list(build_graph(PATHS, {}, {}).order) == PATHS


def test_a_long_chain_is_no_recursion() -> None:
    paths = [f"/n{number}" for number in range(20_000)]
    reads = {path: {paths[number]} for number, path in enumerate(paths[1:])}
    assert build_graph(paths, reads, {}).order[-1] == paths[-1]
    reads[paths[0]] = {paths[-1]}
    with pytest.raises(FormRefusedError):
        build_graph(paths, reads, {})
