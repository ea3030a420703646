"""The open forms that this process knows: for each view one lock, one order of updates, and the newest hash.

A view may be handled by several processes in turn; each takes over from what Slack sends what another one did.
"""

import asyncio
from collections import OrderedDict
from datetime import timedelta
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.api.calls import call
from bot.slack.form.compose import Composed
from bot.slack.form.entries import Blocks
from bot.slack.form.state import FormState
from bot.slack.payload_parts import View

UPDATE_WITHIN = timedelta(seconds=1.5)
# Forms are forgotten when they are submitted; of those that are just closed, Slack says nothing.
MOST_FORMS = 2000


class OpenForm:
    """One view with a form. Hold `lock` from reading the entries to the end of the update that follows from them."""

    def __init__(self, view_id: str, hash: str, state: FormState, blocks: Blocks) -> None:  # noqa: A002 - Slack's word
        self.view_id = view_id
        self.hash = hash
        self.state = state
        self.blocks = blocks
        self.lock = asyncio.Lock()
        self.read: asyncio.Task[Any] | None = None
        self.has_read = asyncio.Event()
        self.problem: str | None = state.meta.problem

    @property
    def is_reading(self) -> bool:
        """Say whether a read is under way whose result this view will show."""
        return self.read is not None and not self.read.done()

    def notice(self, view: View) -> None:
        """Take over a view that another process made since, with its hash."""
        state = _read(view)
        is_newer = state.meta.sequence > self.state.meta.sequence
        if is_newer or (state.meta.sequence == self.state.meta.sequence and view.hash != self.hash):
            self.hash, self.state, self.blocks = view.hash, state, view.blocks

    def entered(self, view: View) -> FormState:
        """Return what is entered in `view`, on top of the newest form that was made for it.

        A click can leave before the answer to the click before it arrives: its payload then shows the older form.
        """
        state = _read(view)
        if state.meta.sequence >= self.state.meta.sequence:
            return state
        newest = self.state.meta.model_dump_json()
        return FormState.read(newest, self.blocks, view.state.values)

    def says(self, composed: Composed) -> bool:
        """Say whether the form says the same words already, whatever was entered since."""
        return _words(self.blocks) == _words(composed.view["blocks"])

    async def update(
        self,
        client: AsyncWebClient,
        composed: Composed,
        *,
        only_if_hash: str | None = None,
        within: timedelta = UPDATE_WITHIN,
    ) -> None:
        """Show `composed`, and remember the new hash. Raises SlackError, as SlackRefused with `hash_conflict`."""
        arguments: dict[str, Any] = {"view_id": self.view_id, "view": composed.view}
        if only_if_hash is not None:
            arguments["hash"] = only_if_hash
        answer = await call(client, "views.update", timeout=within, **arguments)
        self.hash = str((answer.get("view") or {}).get("hash") or "")
        self.state, self.blocks = composed.state, composed.view["blocks"]


class Forms:
    """The open forms by view id; the ones that were used longest ago are forgotten first."""

    def __init__(self, limit: int = MOST_FORMS) -> None:
        self._limit = limit
        self._forms: OrderedDict[str, OpenForm] = OrderedDict()

    def add(self, view: dict[str, Any], composed: Composed) -> OpenForm:
        """Remember a form that Slack has just opened; `view` is its answer."""
        form = OpenForm(str(view["id"]), str(view.get("hash") or ""), composed.state, composed.view["blocks"])
        self._put(form)
        return form

    def of(self, view: View) -> OpenForm:
        """Return the form of a view, also one that another process opened."""
        form = self._forms.get(view.id)
        if form is None:
            form = OpenForm(view.id, view.hash, _read(view), view.blocks)
        else:
            form.notice(view)
        self._put(form)
        return form

    def forget(self, view_id: str) -> None:
        """Drop a form that is done."""
        self._forms.pop(view_id, None)

    def _put(self, form: OpenForm) -> None:
        self._forms[form.view_id] = form
        self._forms.move_to_end(form.view_id)
        while len(self._forms) > self._limit:
            self._forms.popitem(last=False)


def _words(blocks: Blocks) -> list[Any]:
    """Return all that a person cannot enter: the inputs count by their names alone."""
    return [block.get("block_id") if block.get("type") == "input" else block for block in blocks]


def _read(view: View) -> FormState:
    return FormState.read(view.private_metadata, view.blocks, view.state.values)
