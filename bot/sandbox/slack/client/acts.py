"""What people do in the client: commands, messages, presses, choices, submissions, and what follows."""

from typing import Any

from bot.sandbox.slack.block_kit.blocks import with_flags
from bot.sandbox.slack.block_kit.entries import (
    CHOSEN_FROM_APP,
    Placed,
    Spot,
    action_of,
    elements_of,
    find_element,
    initial_state,
    state_with,
)
from bot.sandbox.slack.block_kit.offers import accept_offer, offered_options
from bot.sandbox.slack.client.submissions import TROUBLE, Submissions
from bot.sandbox.slack.delivery.courier import Courier
from bot.sandbox.slack.delivery.payloads import (
    VERIFICATION_TOKEN,
    app_home_opened,
    channel_json,
    interaction,
    message_json,
    view_json,
)
from bot.sandbox.slack.delivery.response_urls import ResponseUrls, answer
from bot.sandbox.slack.workspace.errors import CannotDo, NotDelivered, SlackError
from bot.sandbox.slack.workspace.ids import Timestamps
from bot.sandbox.slack.workspace.model import Channel, Message, User, View
from bot.sandbox.slack.workspace.triggers import Triggers
from bot.sandbox.slack.workspace.world import World


class Acts:
    """The logic under both the browser page and the `Person` driver."""

    def __init__(self, world: World, courier: Courier, triggers: Triggers, urls: ResponseUrls) -> None:
        """Act in `world` and deliver by `courier`."""
        self._world = world
        self._courier = courier
        self._triggers = triggers
        self._urls = urls
        self._timestamps = Timestamps(world.now)
        self.submissions = Submissions(world, courier, triggers)

    # Channels

    def _actor(self, user_id: str) -> User:
        # Somebody deactivated just now may still have a press under way: only the page turns them away.
        if user_id not in self._world.users:
            raise CannotDo("There is no such person here.")
        return self._world.users[user_id]

    def _channel(self, user: User, channel_id: str) -> Channel:
        channel = self._world.channels.get(channel_id)
        if channel is None or user.id not in channel.members:
            raise CannotDo("You are not a member of this channel.")
        return channel

    def _writable(self, user: User, channel_id: str) -> Channel:
        channel = self._channel(user, channel_id)
        if channel.is_archived:
            raise CannotDo("This channel is archived, nobody can write here.")
        return channel

    async def message(self, user_id: str, channel_id: str, text: str, thread_ts: str | None = None) -> Message:
        """Post an ordinary message."""
        user = self._actor(user_id)
        channel = self._writable(user, channel_id)
        if not text.strip():
            raise CannotDo("There is nothing to send.")
        app = self._world.app
        if channel.kind == "im" and app.bot_user_id in channel.members and app.is_messages_tab_read_only:
            raise CannotDo("Sending messages to this app has been turned off.")
        return self._world.post(channel, text=text, user_id=user.id, thread_ts=thread_ts)

    async def command(self, user_id: str, channel_id: str, text: str, thread_ts: str | None = None) -> bool:
        """Send a slash command, and tell whether the app acknowledged it."""
        user = self._actor(user_id)
        channel = self._writable(user, channel_id)
        name, _, rest = text.strip().partition(" ")
        if name not in [command.command for command in self._world.app.commands]:
            self._world.notify(user.id, f"{name} is not a valid command.")
            return False
        if thread_ts:
            self._world.notify(user.id, f"{name} is not supported in threads. Sorry!")
            return False
        team = self._world.teams.get(user.team_id, self._world.team)
        private = {"private": "privategroup", "im": "directmessage"}
        body = {
            "token": VERIFICATION_TOKEN,
            "team_id": team.id,
            "team_domain": team.domain,
            "channel_id": channel.id,
            "channel_name": private.get(channel.kind, channel.name),
            "user_id": user.id,
            "user_name": user.name,
            "command": name,
            "text": rest.strip(),
            "api_app_id": self._world.app.app_id,
            "is_enterprise_install": "false",
            "response_url": self._urls.issue(user.id, channel.id),
            "trigger_id": self._triggers.issue(user.id),
        }
        try:
            reply = await self._courier.send("slash_commands", body)
        except NotDelivered as exc:
            self._world.notify(user.id, f'{name} failed with the error "{exc.code}"')
            return False
        content = {"text": reply} if isinstance(reply, str) else reply
        if isinstance(content, dict) and (content.get("text") or content.get("blocks")):
            try:
                answer(self._world, channel, user.id, content)
            except SlackError:
                self._world.notify(user.id, f'{name} failed with the error "invalid_command_response"')
                return False
        return True

    # Messages

    def message_seen_by(self, user_id: str, channel_id: str, ts: str) -> Message:
        """Find a message that this person sees."""
        self._channel(self._actor(user_id), channel_id)
        message = self._world.message(channel_id, ts)
        if message is None or message.ephemeral_for not in (None, user_id):
            raise CannotDo("This message is no longer there.")
        return message

    async def press_in_message(self, user_id: str, channel_id: str, ts: str, spot: Spot, value: Any = None) -> bool:
        """Use a button or menu of a message, and tell whether the app acknowledged it."""
        user = self._actor(user_id)
        message = self.message_seen_by(user_id, channel_id, ts)
        placed = find_element(_blocks_with(message, spot), spot)
        states = message.entries.setdefault(user_id, _states_of(message.blocks))
        state = None
        if initial_state(placed.element) is not None:
            state = state_with(placed, value, offered_options(states, placed))
            states.setdefault(spot.block_id, {})[spot.action_id] = state
        if not placed.sends_action:
            return True
        channel = self._world.channels[channel_id]
        container = {
            "type": "message",
            "message_ts": ts,
            "channel_id": channel_id,
            "is_ephemeral": message.ephemeral_for is not None,
        }
        if message.thread_ts:
            container["thread_ts"] = message.thread_ts
        payload = interaction(
            self._world,
            "block_actions",
            user,
            container=container,
            trigger_id=self._triggers.issue(user.id),
            channel={"id": channel.id, "name": channel_json(self._world, channel).get("name", "directmessage")},
            message=message_json(self._world, message),
            state={"values": states},
            response_url=self._urls.issue(user.id, channel.id, ts),
            actions=[action_of(placed, value, state, self._timestamps.new())],
        )
        if message.ephemeral_for:
            # Slack does not hand the content of an ephemeral message to the app.
            del payload["message"]
        return await self._interact(user, payload)

    async def _interact(self, user: User, payload: dict[str, Any], view: View | None = None) -> bool:
        try:
            await self._courier.send("interactive", payload)
        except NotDelivered as exc:
            if view is not None:
                view.notice = exc.detail
            self._world.notify(user.id, exc.detail)
            return False
        return True

    # Views

    def view_of(self, user_id: str, view_id: str) -> View:
        """Find a modal or home that this person has open."""
        view = self._world.view(view_id)
        if view is None or view.user_id != user_id:
            raise CannotDo("This form is no longer open.")
        return view

    async def use_in_view(self, user_id: str, view_id: str, spot: Spot, value: Any = None) -> bool:
        """Enter a value or press a button in a view, and tell whether the app acknowledged what was sent."""
        user = self._actor(user_id)
        view = self.view_of(user_id, view_id)
        placed = find_element(view.content["blocks"], spot)
        state = None
        if initial_state(placed.element) is not None:
            state = self._enter(view, placed, value)
        if not placed.sends_action:
            return True
        view.notice = None
        payload = interaction(
            self._world,
            "block_actions",
            user,
            container={"type": "view", "view_id": view.id},
            trigger_id=self._triggers.issue(user.id, view.id),
            view=view_json(self._world, view),
            actions=[action_of(placed, value, state, self._timestamps.new())],
        )
        return await self._interact(user, payload, view)

    def _enter(self, view: View, placed: Placed, value: Any) -> dict[str, Any]:
        offered = view.offered.get(f"{placed.block_id} {placed.action_id}", [])
        present = view.values.get(placed.block_id, {}).get(placed.action_id, {})
        offered = [*offered, *offered_options({placed.block_id: {placed.action_id: present}}, placed)]
        state = state_with(placed, value, offered)
        view.values.setdefault(placed.block_id, {})[placed.action_id] = state
        view.untouched.discard(placed.spot)
        view.errors.pop(placed.block_id, None)
        self._world.changed()
        return state

    async def options_in_view(self, user_id: str, view_id: str, spot: Spot, query: str) -> dict[str, Any]:
        """Ask the app for the options of a type-ahead in a view."""
        view = self.view_of(user_id, view_id)
        placed = find_element(view.content["blocks"], spot)
        where = {"container": {"type": "view", "view_id": view.id}, "view": view_json(self._world, view)}
        offer = await self._options(user_id, placed, query, where)
        view.offered.setdefault(f"{spot.block_id} {spot.action_id}", []).extend(accept_offer(offer))
        return offer

    async def options_in_message(
        self, user_id: str, channel_id: str, ts: str, spot: Spot, query: str
    ) -> dict[str, Any]:
        """Ask the app for the options of a type-ahead in a message."""
        message = self.message_seen_by(user_id, channel_id, ts)
        placed = find_element(message.blocks, spot)
        container = {"type": "message", "message_ts": ts, "channel_id": channel_id, "is_ephemeral": False}
        where = {"container": container, "message": message_json(self._world, message)}
        return await self._options(user_id, placed, query, where)

    async def _options(self, user_id: str, placed: Placed, query: str, where: dict[str, Any]) -> dict[str, Any]:
        user = self._actor(user_id)
        if placed.kind not in CHOSEN_FROM_APP:
            raise CannotDo("This field has no type-ahead.")
        if len(query) < int(placed.element.get("min_query_length", 3)):
            return {"options": []}
        payload = interaction(
            self._world,
            "block_suggestion",
            user,
            action_id=placed.action_id,
            block_id=placed.block_id,
            value=query,
            **where,
        )
        try:
            reply = await self._courier.send("interactive", payload)
            accept_offer(reply)
        except NotDelivered as exc:
            raise CannotDo(TROUBLE) from exc
        except SlackError as exc:
            self._courier.recorder.deliveries[-1].error = f"{exc.code}: {exc.extra}"
            raise CannotDo("The result from the app could not be read.") from exc
        return {key: with_flags(reply[key]) for key in ("options", "option_groups") if key in reply}

    async def submit(self, user_id: str, view_id: str) -> dict[str, Any]:
        """Submit a modal with what it holds."""
        return await self.submissions.submit(self._actor(user_id), self.view_of(user_id, view_id))

    async def close(self, user_id: str, view_id: str) -> None:
        """Close a modal, by its cross or its close button."""
        await self.submissions.close(self._actor(user_id), self.view_of(user_id, view_id))

    async def open_home(self, user_id: str) -> None:
        """Open the app's home."""
        user = self._actor(user_id)
        if "app_home_opened" not in self._world.app.events:
            return
        body = app_home_opened(self._world, user, self._timestamps.new())
        try:
            await self._courier.send("events_api", body)
        except NotDelivered as exc:
            self._world.notify(user.id, exc.detail)


def _states_of(blocks: list[dict[str, Any]]) -> dict[str, dict[str, dict[str, Any]]]:
    states: dict[str, dict[str, dict[str, Any]]] = {}
    for placed in elements_of(blocks):
        state = initial_state(placed.element)
        if state is not None:
            states.setdefault(placed.block_id, {})[placed.action_id] = state
    return states


def _blocks_with(message: Message, spot: Spot) -> list[dict[str, Any]]:
    """Find the newest blocks of the message that have this element: Slack delivers a press that an update overtook."""
    shown = (message.blocks, *message.former_blocks)
    return next((blocks for blocks in shown if any(p.spot == spot for p in elements_of(blocks))), message.blocks)
