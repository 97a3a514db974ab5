# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The instance of one session: where each node stands, how repeats grow and shrink, and what the body shows of it."""

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from townhall_forms.controls import Control, Item, RepeatedItems
from townhall_forms.errors import EvaluationError
from townhall_forms.form import Form
from townhall_forms.nodes import Node
from townhall_forms.repeats import MAX_INSTANCES, Repeat

MAX_NODES = 50_000

Placed: TypeAlias = tuple[Control, Node]


class InstanceTree:
    """A tree of nodes with its indexes. Whoever adds or removes nodes calls ``index`` before asking anything else."""

    def __init__(self, form: Form) -> None:
        self._form = form
        self.document = form.document.copy()
        self.nodes: Mapping[str, Node] = {}  # by ref, in document order; attributes that have rules come last
        self.refs: Mapping[Node, str] = {}
        self.placed: Mapping[str, Placed] = {}  # controls by ref, in the body's order
        self._at: dict[str, list[Node]] = {}
        self.born: dict[tuple[Node, str], int] = {}  # highest birth that was taken away, by parent and repeat
        self._size = 0
        self._sizes = {path: sum(1 for _node in each.template.walk()) for path, each in form.repeats.items()}
        self.index()

    @property
    def root(self) -> Node:
        """The root element."""
        return self.document.children[0]

    def at(self, path: str) -> tuple[Node, ...]:
        """Return every node at a path of the definition, in document order."""
        return tuple(self._at.get(path, ()))

    def index(self) -> None:
        """Find every node's place anew."""
        self._at = {}
        nodes: dict[str, Node] = {}
        for ref, node in places(self.root):
            nodes[ref] = node
            self._at.setdefault(node.path, []).append(node)
        for path in self._form.attributes:
            owner, _, local = path.rpartition("/@")
            for node in self.at(owner):
                for each in node.attributes:
                    if each.local == local:
                        nodes[f"{node.ref}/@{local}"] = each
                        self._at.setdefault(path, []).append(each)
        self.nodes = nodes
        self._size = len(nodes)
        self.refs = {node: ref for ref, node in nodes.items()}
        self.placed = {self.refs[node]: (control, node) for control, node in self._layout(self._form.items, self.root)}

    def below(self, node: Node, path: str) -> tuple[Node, ...]:
        """Return the nodes at ``path`` inside the nearest repeat around ``node`` that has the path; or else all."""
        around: Node | None = node
        while around is not None:
            if around.birth and f"{path}/".startswith(f"{around.path}/"):
                return tuple(each for each in self.at(path) if each.instance_of(around.path) is around)
            around = around.parent
        return self.at(path)

    def add(self, repeat: Repeat, parent: Node) -> Node:
        """Put a new instance behind the others of its parent.

        Raises:
            EvaluationError: there are too many.
        """
        instances = repeat.instances(parent)
        if len(instances) >= MAX_INSTANCES:
            raise EvaluationError(f"more than {MAX_INSTANCES} instances", repeat.path)
        self._size += self._sizes[repeat.path]
        if self._size > MAX_NODES:
            raise EvaluationError("an instance of too many nodes", repeat.path)
        node = repeat.template.copy()
        highest = max((each.birth for each in instances), default=0)
        node.birth = max(highest, self.born.get((parent, repeat.path), 0)) + 1
        parent.insert(node, self._end(repeat, parent, instances))
        return node

    def drop(self, node: Node) -> None:
        """Take an instance of a repeat away; its birth is not given again."""
        if node.parent is not None:
            key = (node.parent, node.path)
            self.born[key] = max(self.born.get(key, 0), node.birth)
            node.parent.remove(node)

    def _end(self, repeat: Repeat, parent: Node, instances: tuple[Node, ...]) -> int:
        if instances:
            return next(place for place, each in enumerate(parent.children, 1) if each is instances[-1])
        defined = self._form.definition.at(parent.path)
        names = [] if defined is None else [child.local for child in defined.children]
        before = set(names[: names.index(repeat.template.local)])
        return max((place for place, each in enumerate(parent.children, 1) if each.local in before), default=0)

    def _layout(self, items: tuple[Item, ...], around: Node) -> Iterator[Placed]:
        for item in items:
            if isinstance(item, RepeatedItems):
                for instance in self._instances(item, around):
                    yield from self._layout(item.items, instance)
            else:
                node = around.at(item.path) if item.path.startswith(f"{around.path}/") else self.root.at(item.path)
                if node is not None and node in self.refs:
                    yield item, node

    def _instances(self, item: RepeatedItems, around: Node) -> tuple[Node, ...]:
        if around is self.root:
            return self.at(item.path)
        parent = around.at(item.path.rpartition("/")[0])
        return () if parent is None else self._form.repeats[item.path].instances(parent)


def places(root: Node) -> Iterator[tuple[str, Node]]:
    """Yield every element with its ref, in document order."""
    stack = [(f"/{root.local}", root)]
    while stack:
        ref, node = stack.pop()
        yield ref, node
        inner: list[tuple[str, Node]] = []
        counts: dict[str, int] = {}
        for child in node.children:
            step = f"{ref}/{child.local}"
            if child.birth:
                counts[child.local] = counts.get(child.local, 0) + 1
                step = f"{step}[{counts[child.local]}]"
            inner.append((step, child))
        stack.extend(reversed(inner))
