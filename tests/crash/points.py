"""The table of crash points: how many each path has, and which effects they are."""

from pathlib import Path

_FILE = Path(__file__).with_name("points.txt")
_HEAD = "Crash points of each path: how many effects a run has, each of which a real process was killed at.\n"


class Points:
    """The rows of the table."""

    @staticmethod
    def read() -> dict[str, dict[str, int]]:
        """Return the number of points, by path and database."""
        if not _FILE.exists():
            return {}
        rows = [line.split("|") for line in _FILE.read_text().splitlines() if "|" in line][1:]
        table = {path.strip(): {"sqlite": int(one), "postgresql": int(other)} for path, one, other in rows}
        table.pop("all", None)
        return table

    @classmethod
    def known(cls, path: str, dialect: str) -> int:
        """Return how many points a path is known to have."""
        return cls.read().get(path, {}).get(dialect, 0)

    @classmethod
    def write(cls, path: str, dialect: str, count: int) -> None:
        """Put a row into the table."""
        table = cls.read()
        table.setdefault(path, {"sqlite": 0, "postgresql": 0})[dialect] = count
        lines = [f"{'path':40} | {'SQLite':>6} | {'PostgreSQL':>10}"]
        lines += [f"{name:40} | {row['sqlite']:6} | {row['postgresql']:10}" for name, row in table.items()]
        lines.append(f"{'all':40} | {cls._sum(table, 'sqlite'):6} | {cls._sum(table, 'postgresql'):10}")
        _FILE.write_text(_HEAD + "\n".join(lines) + "\n")

    @staticmethod
    def _sum(table: dict[str, dict[str, int]], dialect: str) -> int:
        return sum(row[dialect] for row in table.values())
