"""The same paths the plain Bolt way: defaults, SQLAlchemy's ORM, shared clients; no record, no retries, no leases.

It acknowledges, does the work in the listener, and loses it when it stops meanwhile: that is what it costs less.
"""

import asyncio
import json
import os
import re
from typing import Any

import httpx
from slack_bolt.async_app import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy import JSON, make_url
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from tests.bench.far_ends import ACCOUNT, CHANNEL, WORKSPACE
from tests.bench.rivals.bolt_hello import TOKEN, make_app, run

URL = make_url(os.environ["DATABASE_URL"])
DRIVER = "postgresql+asyncpg" if URL.drivername.startswith("postgresql") else "sqlite+aiosqlite"
engine = create_async_engine(URL.set(drivername=DRIVER))
sessions = async_sessionmaker(engine, expire_on_commit=False)
slack = AsyncWebClient(TOKEN, base_url=os.environ["SLACK_API_URL"])
uponai = httpx.AsyncClient(base_url=os.environ["UPONAI_API_URL"], headers={"Authorization": "Bearer x"})
app = make_app()
_is_ready = False
_making = asyncio.Lock()


class Base(DeclarativeBase):
    """The rival's tables."""


class Change(Base):
    """One change; the state, and nothing of how it came to it."""

    __tablename__ = "plain_changes"
    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str]
    requester: Mapped[str]
    reason: Mapped[str]
    state: Mapped[str]
    patch: Mapped[dict[str, Any]] = mapped_column(JSON)
    decided_by: Mapped[str | None]
    ts: Mapped[str | None]


async def session() -> AsyncSession:
    """Open a session; make the tables at the first one."""
    global _is_ready  # noqa: PLW0603 - the smallest start-up that works
    async with _making:
        if not _is_ready:
            async with engine.begin() as connection:
                await connection.run_sync(Base.metadata.create_all)
            _is_ready = True
    return sessions()


def plain(text: str) -> dict[str, str]:
    """Write plain text."""
    return {"type": "plain_text", "text": text}


def form(number: str) -> dict[str, Any]:
    """Build the form."""
    options = [{"text": plain(word), "value": word} for word in ("Keep as is", "On", "Off")]
    choice = {"type": "static_select", "action_id": "choice", "options": options, "initial_option": options[0]}
    reason = {"type": "plain_text_input", "action_id": "reason"}
    blocks = [
        {"type": "section", "block_id": "number", "text": plain(number)},
        {"type": "input", "block_id": "time", "label": plain("Time routing"), "element": choice},
        {"type": "input", "block_id": "why", "label": plain("Reason"), "element": reason},
    ]
    return {
        "type": "modal",
        "callback_id": "ask",
        "title": plain("Route a number"),
        "submit": plain("Ask for approval"),
        "private_metadata": number,
        "blocks": blocks,
    }


def card(change: Change) -> list[dict[str, Any]]:
    """Build the card."""
    text = f"*RN-{change.id}* {change.number}\n{change.reason}\nState: {change.state}"
    blocks: list[dict[str, Any]] = [{"type": "section", "text": {"type": "mrkdwn", "text": text}}]
    if change.state == "pending":
        buttons = [
            {"type": "button", "action_id": name.lower(), "text": plain(name), "value": str(change.id)}
            for name in ("Approve", "Deny")
        ]
        blocks.append({"type": "actions", "block_id": "buttons", "elements": buttons})
    return blocks


@app.command("/route-number")
async def open_form(ack: AsyncAck, body: dict[str, Any]) -> None:
    """Open the form."""
    await ack()
    await slack.views_open(trigger_id=body["trigger_id"], view=form(body["text"]))


@app.view("ask")
async def ask(ack: AsyncAck, body: dict[str, Any], view: dict[str, Any]) -> None:
    """Store the change and post its card."""
    await ack()
    values = view["state"]["values"]
    patch = {"isTimeRoutingEnabled": values["time"]["choice"]["selected_option"]["value"] == "On"}
    async with await session() as db:
        change = Change(
            number=view["private_metadata"],
            requester=body["user"]["id"],
            reason=values["why"]["reason"]["value"],
            state="pending",
            patch=patch,
        )
        db.add(change)
        await db.commit()
        posted = await slack.chat_postMessage(
            channel=CHANNEL, text=f"RN-{change.id} pending: {change.reason}", blocks=card(change)
        )
        change.ts = posted["ts"]
        await db.commit()


@app.action("approve")
async def approve(ack: AsyncAck, body: dict[str, Any], action: dict[str, Any]) -> None:
    """Send the change to UponAI and tell the result."""
    await ack()
    async with await session() as db:
        change = await db.get_one(Change, int(action["value"]), with_for_update=True)
        if change.state != "pending" or change.requester == body["user"]["id"]:
            return
        change.state, change.decided_by = "approved", body["user"]["id"]
        await db.commit()
        listed = (await uponai.get(f"/api/numbers/{ACCOUNT}")).json()["numbers"]
        if not any(each["number"] == change.number for each in listed):
            return
        wanted = {"accountSid": ACCOUNT, "workspaceId": WORKSPACE, **change.patch}
        answer = await uponai.put(f"/api/numbers/{change.number.replace('+', '%2B')}/agent", json=wanted)
        change.state = "applied" if answer.json()["success"] else "failed"
        await db.commit()
        await tell(change)


@app.action("deny")
async def deny(ack: AsyncAck, body: dict[str, Any], action: dict[str, Any]) -> None:
    """Ask for the reason."""
    await ack()
    reason = {"type": "plain_text_input", "action_id": "reason"}
    view = {
        "type": "modal",
        "callback_id": "denied",
        "title": plain("Deny"),
        "submit": plain("Deny"),
        "private_metadata": action["value"],
        "blocks": [{"type": "input", "block_id": "why", "label": plain("Reason"), "element": reason}],
    }
    await slack.views_open(trigger_id=body["trigger_id"], view=view)


@app.view(re.compile("denied"))
async def denied(ack: AsyncAck, body: dict[str, Any], view: dict[str, Any]) -> None:
    """Store the denial and tell it."""
    await ack()
    async with await session() as db:
        change = await db.get_one(Change, int(view["private_metadata"]), with_for_update=True)
        change.state, change.decided_by = "denied", body["user"]["id"]
        await db.commit()
        await tell(change)


async def tell(change: Change) -> None:
    """Show the state on the card and in its thread."""
    text = f"RN-{change.id} {change.state}: {change.reason}"
    await slack.chat_update(channel=CHANNEL, ts=str(change.ts), text=text, blocks=card(change))
    await slack.chat_postMessage(
        channel=CHANNEL, thread_ts=str(change.ts), text=f"RN-{change.id} {change.state} {json.dumps(change.patch)}"
    )


if __name__ == "__main__":
    run(app)
