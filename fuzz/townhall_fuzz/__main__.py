# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""``./run fuzz``: each target for some seconds, then the inputs that reach something new are kept.

Ends with status 1 where something was found. The input lies in the folder of findings; ``--again FILE`` feeds it once.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from townhall_fuzz.corpus import CORPUS, keep, kept
from townhall_fuzz.seeds import all_seeds
from townhall_fuzz.targets import TARGETS

_MOST_BYTES: Final = 8192
_HANG_S: Final = 25
_MOST_MIB: Final = 1024
_PROGRESS: Final = re.compile(rb"#(\d+)\s.*?cov: (\d+)")
_FINDINGS: Final = CORPUS.parent / "findings"


@dataclass(frozen=True, slots=True)
class Run:
    """What became of one target."""

    executions: int
    coverage: int
    is_clean: bool


def fuzz(name: str, seconds: int, seeds: list[bytes]) -> Run:
    """Run a target, beginning with what is kept of it; keep the fewest inputs that reach all that was reached."""
    with tempfile.TemporaryDirectory() as temporary:
        found, given, fewest = (Path(temporary) / each for each in ("found", "given", "fewest"))
        for folder in (found, given, fewest):
            folder.mkdir()
        for number, content in enumerate([*kept(name), *seeds]):
            (given / str(number)).write_bytes(content)
        done = _libfuzzer(name, f"-max_total_time={seconds}", str(found), str(given))
        _libfuzzer(name, "-merge=1", str(fewest), str(found), str(given))
        if chosen := [each.read_bytes() for each in fewest.iterdir()]:
            keep(name, chosen)
    progress = _PROGRESS.findall(done.stderr)
    executions, coverage = (int(each) for each in progress[-1]) if progress else (0, 0)
    if done.returncode:
        sys.stderr.buffer.write(done.stderr[-4000:])
    return Run(executions, coverage, done.returncode == 0)


def _libfuzzer(name: str, *options: str) -> subprocess.CompletedProcess[bytes]:
    _FINDINGS.mkdir(exist_ok=True)
    limits = (f"-max_len={_MOST_BYTES}", f"-timeout={_HANG_S}", f"-rss_limit_mb={_MOST_MIB}")
    artifacts = f"-artifact_prefix={_FINDINGS / name}-"
    command = [sys.executable, "-m", "townhall_fuzz.one", name, *limits, artifacts, *options]
    return subprocess.run(command, capture_output=True, check=False)


def main() -> int:
    """Run it."""
    parser = argparse.ArgumentParser(prog="./run fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", choices=[[], *TARGETS], help="all, where none is named")
    parser.add_argument("--seconds", type=int, default=10, help="for each target")
    parser.add_argument("--again", type=Path, metavar="FILE", help="feed a finding to the one target that is named")
    asked = parser.parse_args()
    if asked.again:
        (name,) = asked.targets
        TARGETS[name].feed(asked.again.read_bytes())
        return 0
    seeds = list(all_seeds())
    is_clean = True
    for name in asked.targets or TARGETS:
        run = fuzz(name, asked.seconds, [content for target, content in seeds if target == name])
        is_clean &= run.is_clean
        verdict = "clean" if run.is_clean else "FOUND"
        sys.stdout.write(f"{name:24} {run.executions:10,} {run.coverage:6,} {len(kept(name)):5} {verdict}\n")
        sys.stdout.flush()
    return 0 if is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
