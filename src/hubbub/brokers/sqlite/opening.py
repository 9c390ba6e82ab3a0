"""Open the file: one process at a time, our own format only, and without a silent step back in time."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from contextlib import suppress
from pathlib import Path

from structlog import get_logger

from hubbub.brokers.sqlite.schema import NEW_EPOCHS, SCHEMA, SCHEMA_VERSION, missing
from hubbub.brokers.sqlite.settings import SqliteSettings, Synchronous
from hubbub.errors import BrokerUnavailable

APPLICATION_ID = 0x48554242
"""`HUBB`, in the header of the file: tells our files from other programs'."""

PAGE_BYTES = 4096
BUSY_TIMEOUT_MS = 5_000
"""How long a lock that another program holds on the file, such as a shell's, is waited for."""

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")

_log = get_logger(__name__)


def boot_id() -> str:
    """Return what names this run of the machine, or nothing where the system does not tell."""
    try:
        return BOOT_ID.read_text().strip()
    except OSError:
        return ""


def explain(error: sqlite3.Error, path: Path) -> str:
    """Say in a sentence for the operator what SQLite's error means for the file, and what next."""
    name = getattr(error, "sqlite_errorname", "") or type(error).__name__
    sentences = {
        "SQLITE_FULL": f"{path} cannot grow: the disk is full, or max_bytes reached; nothing stored is lost",
        "SQLITE_NOTADB": f"{path} is not a SQLite database; move it away or name another file",
        "SQLITE_CORRUPT": f"{path} is damaged; keep a copy, and restore a backup or start with a new file",
        "SQLITE_BUSY": f"another program holds a lock on {path}; close it",
        "SQLITE_READONLY": f"{path} is not writable for this user",
        "SQLITE_CANTOPEN": f"{path} or a file beside it cannot be opened for writing",
        "SQLITE_IOERR": f"the disk failed to read or write {path}",
    }
    for known, sentence in sentences.items():
        if name.startswith(known):
            return f"{sentence} ({name})"
    return f"{path}: {error} ({name})"


def open_private(path: Path) -> int:
    """Open or make a file of this user's only; raises BrokerUnavailable with a sentence."""
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise BrokerUnavailable(
            f"{path} cannot be opened for writing: {error.strerror}; name a file in a directory that"
            " exists and is writable"
        ) from error


class Lock:
    """Keep other processes away from the file, by an advisory lock on a file beside it.

    The lock is on a file of its own, because closing any descriptor of the database would drop SQLite's
    own locks on it. The kernel gives it back when the process ends, in whatever way.
    """

    def __init__(self, path: Path) -> None:
        self._path = path.with_name(path.name + ".lock")
        self._descriptor = -1

    def take(self) -> None:
        """Take the lock; raises BrokerUnavailable with the holder's process id when another has it."""
        descriptor = open_private(self._path)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(descriptor, 32).decode("ascii", "replace").strip() or "unknown"
            os.close(descriptor)
            raise BrokerUnavailable(
                f"{self._path.with_suffix('')} is in use by process {holder}, and a SQLite file serves one"
                " process; stop that one, or use a redis:// broker for several"
            ) from None
        os.ftruncate(descriptor, 0)
        os.write(descriptor, b"%d\n" % os.getpid())
        self._descriptor = descriptor

    def release(self) -> None:
        """Give the lock back; harmless where it was not taken."""
        if self._descriptor >= 0:
            with suppress(OSError):
                os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = -1


def open_database(settings: SqliteSettings, boot: str) -> sqlite3.Connection:
    """Open or make the file, and begin a life in it; raises BrokerUnavailable with a sentence.

    `boot` names this run of the machine, see `boot_id`.
    """
    path = settings.path
    # Made here, not by SQLite: what people wrote is nobody else's to read.
    os.close(open_private(path))
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        _prepare(connection, settings)
        _begin_life(connection, settings, boot)
    except sqlite3.Error as error:
        connection.close()
        raise BrokerUnavailable(explain(error, path)) from error
    except BrokerUnavailable:
        connection.close()
        raise
    return connection


def end_life(connection: sqlite3.Connection) -> None:
    """Note an orderly end on the disk, fold the log into the file, and close."""
    with suppress(sqlite3.Error):
        # Without the note the next start is only more careful than it had to be.
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("UPDATE life SET clean = 1")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def _prepare(connection: sqlite3.Connection, settings: SqliteSettings) -> None:
    """Check that the file is ours, and set the connection up."""
    path = settings.path
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if tables and application != APPLICATION_ID:
        raise BrokerUnavailable(
            f"{path} is another program's database; it was left as it is: name another file"
        )
    if version > SCHEMA_VERSION:
        raise BrokerUnavailable(
            f"{path} was written by a newer Hubbub (format {version}, this one knows {SCHEMA_VERSION});"
            " upgrade, or name another file"
        )
    if not tables:
        connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
    (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        raise BrokerUnavailable(
            f"the file system of {path} has no shared memory for WAL; use a local disk"
        )
    if settings.max_bytes:
        connection.execute(f"PRAGMA max_page_count = {max(settings.max_bytes // PAGE_BYTES, 1)}")
    # The first transaction of a life must be on the disk whatever comes after it, see `_begin_life`.
    connection.execute("PRAGMA synchronous = FULL")
    if not tables or version < SCHEMA_VERSION:
        connection.execute("BEGIN IMMEDIATE")
        for statement in missing(version) if tables else SCHEMA:
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        connection.execute("COMMIT")


def _begin_life(connection: sqlite3.Connection, settings: SqliteSettings, boot: str) -> None:
    """Note that the file is in use, and give new epochs where the machine may have lost our last writes.

    The end of a process loses nothing that was committed. A machine that stops does, unless each commit
    waited for the disk: then offsets might be given a second time, and the new epochs say so to everybody.
    """
    connection.execute("BEGIN IMMEDIATE")
    former = connection.execute("SELECT boot, synchronous, clean FROM life").fetchone()
    if former is not None:
        former_boot, former_level, clean = former
        same_boot = bool(boot) and boot == former_boot
        if not (clean or same_boot or former_level == Synchronous.FULL.value):
            for statement in NEW_EPOCHS:
                connection.execute(statement)
            _log.warning(
                "the machine stopped while the database was in use: channels got new epochs, because"
                " the last publishes may be lost; synchronous = FULL avoids that",
                path=str(settings.path),
            )
    connection.execute(
        "INSERT OR REPLACE INTO life (one, boot, synchronous, clean) VALUES (1, ?, ?, 0)",
        (boot, settings.synchronous.value),
    )
    connection.execute("COMMIT")
    connection.execute(f"PRAGMA synchronous = {settings.synchronous.value}")
