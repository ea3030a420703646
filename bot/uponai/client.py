"""The UponAI client: one method for each call of their API that the bot uses."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import httpx
from pydantic import SecretStr

from bot.domain.account import AgentVersion, ListedNumber
from bot.domain.assignment import AssignmentPatch, Field
from bot.domain.key import NumberKey, WorkspaceKey
from bot.uponai.agent_pages import read_agents
from bot.uponai.calls import Calls
from bot.uponai.lists import FEW_NUMBERS, AgentList, NumberEntries, NumberList, PutAnswer, Reading
from bot.uponai.shared_read import SharedRead
from bot.uponai.wire import (
    WireAgentVersion,
    WireImport,
    WireNumber,
    WireWorkspace,
    Workspace,
    import_error_of,
    list_in,
    put_body,
    read_entry,
)

__all__ = ["AgentList", "NumberList", "PutAnswer", "Reading", "UponAIClient", "Workspace"]

LARGEST_NUMBER_LIST = 128 * 1024 * 1024
# A PUT follows its look at once.
MOST_WEBHOOKS = 1000


class UponAIClient:
    """Calls one account and workspace of UponAI. Every method raises UponAIError, see `bot.uponai.errors`.

    A number of any other workspace is a ValueError: a change must never reach a workspace that nobody approved it for.
    """

    def __init__(
        self,
        *,
        token: SecretStr | str,
        account_sid: str,
        workspace_id: int,
        base_url: str,
        timeout: timedelta,
        now: Callable[[], datetime],
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """Prepare the calls. `timeout` holds for each call from its start to its whole answer."""
        self._account_sid = account_sid
        self._workspace_id = workspace_id
        self._calls = Calls(
            token=token if isinstance(token, SecretStr) else SecretStr(token),
            base_url=base_url,
            timeout=timeout,
            now=now,
            transport=transport,
        )
        # What the numbers that were looked up called: an answer to a PUT may quote the former webhook.
        self._webhooks: OrderedDict[str, str] = OrderedDict()
        self._numbers = SharedRead(self._read_numbers)
        self._agents = SharedRead(self._read_agents)

    async def aclose(self) -> None:
        """Stop the shared reads and close the connections."""
        await self._numbers.aclose()
        await self._agents.aclose()
        await self._calls.aclose()

    async def list_numbers(self) -> NumberList:
        """List the numbers with their present assignments.

        One read is in flight at a time; it serves everybody who asked before it started. So this can take two
        time-outs: the rest of a read that had started, and its own.
        """
        entries = await self._numbers.get()
        # In a thread, as parsing a large list is.
        return await asyncio.to_thread(entries.read_all)

    async def find_number(self, key: NumberKey) -> Reading:
        """Look a number up in a list that is read from now on.

        Raises:
            UnexpectedReply: The number is listed, but its entry cannot be read.
            ValueError: It is a number of another workspace.
        """
        number = self._own(key)
        read = await self._numbers.get()
        listed = read.find(number)
        if listed is not None and listed.assignment.webhook_url:
            self._webhooks[number] = listed.assignment.webhook_url
            self._webhooks.move_to_end(number)
            while len(self._webhooks) > MOST_WEBHOOKS:
                self._webhooks.popitem(last=False)
        return Reading(listed, read.started_at)

    async def list_agents(self) -> AgentList:
        """List the agents of the workspace, each with its versions, newest first; shared like the numbers."""
        return await self._agents.get()

    async def list_versions(self, agent_id: str) -> tuple[AgentVersion, ...]:
        """List the versions of an agent with the times of their last edits, newest first."""
        value, _ = await self._calls.read("agents", agent_id, "versions", params={"workspaceId": self._workspace_id})
        found = [read_entry(WireAgentVersion, entry) for entry in list_in(value, "versions", "data")]
        by_number = {wire.version: AgentVersion(wire.version, wire.updated_at) for wire in found if wire}
        return tuple(by_number[number] for number in sorted(by_number, reverse=True))

    async def list_workspaces(self) -> tuple[Workspace, ...]:
        """List the workspaces that the token can see."""
        value, _ = await self._calls.read("workspaces")
        found = [read_entry(WireWorkspace, entry) for entry in list_in(value, "workspaces", "data")]
        return tuple(workspace for wire in found if wire and (workspace := wire.to_workspace()))

    async def put_assignment(
        self, key: NumberKey, patch: AssignmentPatch, *, may_leave: Callable[[], bool] = lambda: True
    ) -> PutAnswer:
        """Set the touched fields of a number; sent once, never repeated here.

        `may_leave` is asked when all that is left to do is to write the request to the socket.

        Raises:
            TooLate: It may not leave any more; nothing was applied.
            Unavailable, Unauthorized, Refused: Nothing was applied.
            OutcomeUnknown: It may have been applied; look before anything is sent again.
            ValueError: It is a number of another workspace, or the patch holds what the request cannot say (a split
                of outbound calls, an outbound agent without a version).
        """
        number = self._own(key)
        body = put_body(self._account_sid, self._workspace_id, patch)
        wanted = patch.wanted.webhook_url if Field.WEBHOOK in patch.fields else None
        webhooks = tuple(url for url in (wanted, self._webhooks.get(number)) if url)
        value = await self._calls.write("numbers", number, "agent", body=body, webhooks=webhooks, may_leave=may_leave)
        listed = self._own_entry(value.get("numbers"), number, webhooks)
        assignment = read_entry(WireImport, value.get("assignment"))
        import_error = (listed.import_error if listed else None) or (
            import_error_of(assignment.platform_import_error, assignment.platform_import_error_message, webhooks)
            if assignment
            else None
        )
        return PutAnswer(listed, import_error, self._calls.message(value.get("message"), webhooks))

    def _own(self, key: NumberKey) -> str:
        if key.workspace != WorkspaceKey(self._account_sid, self._workspace_id):
            raise ValueError(f"{key} is no number of workspace {self._workspace_id} of {self._account_sid}")
        return key.number

    def _own_entry(self, entries: Any, number: str, webhooks: Collection[str]) -> ListedNumber | None:
        """Find the number in a PUT's answer; None when it is not there, or cannot be read."""
        if not isinstance(entries, list):
            return None
        for entry in entries:
            wire = read_entry(WireNumber, entry)
            listed = wire.to_listed(self._account_sid, self._workspace_id, webhooks) if wire else None
            if listed and (listed.key.account_sid, listed.key.workspace_id, listed.key.number) == (
                self._account_sid,
                self._workspace_id,
                number,
            ):
                return listed
        return None

    async def _read_numbers(self) -> NumberEntries:
        value, started_at = await self._calls.read("numbers", self._account_sid, largest=LARGEST_NUMBER_LIST)
        entries = list_in(value, "numbers", "data")
        read = partial(NumberEntries, entries, self._account_sid, self._workspace_id, started_at)
        return read() if len(entries) <= FEW_NUMBERS else await asyncio.to_thread(read)

    async def _read_agents(self) -> AgentList:
        return await read_agents(self._calls, self._workspace_id)
