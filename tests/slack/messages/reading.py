"""Makes plain lines of what people see in Block Kit, and finds the sentences that turn people away in the source."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bot.domain import errors
from bot.domain.schedule import FormerAgentGone, InvalidSchedule, NeverSent
from bot.slack.block_kit.elements import Block

BOT = Path(__file__).parents[3] / "bot"
ROOMS = ("domain", "service", "slack", "store", "uponai")
REFUSALS = {name for name, value in vars(errors).items() if isinstance(value, type)} - {"IllegalTransition", "Field"}
REFUSALS |= {each.__name__ for each in (InvalidSchedule, FormerAgentGone, NeverSent)}
_DATE = re.compile(r"<!date\^\d+\^[^|]*\|([^>]*)>")


def read(text: str) -> str:
    """Write dates as Slack's fallback has them."""
    return _DATE.sub(r"\1", text).replace("\u2060", "")


def lines_of(blocks: list[Block]) -> list[str]:
    """Return what people read in blocks, a line for each paragraph, label, option and button."""
    return [line for block in blocks for line in _lines(block) if line.strip()]


def _lines(part: Any) -> Iterator[str]:
    match part:
        case list():
            for each in part:
                yield from _lines(each)
        case {"type": "rich_text_section" | "rich_text_quote" | "rich_text_preformatted", "elements": list(runs)}:
            yield from "".join(_run(run) for run in runs).splitlines()
        case {"type": "button"}:
            yield f"[{part['text']['text']}]"
            if "confirm" in part:
                sure = part["confirm"]
                yield f"  ? {sure['title']['text']} {sure['text']['text']} [{sure['confirm']['text']}]"
        case {"type": "plain_text" | "mrkdwn", "text": str(text)}:
            yield from read(text).splitlines()
        case dict():
            for key in ("title", "text", "label", "hint", "placeholder", "options", "accessory", "fields"):
                yield from _lines(part.get(key))
            yield from _lines(part.get("element"))
            yield from _lines(part.get("elements"))
            yield from _lines(part.get("blocks"))
            yield from _lines(part.get("submit"))


def _run(run: Block) -> str:
    match run["type"]:
        case "user":
            return f"<@{run['user_id']}>"
        case "usergroup":
            return f"<!subteam^{run['usergroup_id']}>"
        case "channel":
            return f"<#{run['channel_id']}>"
        case "emoji":
            return f":{run['name']}:"
        case "date":
            return str(run["fallback"])
    return str(run["text"])


def refusals() -> list[str]:
    """Return every sentence that is raised to be shown, with `{…}` where something is filled in, sorted."""
    found = set()
    for room in ROOMS:
        for path in sorted((BOT / room).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in REFUSALS:
                    found |= {_written(each) for each in node.args[:1]}
    return sorted(found - {""})


def _written(node: ast.expr) -> str:
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=values):
            return "".join(v.value if isinstance(v, ast.Constant) else "{…}" for v in values)  # type: ignore[misc]  # a constant of an f-string is text
        case ast.IfExp(body=body, orelse=orelse):
            return f"{_written(body)} / {_written(orelse)}"
    return ""
