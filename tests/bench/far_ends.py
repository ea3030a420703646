"""Slack and UponAI with constant answers, who note when each effect arrived; real ones take about 100 ms a call."""

import asyncio
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, unquote

TEAM, BOT, CHANNEL = "T1", "UBOT", "C1"
RITA, ALAN = "URITA", "UALAN"
ACCOUNT, WORKSPACE = "29e90072-fb58-4c6c-870a-43005115131e", 1
AGENT = "agent_d3c2df14e163c7ca8ac5b1bf38"
# The reason of each change holds one of these, so that its card is known.
MARK = re.compile(r"bench-(\d+)")
_LABEL = re.compile(r"RN-\d+")


class Effects:
    """What arrived at the far ends, by name: somebody may wait for it before or after."""

    def __init__(self) -> None:
        self._seen: dict[str, asyncio.Future[Any]] = {}

    def of(self, name: str) -> "asyncio.Future[Any]":
        """Return the future of one effect."""
        if name not in self._seen:
            self._seen[name] = asyncio.get_running_loop().create_future()
        return self._seen[name]

    def note(self, name: str, value: Any = None) -> None:
        """Note that it arrived; the first time counts."""
        seen = self.of(name)
        if not seen.done():
            seen.set_result(value)

    def count(self, prefix: str) -> int:
        """Count what arrived by the beginning of its name."""
        return sum(seen.done() for name, seen in self._seen.items() if name.startswith(prefix))

    def forget(self, name: str) -> None:
        """Forget one, so that it can come again."""
        self._seen.pop(name, None)


class FarEnds:
    """Both far ends of one subject."""

    def __init__(self, numbers: int, *, delay: float = 0) -> None:
        self.effects = Effects()
        self.delay = delay
        self.views: dict[str, dict[str, Any]] = {}
        self._numbers = {number_of(i): _entry(i) for i in range(numbers)}
        self._listed = {number: json.dumps(entry) for number, entry in self._numbers.items()}
        self._ids = iter_ids()
        agents = [{"agent_id": AGENT, "version": 3, "agent_name": "Sales"}]
        self._agents = json.dumps(agents).encode()

    def is_routed_by_time(self, number: str) -> bool:
        """Say how the number stands."""
        return bool(self._numbers[number]["is_time_routing_enabled"])

    async def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> bytes:
        """Answer one call of the subject."""
        if self.delay:
            await asyncio.sleep(self.delay)
        if "/api/numbers" in path or "/api/agents" in path or "/api/workspaces" in path:
            return self._uponai(method, path, body)
        name, _, query = path.rpartition("/")[2].partition("?")
        return json.dumps(self._slack(name, dict(parse_qsl(query)) | _arguments(headers, body))).encode()

    def _uponai(self, method: str, path: str, body: bytes) -> bytes:
        if method == "PUT":
            number, wanted = unquote(path.split("/")[3]), json.loads(body)
            entry = self._numbers[number]
            entry["is_time_routing_enabled"] = wanted["isTimeRoutingEnabled"]
            self._listed[number] = json.dumps(entry)
            self.effects.note(f"put:{number}:{wanted['isTimeRoutingEnabled']}")
            return json.dumps({"success": True, "message": "", "numbers": [entry], "assignment": {}}).encode()
        if "/api/numbers" in path:
            return f'{{"numbers": [{",".join(self._listed.values())}]}}'.encode()
        if "/versions" in path:
            return json.dumps([{"agent_id": AGENT, "version": 3, "updated_at": "2026-11-01T00:00:00Z"}]).encode()
        return self._agents if "/api/agents" in path else b'[{"id": 1, "workspace_id": 1, "name": "Bench"}]'

    def _slack(self, method: str, given: dict[str, Any]) -> dict[str, Any]:
        match method:
            case "views.open" | "views.update":
                view = {**given["view"], "id": given.get("view_id") or f"V{next(self._ids)}"}
                view["hash"] = str(next(self._ids))
                self.views[view["id"]] = view
                if method == "views.open":
                    self.effects.note(f"opened:{given['trigger_id']}", view)
                return {"ok": True, "view": view}
            case "chat.postMessage" | "chat.update":
                return self._message(method, given)
            case "users.info":
                return {
                    "ok": True,
                    "user": {"id": given["user"], "team_id": TEAM, "profile": {}, "tz": "Europe/Berlin"},
                }
            case "conversations.info":
                return {"ok": True, "channel": {"id": CHANNEL, "name": "routing", "is_member": True}}
            case "conversations.open":
                return {"ok": True, "channel": {"id": f"D{given['users']}"}}
            case "auth.test":
                known = {"team_id": TEAM, "user_id": BOT, "bot_id": "B1", "team": "Bench", "user": "bot"}
                return {"ok": True, "url": "https://bench.slack.com/", **known}
            case _:
                return {"ok": True, "messages": [], "members": []}

    def _message(self, method: str, given: dict[str, Any]) -> dict[str, Any]:
        text = str(given.get("text", ""))
        ts = str(given.get("ts") or f"1700000000.{next(self._ids):06}")
        label = _LABEL.search(text)
        name = label.group() if label else ""
        if method == "chat.update" or given.get("thread_ts"):
            where = "told" if given.get("thread_ts") else "shown"
            for state in ("applied", "denied"):
                if state in text or (state == "applied" and "is live" in text):
                    self.effects.note(f"{where}:{name}:{state}")
        elif mark := MARK.search(text) or MARK.search(json.dumps(given.get("blocks", ""))):
            self.effects.note(f"card:{mark.group(1)}", {"ts": ts, "label": name, "blocks": given.get("blocks")})
        # An answer in a thread says so: one that does not has missed it.
        message = {"ts": ts, "text": text} | ({"thread_ts": given["thread_ts"]} if given.get("thread_ts") else {})
        return {"ok": True, "channel": given.get("channel", CHANNEL), "ts": ts, "message": message}


def number_of(i: int) -> str:
    """Name one number of the account."""
    return f"+1415{2000000 + i}"


def iter_ids() -> Iterator[int]:
    """Count up."""
    i = 1
    while True:
        yield i
        i += 1


def _entry(i: int) -> dict[str, Any]:
    agents = [{"agent_id": AGENT, "agent_version": 3, "weight": 1}]
    return {
        "id": i,
        "number": number_of(i),
        "base_number": number_of(i),
        "account_sid": ACCOUNT,
        "workspace_id": WORKSPACE,
        "agent_id": AGENT,
        "inbound_agents": agents,
        "outbound_agents": agents,
        "inbound_webhook_url": f"https://hooks.example.com/inbound/{i}",
        "is_time_routing_enabled": False,
        "platform_import_error": False,
    }


def _arguments(headers: dict[str, str], body: bytes) -> dict[str, Any]:
    if headers.get("content-type", "").startswith("application/json"):
        return dict(json.loads(body or b"{}"))
    given: dict[str, Any] = dict(parse_qsl(body.decode()))
    for key in ("view", "blocks", "metadata"):
        if isinstance(given.get(key), str):
            given[key] = json.loads(given[key])
    return given
