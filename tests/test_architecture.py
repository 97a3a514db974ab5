# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The layout holds: no part hides a library, every library has its one home, and files stay readable.

The floors are held by import-linter (``./run check``).
"""

import ast
import site
import sys
import sysconfig
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PARTS = tuple(
    ROOT / path
    for path in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"][
        "packages"
    ]
)
HOMES = {
    "smartcard": {"townhall_smartcard/pcsc.py"},
    "pkcs11": {"townhall_smartcard/vendor/token.py"},
    "sqlite3": {"townhall_sync/sqlite_store.py"},
    "sqlite_utils": {"townhall_sync/sqlite_store.py"},
    # The kiosk's line, and that of an agency's inbox, which is another program of another part.
    "httpx2": {
        "townhall_sync/central_http.py",
        "townhall_central/bounded_http.py",
        "townhall_central/centre_line.py",  # names the type of a request that it signs
    },
    "typst": {"townhall_forms/document.py"},
    "pypdfium2": {"townhall_forms/document_pictures.py"},
    "pyxform": {"townhall_forms/authoring.py"},
    "segno": {"townhall_kiosk/visit/qr.py"},
    "gmpy2": {"townhall_voting/schnorr_group.py", "townhall_smartcard/emrtd/powers.py"},
    "qasync": {"townhall_kiosk/visit/app.py"},
    "certomancer": {"townhall_smartcard/simulation/pki.py", "townhall_smartcard/simulation/trust_services.py"},
}
NOWHERE = {
    "pickle": "builds objects of the sender's choice",
    "marshal": "as pickle",
    "shelve": "as pickle",
    "httpx": "its last release is of 2024; httpx2 took over",
    "requests": "one HTTP client is enough",
    "unittest": "no mocks of our classes: simulators",
}
_HARD_LIMIT_LINES = 400


@cache
def sources() -> tuple[Path, ...]:
    return tuple(path for part in PARTS for path in sorted(part.rglob("*.py")))


@cache
def imports() -> dict[str, set[str]]:
    """Top-level names of what each file imports, wherever in the file."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in sources():
        for name in imported_by(path):
            found[name].add(str(path.relative_to(next(part for part in PARTS if part in path.parents).parent)))
    return found


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def imported_by(path: Path) -> Iterator[str]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0]


def test_pyscard_is_not_hidden_by_our_folder_of_that_name() -> None:
    import smartcard  # noqa: PLC0415  # what this line finds is the question

    libraries = {Path(sysconfig.get_path(name)).resolve() for name in ("purelib", "platlib")}
    libraries |= {Path(folder).resolve() for folder in site.getsitepackages()}
    found = Path(smartcard.__file__).resolve()
    assert any(found.is_relative_to(folder) for folder in libraries)


def test_no_part_folder_and_no_test_folder_is_a_package() -> None:
    folders = [part.parent for part in PARTS] + [path for path in (ROOT / "tests").rglob("*") if path.is_dir()]
    assert [folder for folder in (*folders, ROOT, ROOT / "tests") if (folder / "__init__.py").exists()] == []


def test_every_part_has_a_page_one_package_and_types() -> None:
    for package in PARTS:
        assert (package.parent / "README.md").is_file()
        assert (package / "py.typed").is_file()
        assert list(package.parent.glob("*/__init__.py")) == [package / "__init__.py"]


@pytest.mark.parametrize("library", HOMES)
def test_a_library_is_imported_in_its_home_and_nowhere_else(library: str) -> None:
    assert imports()[library] == HOMES[library]


def test_the_checker_of_ballots_needs_the_standard_library_alone() -> None:
    (checker,) = (part for part in PARTS if part.name == "townhall_checker")
    names = {name for path in checker.rglob("*.py") for name in imported_by(path)}
    assert names <= sys.stdlib_module_names | {"townhall_checker"}


@pytest.mark.parametrize("library", NOWHERE)
def test_a_library_that_we_do_without_is_imported_nowhere(library: str) -> None:
    assert imports().get(library, set()) == set(), NOWHERE[library]


def test_qt_lives_in_the_window_the_visit_s_process_the_trustees_window_and_the_demo_s_puppet() -> None:
    homes = {path for path in imports()["PySide6"] if not path.startswith("townhall_ui/")}
    assert homes == {
        "townhall_kiosk/visit/app.py",
        "townhall_kiosk/trustee/app.py",
        "townhall_kiosk/demo/puppet.py",
    }


def test_no_file_is_longer_than_a_person_can_hold_in_mind() -> None:
    long = {str(path.relative_to(ROOT)) for path in sources() if len(path.read_text().splitlines()) > _HARD_LIMIT_LINES}
    assert long == set()


def test_every_module_begins_with_a_sentence_that_says_what_it_is() -> None:
    for path in sources():
        docstring = ast.get_docstring(tree(path))
        assert docstring, path
        assert docstring.splitlines()[0].rstrip().endswith((".", ":", "?")), path


def test_nothing_is_started_through_a_shell() -> None:
    for path in sources():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.keyword) and node.arg == "shell":
                assert isinstance(node.value, ast.Constant), path
                assert node.value.value is False, path


def test_no_lock_file_names_where_packages_are_fetched() -> None:
    for lock in (ROOT / "requirements").glob("*.lock"):
        text = lock.read_text()
        assert "://" not in text
        assert "--hash=sha256:" in text
