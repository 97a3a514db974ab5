# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A PostgreSQL server of one's own: unprivileged, on a Unix socket alone, gone with its directory. For tests and bench.

Nothing of the machine's own clusters is used or touched. Durability is as a real server has it.
"""

import itertools
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg

_NOBODY = 65534


class PostgresqlServer:
    """A running server; a context manager. Where we are root it runs as nobody, since PostgreSQL refuses root."""

    def __init__(self) -> None:
        self._bin = _binaries()
        self._home = Path(tempfile.mkdtemp(prefix="townhall-pg-", dir="/tmp"))
        self._numbers = itertools.count(1)

    def __enter__(self) -> Self:
        """Make a cluster and start it."""
        if os.geteuid() == 0:
            os.chown(self._home, _NOBODY, _NOBODY)
        self._run("initdb", "-D", self._data, "-U", "townhall", "--auth=trust", "-E", "UTF8", "--locale=C", "--no-sync")
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it and remove everything."""
        self.stop()
        shutil.rmtree(self._home)

    @property
    def _data(self) -> str:
        return str(self._home / "data")

    def start(self, *, fsync: str = "on") -> None:
        """Start the server; returns when it takes connections."""
        settings = f"-c listen_addresses='' -c unix_socket_directories={self._home} -c fsync={fsync}"
        self._run(
            "pg_ctl", "-D", self._data, "-w", "-t", "60", "-s", "-l", f"{self._home}/log", "-o", settings, "start"
        )

    def stop(self) -> None:
        """Stop it at once, as a power cut would; it recovers at the next start."""
        self._run("pg_ctl", "-D", self._data, "-w", "-t", "60", "-s", "-m", "immediate", "stop")

    def new_database(self) -> str:
        """Make an empty database and return its address."""
        name = f"centre_{next(self._numbers)}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return self.url(name)

    def new_schema(self) -> str:
        """Make an empty schema in one database, which is quicker and smaller, and return its address."""
        name = f"centre_{next(self._numbers)}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE SCHEMA {name}".encode())
        return f"{self.url('postgres')}&options=-csearch_path%3D{name}"

    def ask_passwords_of(self, *users: str) -> None:
        """Ask these users for their passwords, and let all others in."""
        rules = "".join(f"local all {user} scram-sha-256\n" for user in users) + "local all all trust\n"
        (self._home / "data" / "pg_hba.conf").write_text(rules)
        self._run("pg_ctl", "-D", self._data, "-s", "reload")

    def url(self, database: str) -> str:
        """Return the address of a database."""
        return f"postgresql://townhall@/{database}?host={self._home}"

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._bin / program), *arguments]
        if os.geteuid() == 0:
            command = ["setpriv", f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups", *command]
        # Its output goes nowhere: a server that lives on would hold a pipe open.
        subprocess.run(
            command, cwd="/", check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )


def _binaries() -> Path:
    """Return the directory of the newest installed server; raises FileNotFoundError."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[4]))
    if not found:
        raise FileNotFoundError("no PostgreSQL server is installed")
    return found[-1].parent
