# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The tree of an instance: what expressions read and answers change."""

from collections.abc import Iterator


class Node:
    """A document, an element or an attribute of an instance.

    An element holds child elements or ``text``, never both (mixed content is refused when a form is read). ``path`` is
    the element's place in the form's definition; every repeat of one element shares it.
    """

    __slots__ = ("attributes", "children", "is_relevant", "local", "named", "namespace", "parent", "path", "text")

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

    def __repr__(self) -> str:
        """Name the place; an answer is never shown."""
        return f"<Node {self.path or self.local}>"

    def append(self, child: "Node") -> None:
        """Put ``child`` last, and give it and its attributes their paths."""
        child.parent = self
        child.path = f"{self.path}/{child.local}"
        self.children.append(child)
        self.named.setdefault(child.local, []).append(child)

    def set_attribute(self, local: str, namespace: str, value: str) -> None:
        """Add an attribute."""
        attribute = Node(local, namespace, value)
        attribute.parent = self
        attribute.path = f"{self.path}/@{local}"
        self.attributes.append(attribute)

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

    def place(self) -> tuple[int, ...]:
        """Return a key that sorts nodes of one tree in document order."""
        indexes: list[int] = []
        node = self
        while node.parent is not None:
            indexes.append(_index(node, node.parent))
            node = node.parent
        return tuple(reversed(indexes))

    def copy(self) -> "Node":
        """Return a deep copy without a parent; ``path`` is kept."""
        twin = Node(self.local, self.namespace, self.text)
        twin.path = self.path
        for attribute in self.attributes:
            twin.set_attribute(attribute.local, attribute.namespace, attribute.text)
        for child in self.children:
            twin.append(child.copy())
        return twin


def _index(node: Node, parent: Node) -> int:
    for number, other in enumerate(parent.attributes):
        if other is node:
            return number - len(parent.attributes)
    return next(number for number, other in enumerate(parent.children) if other is node)
