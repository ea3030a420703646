"""Watches UponAI's end of a history: whose is what arrives, was it approved, was it looked at, is it its turn."""

import json
import sqlite3
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from bot.domain.assignment import Assignment, AssignmentPatch
from bot.domain.events import Event
from bot.domain.rules.policy import HeldPolicy
from bot.domain.rules.sending import is_open
from bot.domain.state import Origin
from bot.sandbox.uponai.app import UponAIStandIn
from bot.sandbox.uponai.body import parse_body
from bot.uponai.wire import put_body
from tests.histories.clock import HistoryClock
from tests.histories.database import Memory
from tests.histories.far_ends import Watch

_SET_BACK = timedelta(minutes=1)


class Watchman(Watch):
    """What has happened at UponAI's end. `broken` are guarantees that did not hold there."""

    def __init__(
        self,
        memory: Memory,
        clock: HistoryClock,
        uponai: UponAIStandIn,
        *,
        call_within: timedelta,
        live: Callable[[dict[str, Any]], Assignment],
    ) -> None:
        self.broken: list[str] = []
        self.landed: Counter[int] = Counter()
        self.arrived: Counter[int] = Counter()
        # Numbers that others have written, and those at which something of ours landed when nobody expected it.
        self.has_outsiders: set[str] = set()
        self.has_late: set[str] = set()
        self._memory = memory
        self._clock = clock
        self._uponai = uponai
        self._call_within = call_within
        self._live = live
        self._written_as: dict[str, int] = {}
        # The clock may be set back: what happened here is counted. With the last reading goes the last event that was
        # recorded by then.
        self._read_as = 0
        self._read_behind = 0
        self._happened = 0
        self._arrived_as: dict[str, int] = {}
        self._unknown_at: dict[str, datetime] = {}

    def is_read(self) -> None:
        self._happened += 1
        self._read_as = self._happened
        self._read_behind = self._memory.read("SELECT event_id FROM audit_head")[0][0]

    def is_late(self, number: str) -> None:
        self.has_late.add(number)

    def is_unknown(self, number: str) -> None:
        self._unknown_at[number] = self._clock.now()

    def lands(self, change_id: int) -> None:
        self.landed[change_id] += 1

    def is_written_outside(self, number: str) -> None:
        self.has_outsiders.add(number)
        self._happened += 1
        self._written_as[number] = self._happened

    def arrives(self, number: str, body: dict[str, Any]) -> int:
        rows = self._memory.read("SELECT * FROM changes WHERE number = ?", (number,))
        under_way = [row for row in rows if row["state"] == "applying" and row["sent_at"] is not None]
        if len(under_way) != 1:
            self.broken.append(f"G4: a PUT of {number} arrived for {len(under_way)} changes under way")
            return 0
        change = under_way[0]
        self._is_approved(change, rows)
        self._is_its_turn(change, rows)
        self._is_its_time(change)
        self._is_what_was_approved(change, body)
        self._was_looked_at(change, number)
        self.arrived[change["id"]] += 1
        self._happened += 1
        self._arrived_as[number] = self._happened
        return int(change["id"])

    def _is_approved(self, change: sqlite3.Row, rows: list[sqlite3.Row]) -> None:
        # The approval of a change holds for what puts it back.
        approved = next((row for row in rows if row["id"] == change["parent_id"]), None) or change
        if change["origin"] != Origin.PUT_BACK:
            approved = change
        query = (
            "SELECT count(DISTINCT reviewer_id) FROM reviews WHERE change_id = ? AND revision = ?"
            " AND verdict = 'approve' AND withdrawn_at IS NULL AND reviewer_id <> ?"
        )
        approvals = self._memory.read(query, (approved["id"], approved["revision"], approved["requester_id"]))[0][0]
        if approvals < change["quorum"] and approved["overridden_at"] is None:
            self.broken.append(f"G1: RN-{change['id']} was sent with {approvals} of {change['quorum']} approvals")
        denials = self._memory.read(
            query.replace("'approve'", "'deny'"), (approved["id"], approved["revision"], approved["requester_id"])
        )[0][0]
        if denials and approved["overridden_at"] is None:
            self.broken.append(f"G1: RN-{change['id']} was sent while a denial stood")

    def _is_its_turn(self, change: sqlite3.Row, rows: list[sqlite3.Row]) -> None:
        earlier = [row["id"] for row in rows if _is_before(row, change)]
        if earlier:
            self.broken.append(f"G4: RN-{change['id']} was sent before {earlier}")
        unknown_at = self._unknown_at.pop(change["number"], None)
        if unknown_at is not None and self._clock.now() < unknown_at + self._call_within:
            self.broken.append(f"G4: RN-{change['id']} was sent while the outcome before it was unknown")

    def _is_its_time(self, change: sqlite3.Row) -> None:
        """Nobody has paused the sending, its rules are open, it is due, and its approval is young enough."""
        if self._memory.read("SELECT 1 FROM pauses WHERE team_id = ?", (change["team_id"],)):
            self.broken.append(f"G1: RN-{change['id']} was sent while the sending was paused")
        sent_at = _time(change["sent_at"])
        # By the time that the clock may have been set back since.
        from_ = max(_time(change[each]) for each in ("due_at", "opens_at") if change[each]) - _SET_BACK
        if sent_at < from_:
            self.broken.append(f"G1: RN-{change['id']} was sent at {sent_at}, and was due at {from_}")
        if sent_at >= _time(change["apply_before"]):
            self.broken.append(f"G1: RN-{change['id']} was sent at {sent_at}, when its approval was too old")
        rules = HeldPolicy.from_json(json.loads(change["policy"])).rules
        if not is_open(rules, sent_at) and change["overridden_at"] is None:
            self.broken.append(f"G1: RN-{change['id']} was sent at {sent_at}, when its rules were closed")

    def _is_what_was_approved(self, change: sqlite3.Row, body: dict[str, Any]) -> None:
        patch = AssignmentPatch.from_json(json.loads(change["patch"]))
        sid, workspace_id = change["account_sid"], change["workspace_id"]
        if parse_body(put_body(sid, workspace_id, patch)) != body:
            self.broken.append(f"G5: RN-{change['id']} was sent as {body}")

    def _was_looked_at(self, change: sqlite3.Row, number: str) -> None:
        """The numbers were read since the change was claimed, and since anything was sent for this number."""
        claimed = self._memory.read(
            "SELECT max(id) FROM audit_events WHERE change_id = ? AND event = ?", (change["id"], Event.APPLYING)
        )[0][0]
        if self._read_behind < claimed or self._read_as < self._arrived_as.get(number, 0):
            self.broken.append(f"G6: RN-{change['id']} was sent without a look since it was claimed, or sent before")
            return
        if number in self.has_late or (self._written_as.get(number, 0) > self._read_as):
            return
        before = Assignment.from_json(json.loads(change["before"]))
        fields = AssignmentPatch.from_json(json.loads(change["patch"])).fields
        moved = before.differing(self._live(self._uponai.account.numbers[number]), fields)
        if moved:
            self.broken.append(f"G5: RN-{change['id']} replaced what nobody had seen: {sorted(moved)}")


def _is_before(row: sqlite3.Row, change: sqlite3.Row) -> bool:
    is_waiting = row["state"] == "approved" and row["due_at"] <= change["approved_at"] and row["opens_at"] is None
    return bool(is_waiting and row["approval_order"] < change["approval_order"])


def _time(stored: str) -> datetime:
    return datetime.fromisoformat(stored)
