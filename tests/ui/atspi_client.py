# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""An outside client of the accessibility bus, run with Debian's Python: starts the window, walks it, writes JSON.

Usage: atspi_client.py PYTHON WINDOW_SCRIPT LANGUAGE OUTPUT. The output has, for each screen, the tree as a list of
nodes, and for one screen what came of pressing a button through the bus.
"""

import json
import subprocess
import sys
import time

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi  # noqa: E402 - the version is chosen first

_STATES = ("FOCUSED", "CHECKED", "CHECKABLE", "ENABLED", "SHOWING", "FOCUSABLE", "EDITABLE", "SENSITIVE")
_PATIENCE_S = 30.0


def _node(accessible):
    states = accessible.get_state_set()
    return {
        "role": accessible.get_role_name(),
        "name": accessible.get_name(),
        "description": accessible.get_description(),
        "states": [name for name in _STATES if states.contains(getattr(Atspi.StateType, name))],
        "actions": [
            Atspi.Action.get_action_name(accessible, index) for index in range(Atspi.Action.get_n_actions(accessible))
        ]
        if "Action" in accessible.get_interfaces()
        else [],
    }


def _walk(accessible):
    yield accessible
    for index in range(accessible.get_child_count()):
        child = accessible.get_child_at_index(index)
        if child is not None and child.get_state_set().contains(Atspi.StateType.SHOWING):
            yield from _walk(child)


def _application(pid):
    """The window's application on the bus, as soon as it has come."""
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline:
        desktop = Atspi.get_desktop(0)
        for index in range(desktop.get_child_count()):
            child = desktop.get_child_at_index(index)
            if child is not None and child.get_process_id() == pid and child.get_child_count():
                return child
        time.sleep(0.05)
    raise SystemExit("the window never came to the bus")


def _press(root, window, name):
    """Press a button by its name through the bus; what the window says came of it."""
    button = next(node for node in _walk(root) if node.get_name() == name)
    Atspi.Action.do_action(button, 0)
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline:
        window.stdin.write("intents\n")
        window.stdin.flush()
        answer = window.stdout.readline().strip()
        if answer != "[]":
            return answer
        time.sleep(0.05)
    return "nothing"


def main():
    python, script, language, output = sys.argv[1:5]
    pressed = ""
    window = subprocess.Popen(
        [python, script, language], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    )
    names = window.stdout.readline().split()[1:]
    root = _application(window.pid)
    trees = {}
    for name in names:
        window.stdin.write(f"{name}\n")
        window.stdin.flush()
        if window.stdout.readline().strip() != name:
            raise SystemExit(f"the window did not show {name}")
        root.clear_cache()
        trees[name] = [_node(accessible) for accessible in _walk(root)]
        if name == "services":
            pressed = _press(
                root,
                window,
                next(node["name"] for node in trees[name] if node["role"] == "push button" and node["description"]),
            )
    window.stdin.close()
    window.wait(_PATIENCE_S)
    with open(output, "w", encoding="utf-8") as file:
        json.dump({"trees": trees, "pressed": pressed}, file)


if __name__ == "__main__":
    main()
