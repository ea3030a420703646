"""What `policy check --slack` asks Slack: whether the people, groups and channels of a policy are there."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.rules.findings import Finding
from bot.domain.rules.people import People
from bot.domain.rules.policy import Policy
from bot.domain.rules.rule import Rule
from bot.settings import SlackSettings
from bot.slack.api.calls import SlackError, SlackRefused, call, close_client, make_client

_CALL_WITHIN = timedelta(seconds=10)
_PAGE = 200
_KEYS = ("approvers", "requesters", "override")


class CannotLookUp(Exception):
    """Slack did not answer, or not this token; `str(error)` is a sentence."""


class _Workspace:
    """What was looked up: names by id, what is wrong by id, and who is in which group or channel."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client
        self.names: dict[str, str] = {}
        self.problems: dict[str, str] = {}
        self.members: dict[str, frozenset[str]] = {}
        self.bot_user_id = ""

    async def read(self, policy: Policy) -> None:
        """Look up whatever the policy names. Raises SlackError."""
        self.bot_user_id = str((await self._call("auth.test")).get("user_id"))
        named = [people for rule in policy.rules for _, people in _people_of(rule)]
        groups = frozenset[str]().union(*(people.groups for people in named))
        if groups:
            await self._read_groups(groups)
        for channel in sorted(frozenset[str]().union(*(people.channels for people in named))):
            await self._read_channel(channel, with_members=True)
        for channel in sorted({rule.channel for rule in policy.rules if rule.channel} - self.names.keys()):
            await self._read_channel(channel, with_members=False)
        for person in sorted(frozenset[str]().union(*(people.people for people in named))):
            await self._read_person(person)

    async def _read_person(self, user_id: str) -> None:
        try:
            user = (await self._call("users.info", user=user_id)).get("user") or {}
        except SlackRefused as error:
            self.problems[user_id] = f"Slack knows nobody with the id {user_id} ({error.error})."
            return
        name = user.get("real_name") or user.get("name")
        self.names[user_id] = f"{name} ({user_id})"
        problem = _not_a_full_member(user)
        if problem:
            self.problems[user_id] = f"{self.names[user_id]} {problem}."

    async def _read_groups(self, wanted: frozenset[str]) -> None:
        found = (await self._call("usergroups.list", include_users=True, include_disabled=True)).get("usergroups") or []
        groups = {str(group["id"]): group for group in found}
        for group_id in sorted(wanted):
            group = groups.get(group_id)
            if group is None:
                self.problems[group_id] = f"Slack knows no user group with the id {group_id}."
                continue
            self.names[group_id] = f"@{group.get('handle')} ({group_id})"
            self.members[group_id] = frozenset(group.get("users") or ())
            if group.get("date_delete"):
                self.problems[group_id] = f"The user group {self.names[group_id]} is disabled."

    async def _read_channel(self, channel_id: str, *, with_members: bool) -> None:
        try:
            channel = (await self._call("conversations.info", channel=channel_id)).get("channel") or {}
            self.names[channel_id] = f"#{channel.get('name')} ({channel_id})"
            if with_members:
                self.members[channel_id] = await self._members(channel_id)
        except SlackRefused as error:
            self.problems[channel_id] = f"I cannot look at the channel {channel_id} ({error.error}); am I in there?"
            return
        if channel.get("is_archived"):
            self.problems[channel_id] = f"The channel {self.names[channel_id]} is archived."
        elif not with_members and not channel.get("is_member"):
            self.problems[channel_id] = f"I am not in {self.names[channel_id]}; type /invite @route-number there."

    async def _members(self, channel_id: str) -> frozenset[str]:
        found: set[str] = set()
        cursor = ""
        while True:
            page = await self._call("conversations.members", channel=channel_id, limit=_PAGE, cursor=cursor)
            found.update(page.get("members") or ())
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return frozenset(found) - {self.bot_user_id}

    async def _call(self, method: str, **arguments: Any) -> dict[str, Any]:
        return await call(self._client, method, timeout=_CALL_WITHIN, **arguments)


async def look_up(settings: SlackSettings, policy: Policy) -> tuple[Mapping[str, str], list[Finding]]:
    """Return the names of all ids of a policy, and what is wrong with them.

    Raises:
        CannotLookUp: Slack does not answer this token.
    """
    client = make_client(settings.slack_bot_token.get_secret_value(), settings.slack_api_url)
    workspace = _Workspace(client)
    try:
        await workspace.read(policy)
    except SlackError as error:
        raise CannotLookUp(f"I could not look everything up in Slack. {error}") from error
    finally:
        await close_client(client)
    return workspace.names, list(_findings(policy, workspace))


def _findings(policy: Policy, workspace: _Workspace) -> Iterator[Finding]:
    for index, rule in enumerate(policy.rules):
        for key, people in _people_of(rule):
            for each in people.ids:
                if each in workspace.problems:
                    yield Finding(("rules", index, key), workspace.problems[each])
        if rule.channel in workspace.problems:
            yield Finding(("rules", index, "channel"), workspace.problems[rule.channel])
        approvers = rule.approvers
        if approvers is None or not approvers.needs_look_up:
            continue
        able = {person for person in approvers.people if person not in workspace.problems}
        able = able.union(*(workspace.members.get(each, frozenset()) for each in approvers.ids))
        if len(able) < rule.quorum:
            yield Finding(
                ("rules", index, "approvers"),
                f"“{rule.name}” has a quorum of {rule.quorum}, and {len(able)} can approve.",
            )


def _people_of(rule: Rule) -> Iterator[tuple[str, People]]:
    for key in _KEYS:
        people: People | None = getattr(rule, key)
        if people is not None:
            yield key, people


def _not_a_full_member(user: Mapping[str, Any]) -> str | None:
    if user.get("deleted"):
        return "is deactivated"
    if user.get("is_bot") or user.get("is_workflow_bot"):
        return "is a bot"
    if user.get("is_stranger"):
        return "belongs to another workspace"
    return "is a guest" if user.get("is_restricted") or user.get("is_ultra_restricted") else None
