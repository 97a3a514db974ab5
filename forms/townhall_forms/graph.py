# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Which nodes depend on which, the order to compute them in, and the refusal of circles.

Two kinds of dependence. A node's value and relevance depend on what its ``calculate``, ``relevant`` and choices read,
and its relevance on the group around it: these order the computation. Its ``required`` and ``readonly`` depend on what
they read, but nothing depends on them: they come last and cannot close a circle.
"""

import heapq
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from townhall_forms.errors import FormRefusedError, RefusalCause


@dataclass(frozen=True, slots=True)
class Graph:
    """The order of all nodes, and who must be computed anew when one changes. Nodes are named by path."""

    order: tuple[str, ...]
    rank: Mapping[str, int]  # place in ``order``
    dependents: Mapping[str, tuple[str, ...]]  # value and relevance
    observers: Mapping[str, tuple[str, ...]]  # required and readonly

    def wave(self, start: Iterable[str]) -> "Wave":
        """Begin a recomputation from the given nodes."""
        return Wave(self, start)


class Wave:
    """One recomputation: yields each node at most once, after everything that it depends on."""

    def __init__(self, graph: Graph, start: Iterable[str]) -> None:
        self._graph = graph
        self._waiting = [graph.rank[path] for path in start]
        self._queued = set(self._waiting)
        heapq.heapify(self._waiting)

    def __iter__(self) -> Iterator[str]:
        while self._waiting:
            yield self._graph.order[heapq.heappop(self._waiting)]

    def changed(self, path: str) -> None:
        """Say that the node just yielded has another value or relevance than before."""
        self.also(self._graph.dependents.get(path, ()))

    def also(self, paths: Iterable[str]) -> None:
        """Yield these too; none of them may stand before the node just yielded."""
        for path in paths:
            rank = self._graph.rank[path]
            if rank not in self._queued:
                self._queued.add(rank)
                heapq.heappush(self._waiting, rank)


def build_graph(
    paths: Iterable[str], reads: Mapping[str, Iterable[str]], observes: Mapping[str, Iterable[str]]
) -> Graph:
    """Order ``paths`` so that each comes after what it ``reads``.

    Raises:
        FormRefusedError: nodes depend on each other in a circle; the detail names it.
    """
    ordered = list(paths)
    position = {path: number for number, path in enumerate(ordered)}
    needs = {path: {each for each in reads.get(path, ()) if each in position} for path in ordered}
    dependents = _reverse(needs, position)
    waiting = {path: len(needed) for path, needed in needs.items()}
    ready = [position[path] for path, count in waiting.items() if count == 0]
    heapq.heapify(ready)
    order: list[str] = []
    while ready:
        path = ordered[heapq.heappop(ready)]
        order.append(path)
        for dependent in dependents.get(path, ()):
            waiting[dependent] -= 1
            if waiting[dependent] == 0:
                heapq.heappush(ready, position[dependent])
    if len(order) < len(ordered):
        circle = _circle(needs, set(ordered) - set(order))
        raise FormRefusedError(RefusalCause.CYCLE, " -> ".join(circle), circle[0])
    ranks = {path: number for number, path in enumerate(order)}
    return Graph(tuple(order), ranks, dependents, _reverse(observes, position))


def _reverse(edges: Mapping[str, Iterable[str]], position: Mapping[str, int]) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for path, sources in edges.items():
        for source in sources:
            if source in position:
                found.setdefault(source, []).append(path)
    return {source: tuple(sorted(paths, key=position.__getitem__)) for source, paths in found.items()}


def _circle(needs: Mapping[str, set[str]], stuck: set[str]) -> list[str]:
    """Return one circle among nodes that could not be ordered, first node repeated at the end."""
    path = min(stuck)
    seen: dict[str, int] = {}
    while path not in seen:
        seen[path] = len(seen)
        # A node that is stuck needs a stuck one, but a circle need not pass through every stuck node.
        path = min(needs[path] & stuck)
    return [*list(seen)[seen[path] :], path]
