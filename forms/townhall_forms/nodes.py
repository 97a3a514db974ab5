# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The tree of an instance: what expressions read and answers change."""

from collections.abc import Iterable, Iterator


class Node:
    """A document, an element or an attribute of an instance.

    An element holds child elements or ``text``, never both (mixed content is refused when a form is read). ``path`` is
    the element's place in the form's definition; every instance of a repeat shares it. ``birth`` is 0 but for an
    instance of a repeat, where it counts those of its parent from 1 in the order they came; no number is used twice.
    """

    __slots__ = (
        "attributes",
        "birth",
        "children",
        "is_relevant",
        "local",
        "named",
        "namespace",
        "parent",
        "path",
        "text",
    )

    def __init__(self, local: str, namespace: str = "", text: str = "") -> None:
        self.local = local
        self.namespace = namespace
        self.text = text
        self.path = ""
        self.parent: Node | None = None
        self.children: list[Node] = []
        self.named: dict[str, list[Node]] = {}  # children by local name
        self.attributes: list[Node] = []
        self.is_relevant = True
        self.birth = 0

    def __repr__(self) -> str:
        """Name the place; an answer is never shown."""
        return f"<Node {self.path or self.local}>"

    def append(self, child: "Node") -> None:
        """Put ``child`` last, and give it and its attributes their paths."""
        child.parent = self
        child.path = f"{self.path}/{child.local}"
        self.children.append(child)
        self.named.setdefault(child.local, []).append(child)

    def insert(self, child: "Node", place: int) -> None:
        """Put ``child``, which has its path, at ``place`` among the children."""
        child.parent = self
        self.children.insert(place, child)
        before = sum(1 for each in self.children[:place] if each.local == child.local)
        self.named.setdefault(child.local, []).insert(before, child)

    def remove(self, child: "Node") -> None:
        """Take a child out of the tree; it keeps its path."""
        self.children = [each for each in self.children if each is not child]
        self.named[child.local] = [each for each in self.named[child.local] if each is not child]
        child.parent = None

    def set_attribute(self, local: str, namespace: str, value: str) -> None:
        """Add an attribute."""
        attribute = Node(local, namespace, value)
        attribute.parent = self
        attribute.path = f"{self.path}/@{local}"
        self.attributes.append(attribute)

    @property
    def position(self) -> int:
        """The place among the siblings of the same name, from 1."""
        if self.parent is None:
            return 1
        return next(place for place, each in enumerate(self.parent.named[self.local], 1) if each is self)

    @property
    def ref(self) -> str:
        """The place in this instance: the path with the position of every repeat, as in ``/data/person[2]/name``."""
        return "".join(reversed([f"{step}[{node.position}]" if node.birth else step for node, step in self._upwards()]))

    @property
    def birthplace(self) -> str:
        """The same with births for positions: it does not change when a repeat before it is removed."""
        return "".join(reversed([f"{step}[{node.birth}]" if node.birth else step for node, step in self._upwards()]))

    def _upwards(self) -> Iterator[tuple["Node", str]]:
        node: Node | None = self
        while node is not None and node.path:
            yield node, node.path[node.path.rindex("/") :]
            node = node.parent

    def instance_of(self, path: str) -> "Node | None":
        """Return the node at ``path`` on the way up from here, itself included."""
        node: Node | None = self
        while node is not None and node.path != path:
            node = node.parent
        return node

    def at(self, path: str) -> "Node | None":
        """Return the first node below this one (or this one) that stands at ``path``, or None."""
        node: Node | None = self
        for step in path[len(self.path) :].split("/")[1:]:
            if node is None:
                return None
            if step.startswith("@"):
                return next((each for each in node.attributes if each.local == step[1:]), None)
            node = next(iter(node.named.get(step, ())), None)
        return node

    def string_value(self) -> str:
        """Return the text of this node and of the relevant nodes below it (XPath 1.0 §5.2)."""
        if not self.children:
            return self.text
        return "".join(child.string_value() for child in self.children if child.is_relevant)

    def walk(self) -> Iterator["Node"]:
        """Yield this node and every node below it in document order, relevant or not."""
        yield self
        for child in self.children:
            yield from child.walk()

    def root(self) -> "Node":
        """Return the topmost node above this one."""
        node = self
        while node.parent is not None:
            node = node.parent
        return node

    def copy(self) -> "Node":
        """Return a deep copy without a parent; ``path`` and ``birth`` are kept."""
        twin = Node(self.local, self.namespace, self.text)
        twin.path = self.path
        twin.birth = self.birth
        for attribute in self.attributes:
            twin.set_attribute(attribute.local, attribute.namespace, attribute.text)
        for child in self.children:
            twin.append(child.copy())
        return twin


def in_document_order(nodes: Iterable[Node]) -> list[Node]:
    """Return each node once, in document order; attributes stand before the children of their element."""
    unique = list(dict.fromkeys(nodes))
    if len(unique) < 2:
        return unique
    indexes: dict[Node, dict[Node, int]] = {}

    def place(node: Node) -> list[int]:
        found: list[int] = []
        while node.parent is not None:
            parent = node.parent
            if parent not in indexes:
                indexes[parent] = {each: number for number, each in enumerate((*parent.attributes, *parent.children))}
            found.append(indexes[parent].get(node, -1))  # a repeat that is only being asked about stands nowhere
            node = parent
        return found[::-1]

    return sorted(unique, key=place)
