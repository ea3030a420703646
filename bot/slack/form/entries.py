"""The inputs of a form's view, read one by one.

`view.state.values` holds every input; for an input that it leaves out (reported for inputs that came by views.update,
https://github.com/slackapi/bolt-python/issues/572) the initial value in `view.blocks` holds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.slack.form import fields, option_values
from bot.slack.form.option_values import Option

Values = Mapping[str, Mapping[str, Mapping[str, Any]]]
Blocks = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Row:
    """One agent of the inbound side; `id` stays the same while its position changes."""

    id: str
    agent: Option | None = None
    version: Option | None = None
    weight: str = ""


class Entries:
    """The inputs of a view by block id; every input block of the form holds one element."""

    def __init__(self, blocks: Blocks, values: Values) -> None:
        self._initial = {
            str(block.get("block_id")): block["element"] for block in blocks if block.get("type") == "input"
        }
        self._values = values

    def row(self, row_id: str) -> Row:
        """Read one row of the inbound side."""
        agent = self.option(fields.agent_block(row_id))
        return Row(
            row_id, agent, self.option(fields.version_block(row_id, agent)), self.text(fields.weight_block(row_id))
        )

    def option(self, block_id: str) -> Option | None:
        """Read a type-ahead; None when nothing is chosen."""
        return option_values.parse(self._entry(block_id, "selected_option", "initial_option"))

    def text(self, block_id: str) -> str:
        """Read a text field."""
        return str(self._entry(block_id, "value", "initial_value") or "")

    def moment(self, block_id: str) -> datetime | None:
        """Read a date with a time; None when none is picked."""
        return _moment(self._entry(block_id, "selected_date_time", "initial_date_time"))

    def choice(self, block_id: str, default: str = "keep") -> str:
        """Read a choice, which cannot be emptied: without an entry the initial one holds."""
        chosen = self._entry(block_id, "selected_option", "initial_option")
        chosen = chosen or self._initial.get(block_id, {}).get("initial_option") or {}
        return str(chosen.get("value", default))

    def _entry(self, block_id: str, key: str, initial_key: str) -> Any:
        for entry in self._values.get(block_id, {}).values():
            if key in entry:
                return entry[key]
        return self._initial.get(block_id, {}).get(initial_key)


def _moment(value: Any) -> datetime | None:
    """Read what Slack says was picked: seconds since 1970, in no zone."""
    is_seconds = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**10
    return datetime.fromtimestamp(value, UTC) if is_seconds else None
