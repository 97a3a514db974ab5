# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""PostgreSQL as the place of a database: which addresses are safe, and what each connection insists on.

An address is libpq's own (`postgresql://user@host/name?...`), without a password: that stands in a password file
(`passfile=`, or ~/.pgpass) or comes with a client certificate, and so in no setting, log or list of processes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

import psycopg
from psycopg import pq
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sqlalchemy import Engine, create_engine

from townhall_central.errors import DirectoryError

LOCK_TIMEOUT_S: Final = 20
_SCHEMES: Final = ("postgresql://", "postgres://")
_THIS_MACHINE: Final = ("localhost", "127.0.0.1", "::1")
_DEFAULTS: Final = {
    "application_name": "townhall-central",
    "client_encoding": "UTF8",
    "connect_timeout": "10",
    "target_session_attrs": "read-write",  # never a standby
    "tcp_user_timeout": "30000",
}


@dataclass(frozen=True, slots=True)
class PostgresqlDatabase:
    """A database of a PostgreSQL server; only `parse` makes one."""

    conninfo: str

    @classmethod
    def parse(cls, url: str) -> Self:
        """Return the database that an address names.

        Raises:
            DirectoryError: no such address, a password in it, or a line to another machine that is not checked.
        """
        if not url.startswith(_SCHEMES):
            raise DirectoryError("a database's address begins with postgresql://")
        try:
            stated = conninfo_to_dict(url)
        except psycopg.ProgrammingError as exc:
            raise DirectoryError("this is no address of a PostgreSQL database") from exc
        if "password" in stated or "sslpassword" in stated:
            raise DirectoryError("no password in the address: use passfile=, or a service file")
        # What the environment adds counts too; what a service file adds cannot be seen, so it must be said.
        defaults = {option.keyword.decode(): option.val for option in pq.Conninfo.get_defaults()}
        host = stated.get("hostaddr") or stated.get("host") or _text(defaults["hostaddr"]) or _text(defaults["host"])
        is_here = "service" not in stated and all(_is_this_machine(each) for each in str(host).split(","))
        if not is_here and stated.get("sslmode") != "verify-full":
            raise DirectoryError("another machine's database needs sslmode=verify-full and sslrootcert= in its address")
        return cls(url)

    @property
    def name(self) -> str:
        """The database's name and host."""
        stated = conninfo_to_dict(self.conninfo)
        return f"PostgreSQL database {stated.get('dbname', '')} at {stated.get('host', 'this machine')}"

    @property
    def read_options(self) -> Mapping[str, object]:
        """All of a transaction from one snapshot."""
        return {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}

    def claim(self) -> None:
        """Nothing to do: an administrator made the database."""

    def require(self) -> None:
        """Nothing to do: connecting tells."""

    def engine(self) -> Engine:
        """Return the way to the server: one connection for the one thread, another where calls are nested."""
        # READ COMMITTED for writers: each statement after the lock sees what the writer before committed.
        return create_engine(
            "postgresql+psycopg://",
            creator=self._connect,
            isolation_level="READ COMMITTED",
            pool_size=1,
            max_overflow=2,
            hide_parameters=True,
        )

    def _connect(self) -> psycopg.Connection[tuple[object, ...]]:
        stated = conninfo_to_dict(self.conninfo)
        missing = {key: value for key, value in _DEFAULTS.items() if key not in stated}
        connection = psycopg.connect(make_conninfo(self.conninfo, **missing), autocommit=True)
        try:
            _insist(connection)
        except BaseException:
            connection.close()
            raise
        return connection


def _insist(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    connection.execute(f"SET lock_timeout = '{LOCK_TIMEOUT_S}s'".encode())
    # What was acknowledged is on the disk: an administrator may ask for more than `on`, not for less.
    if connection.execute("SHOW synchronous_commit").fetchone() == ("off",):
        connection.execute("SET synchronous_commit = on")
    if connection.execute("SHOW fsync").fetchone() != ("on",):
        raise DirectoryError("the PostgreSQL server has fsync off: it may lose what it acknowledged")
    connection.autocommit = False


def _text(value: bytes | None) -> str:
    return "" if value is None else value.decode()


def _is_this_machine(host: str) -> bool:
    # Empty, a directory or an abstract name: a Unix socket.
    return not host or host.startswith(("/", "@")) or host in _THIS_MACHINE
