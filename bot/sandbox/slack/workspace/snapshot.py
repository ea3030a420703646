"""The snapshot file, through which a demo survives a restart."""

import asyncio
import json
from pathlib import Path
from typing import Any

from bot.sandbox.slack.workspace.model import Channel, Message, User, View
from bot.sandbox.slack.workspace.world import World

_VERSION = 1
_DELAY_SECONDS = 0.3


class Snapshot:
    """One JSON file with everything that people would miss: messages, channels, people, open views."""

    def __init__(self, world: World, path: Path) -> None:
        """Keep `world` in `path`."""
        self._world = world
        self._path = path
        self._timer: asyncio.TimerHandle | None = None

    def follow(self) -> None:
        """Write the file soon after every change from now on."""
        self._world.on_change = self._changed

    def _changed(self) -> None:
        if self._timer is not None:
            return
        try:
            self._timer = asyncio.get_running_loop().call_later(_DELAY_SECONDS, self.save)
        except RuntimeError:
            # Nothing runs yet or any more: whoever ends the program saves.
            return

    def load(self) -> bool:
        """Take the state from the file, if there is one that can be read; tells whether it was."""
        try:
            kept = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return False
        if not isinstance(kept, dict) or kept.get("version") != _VERSION:
            return False
        world = self._world
        world.users = {name: User(**user) for name, user in kept["users"].items()}
        world.channels = {name: Channel(**channel) for name, channel in kept["channels"].items()}
        world.messages = {
            name: [Message(**message) for message in messages] for name, messages in kept["messages"].items()
        }
        world.homes = {name: View(**view) for name, view in kept["homes"].items()}
        world.changed()
        return True

    def save(self) -> None:
        """Write the state, so that a crash leaves the old file or the new one."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        world = self._world
        kept: dict[str, Any] = {
            "version": _VERSION,
            "users": world.users,
            "channels": world.channels,
            "messages": world.messages,
            "homes": {name: _home(view) for name, view in world.homes.items()},
        }
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_suffix(".new")
        # It is written at once, so nothing has to be copied first, as `dataclasses.asdict` does.
        fresh.write_text(json.dumps(kept, default=vars), encoding="utf-8")
        fresh.replace(self._path)


def _home(view: View) -> dict[str, Any]:
    # JSON knows no sets, and a home that was just loaded has been touched by nobody anyway.
    return {name: value for name, value in vars(view).items() if name != "untouched"}
