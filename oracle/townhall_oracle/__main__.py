# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""``./run oracle FOLDER``: every form below a folder, filled in at random by ours and by other engines.

Ends with status 1 where they differ and ``declared`` does not say why.
"""

import argparse
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from hypothesis import HealthCheck, Phase, given, settings

from townhall_forms.authoring import import_xlsform
from townhall_forms.errors import FormRefusedError, XlsFormRefusedError
from townhall_forms.form import Form, load_form
from townhall_forms.resources import FolderResources
from townhall_oracle.compare import Difference, differences
from townhall_oracle.declared import reason, reason_to_refuse
from townhall_oracle.engines import Engine, EngineRefusedError, Rxeval, XFormsEngine, node_program
from townhall_oracle.walk import STEPS, Step, Walk

_DIFFER: Final = "differ"
_REFUSED_ALONE: Final = "refused by ours alone"
_BESIDE: Final = re.compile(r"jr://[a-z-]+/([A-Za-z0-9._-]+)")


class UndeclaredError(Exception):
    """The engines differ, and nobody has said why."""


@dataclass(frozen=True, slots=True)
class Source:
    """A form as all engines get it."""

    name: str  # below the folder
    xml: str
    files: Mapping[str, bytes]  # that it names and that lie beside it


@dataclass
class Tally:
    """What one engine and ours said of all forms."""

    engine: Engine
    counts: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)


def main() -> int:
    """Run it."""
    parser = argparse.ArgumentParser(prog="./run oracle", description=__doc__)
    parser.add_argument("folder", type=Path, help="where forms are (*.xml, *.xlsx), and the files that they name")
    parser.add_argument("--walks", type=int, default=25, help="random walks a form and engine")
    arguments = parser.parse_args()
    sources = list(read_sources(arguments.folder))
    with ExitStack() as stack:
        tallies = [Tally(stack.enter_context(XFormsEngine(node_program()))), Tally(Rxeval())]
        for number, source in enumerate(sources, 1):
            sys.stderr.write(f"{number} of {len(sources)}: {source.name}\n")
            for tally in tallies:
                compare(source, tally, arguments.walks)
    return report(tallies)


def read_sources(folder: Path) -> Iterator[Source]:
    """Yield every form below a folder; spreadsheets are converted first, and left out where that fails."""
    for path in sorted((*folder.rglob("*.xml"), *folder.rglob("*.xlsx"))):
        beside = FolderResources(path.parent)
        if path.suffix == ".xml":
            xml = path.read_text()
        else:
            try:
                xml = import_xlsform(path).decode()
            except (XlsFormRefusedError, FormRefusedError):
                continue
        files = {name: beside[name] for name in set(_BESIDE.findall(xml)) if name in beside}
        yield Source(path.relative_to(folder).as_posix(), xml, files)


def report(tallies: list[Tally]) -> int:
    """Print what was found; return the exit status."""
    for tally in tallies:
        _say(f"\n{tally.engine.name}: {', '.join(f'{count} {what}' for what, count in sorted(tally.counts.items()))}")
        for why, count in tally.reasons.most_common():
            _say(f"  {count} nodes: {why}")
    return 1 if any(tally.counts[_DIFFER] or tally.counts[_REFUSED_ALONE] for tally in tallies) else 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def compare(source: Source, tally: Tally, walks: int) -> None:
    """Open one form in both, and walk through it in both."""
    form, theirs = ours_of(source), theirs_of(source, tally.engine)
    if isinstance(form, str) or theirs:
        ours = form if isinstance(form, str) else ""
        tally.counts[_verdict(source, tally.engine, ours, theirs)] += 1
        _say(f"{source.name}: {tally.engine.name}: {theirs or 'opens'}; ours: {ours or 'opens'}")
        return
    try:
        walk_through(source, form, tally, walks)
    except UndeclaredError as exc:
        tally.counts[_DIFFER] += 1
        _say(f"{source.name}: {tally.engine.name} differs: {exc}")
    else:
        tally.counts["same"] += 1


def _verdict(source: Source, engine: Engine, ours: str, theirs: str) -> str:
    if ours and theirs:
        return "refused by both"
    if theirs:
        return "opened by ours alone"
    return _REFUSED_ALONE if reason_to_refuse(engine.name, source.name) is None else "refused by ours, as declared"


def ours_of(source: Source) -> Form | str:
    """Return the form, or why ours refuses it."""
    try:
        return load_form(source.xml.encode(), source.files)
    except FormRefusedError as exc:
        return str(exc)


def theirs_of(source: Source, engine: Engine) -> str:
    """Return why another engine refuses a form, or nothing."""
    try:
        engine.open(source.xml, source.files)
    except EngineRefusedError as exc:
        return str(exc) or "refused"
    return ""


def walk_through(source: Source, form: Form, tally: Tally, walks: int) -> None:
    """Walk at random, and shrink what is not the same to the fewest steps.

    Raises:
        UndeclaredError: they differ.
    """

    @settings(
        max_examples=walks,
        database=None,
        deadline=None,
        derandomize=True,
        report_multiple_bugs=False,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(STEPS)
    def walk(steps: list[Step]) -> None:
        tally.engine.open(source.xml, source.files)
        walked = Walk(form, tally.engine)
        try:
            for step in steps:
                walked.take(step)
        except EngineRefusedError as exc:
            raise UndeclaredError(f"{exc}, after {walked.done}") from None
        found = differences(form, walked.instance(), tally.engine.instance())
        if unsaid := list(undeclared(source, found, tally)):
            raise UndeclaredError(f"{unsaid[:3]}, after {walked.done}")

    walk()


def undeclared(source: Source, found: list[Difference], tally: Tally) -> Iterator[Difference]:
    """Yield the differences that nobody has explained, and count the others."""
    for each in found:
        why = reason(tally.engine.name, source.name, each)
        if why is None:
            yield each
        else:
            tally.reasons[why] += 1


if __name__ == "__main__":
    sys.exit(main())
