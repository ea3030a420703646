"""A person at the client, driven from code: finds fields by their labels and buttons by their words."""

from collections.abc import Callable
from typing import Any

from bot.sandbox.slack.block_kit.entries import (
    CHOSEN_FROM_APP,
    TYPED,
    Placed,
    Spot,
    elements_of,
    options_of,
    take_state,
    text_of,
)
from bot.sandbox.slack.block_kit.offers import flat
from bot.sandbox.slack.block_kit.words import words_of
from bot.sandbox.slack.client.acts import Acts
from bot.sandbox.slack.workspace.errors import CannotDo
from bot.sandbox.slack.workspace.model import Message, User, View
from bot.sandbox.slack.workspace.world import World


class Person:
    """One person. What they could not do raises CannotDo; a missed acknowledgement gives False."""

    def __init__(self, world: World, acts: Acts, user_id: str) -> None:
        """Act as `user_id`."""
        self._world = world
        self._acts = acts
        self.id = user_id

    @property
    def user(self) -> User:
        """Give the person's record, which a test may alter."""
        return self._world.users[self.id]

    # What they see

    @property
    def notices(self) -> list[str]:
        """List Slack's own passing messages to them, the newest last."""
        return [notice.text for notice in self._world.notices.get(self.id, [])]

    def messages(self, channel: str, thread_ts: str | None = None) -> list[Message]:
        """List what they see in a channel: its messages and threads, or one thread alone."""
        found = self._world.messages[self._channel(channel)]
        return [
            message
            for message in found
            if message.ephemeral_for in (None, self.id)
            and (thread_ts is None or thread_ts in (message.ts, message.thread_ts))
        ]

    def ephemeral(self, channel: str) -> list[Message]:
        """List the messages that only they see."""
        return [message for message in self.messages(channel) if message.ephemeral_for == self.id]

    def read(self, message: Message) -> str:
        """Give all words of a message: its blocks' where it has some, else its text."""
        return words_of(message.blocks) if message.blocks else message.text

    def find_message(self, channel: str, words: str) -> Message:
        """Find the newest message they see that holds these words."""
        for message in reversed(self.messages(channel)):
            if words in message.text or words in self.read(message):
                return message
        raise CannotDo(f"No message here says {words!r}.")

    def view(self) -> View:
        """Give the modal on top."""
        stack = self._world.stack(self.id)
        if not stack:
            raise CannotDo("No form is open.")
        return stack[-1]

    @property
    def has_view(self) -> bool:
        """Tell whether a modal is open."""
        return bool(self._world.stack(self.id))

    def read_view(self) -> str:
        """Give all words of the modal on top, with its title and buttons."""
        content = self.view().content
        around = [content[key]["text"] for key in ("title", "submit", "close") if content.get(key)]
        return "\n".join([*around, words_of(content["blocks"])])

    def labels(self) -> list[str]:
        """List the labels of the modal's inputs, from top to bottom."""
        placed = elements_of(self.view().content["blocks"])
        return [field.label for field in placed if field.is_input]

    def value(self, label: str) -> Any:
        """Give what a field holds, in words: typed text, an option's words, a list of them, or None."""
        field = self.field(label)
        state = self.view().values[field.block_id][field.action_id]
        for key, held in state.items():
            if key == "selected_option":
                return text_of(held) if held else None
            if key == "selected_options":
                return [text_of(option) for option in held]
            if key not in ("type", "timezone"):
                return held
        return None

    def errors(self) -> dict[str, str]:
        """Give the errors at the modal's fields, by label."""
        view = self.view()
        labels = {placed.block_id: placed.label for placed in elements_of(view.content["blocks"])}
        return {labels.get(block_id, block_id): sentence for block_id, sentence in view.errors.items()}

    def field(self, label: str) -> Placed:
        """Find a field of the modal by its label: the exact one, else the only one that contains it."""
        blocks = self.view().content["blocks"]
        fields = [placed for placed in elements_of(blocks) if placed.kind not in ("button", "overflow")]
        exact = [placed for placed in fields if placed.label == label]
        found = exact or [placed for placed in fields if label.lower() in placed.label.lower()]
        if len(found) != 1:
            there = ", ".join(repr(placed.label) for placed in fields)
            raise CannotDo(f"There are {len(found)} fields called {label!r}; there are {there}.")
        return found[0]

    # What they do, by ids

    async def command(self, channel: str, text: str, thread_ts: str | None = None) -> bool:
        """Send a slash command, such as `/route-number pending`."""
        return await self._acts.command(self.id, self._channel(channel), text, thread_ts)

    async def say(self, channel: str, text: str, thread_ts: str | None = None) -> Message:
        """Post an ordinary message."""
        return await self._acts.message(self.id, self._channel(channel), text, thread_ts)

    async def press(self, channel: str, ts: str, action_id: str, value: Any = None) -> bool:
        """Use the button or menu of a message that has this action_id."""
        channel_id = self._channel(channel)
        message = self._acts.message_seen_by(self.id, channel_id, ts)
        for placed in elements_of(message.blocks):
            if placed.action_id == action_id:
                return await self._acts.press_in_message(self.id, channel_id, ts, placed.spot, value)
        raise CannotDo(f"This message has no button {action_id!r} any more.")

    async def choose(self, view_id: str, block_id: str, action_id: str, value: Any) -> bool:
        """Enter a value in a view, or press a button of it."""
        return await self._acts.use_in_view(self.id, view_id, Spot(block_id, action_id), value)

    async def options(self, view_id: str, block_id: str, action_id: str, query: str) -> list[dict[str, Any]]:
        """Type into a type-ahead, and give the options that the app offers."""
        return flat(await self._acts.options_in_view(self.id, view_id, Spot(block_id, action_id), query))

    async def submit(self, view_id: str | None = None, state: dict[str, Any] | None = None) -> dict[str, Any]:
        """Submit a modal, the one on top unless named, with what it holds; `state` alters that first.

        Gives `{"ok": True}`, or `{"ok": False}` with `errors` or a `notice`.
        """
        view = self.view() if view_id is None else self._acts.view_of(self.id, view_id)
        take_state(view, state)
        return await self._acts.submit(self.id, view.id)

    async def close(self) -> None:
        """Close the modal on top."""
        await self._acts.close(self.id, self.view().id)

    async def open_home(self) -> View | None:
        """Open the app's home, and give what the app published by then."""
        await self._acts.open_home(self.id)
        return self._world.homes.get(self.id)

    # What they do, by words

    async def fill(self, label: str, value: Any) -> bool:
        """Enter a value in the modal's field called `label`.

        Menus take an option's words (or its value), or a list of them; None clears. A type-ahead asks the app
        with the words and takes the option that matches, or the only one.
        """
        view, field = self.view(), self.field(label)
        entered = value
        if value is not None and field.kind not in TYPED:
            if field.kind in CHOSEN_FROM_APP:
                entered = await self._from_app(view, field, value)
            elif options_of(field.element):
                entered = _each(value, lambda words: _match(options_of(field.element), words, label))
        return await self._acts.use_in_view(self.id, view.id, field.spot, entered)

    async def _from_app(self, view: View, field: Placed, value: Any) -> Any:
        chosen = []
        for words in value if isinstance(value, list) else [value]:
            offered = await self.options(view.id, field.block_id, field.action_id, str(words))
            chosen.append(_match(offered, words, field.label, or_only=True))
        return chosen if isinstance(value, list) else chosen[0]

    async def look_up(self, label: str, query: str) -> list[str]:
        """Type into the modal's type-ahead called `label`, and give the words of what is offered."""
        field = self.field(label)
        offered = await self.options(self.view().id, field.block_id, field.action_id, query)
        return [text_of(option) for option in offered]

    async def click(self, words: str, message: Message | None = None, *, nth: int = 0) -> bool:
        """Press the button that says `words`: in a message, else in the modal on top.

        In a modal the words of its submit and close buttons work too; `nth` picks among equals.
        """
        blocks = message.blocks if message is not None else self.view().content["blocks"]
        found = [placed for placed in elements_of(blocks) if placed.kind == "button" and placed.label == words]
        if len(found) > nth:
            return await self._press(found[nth], message)
        if message is None:
            content = self.view().content
            if words == (content.get("submit") or {}).get("text"):
                return bool((await self.submit())["ok"])
            if words == (content.get("close") or {"text": "Close"})["text"]:
                await self.close()
                return True
        there = ", ".join(repr(placed.label) for placed in elements_of(blocks) if placed.kind == "button")
        raise CannotDo(f"There is no button {words!r}; there are {there or 'none'}.")

    async def _press(self, placed: Placed, message: Message | None) -> bool:
        if message is None:
            view_id = self.view().id
            return await self._acts.use_in_view(self.id, view_id, placed.spot)
        return await self._acts.press_in_message(self.id, message.channel_id, message.ts, placed.spot)

    def buttons(self, message: Message | None = None) -> list[str]:
        """List the words of the buttons of a message, else of the modal on top."""
        blocks = message.blocks if message is not None else self.view().content["blocks"]
        return [placed.label for placed in elements_of(blocks) if placed.kind == "button"]

    def _channel(self, name_or_id: str) -> str:
        for channel in self._world.channels.values():
            if name_or_id in (channel.id, channel.name, f"#{channel.name}") and name_or_id:
                return channel.id
        if name_or_id in ("app", f"@{self._world.app.name}"):
            return self._world.direct_channel(self.id, self._world.app.bot_user_id).id
        raise CannotDo(f"There is no channel {name_or_id!r}.")


def _each(value: Any, choose: Callable[[Any], dict[str, Any]]) -> Any:
    return [choose(item) for item in value] if isinstance(value, list) else choose(value)


def _match(options: list[dict[str, Any]], words: Any, label: str, *, or_only: bool = False) -> dict[str, Any]:
    wanted = words.get("value") if isinstance(words, dict) else str(words)
    for option in options:
        if wanted in (text_of(option), option.get("value")):
            return option
    near = [option for option in options if str(wanted).lower() in text_of(option).lower()]
    if len(near) == 1:
        return near[0]
    if or_only and len(options) == 1:
        return options[0]
    there = ", ".join(repr(text_of(option)) for option in options)
    raise CannotDo(f"{label!r} offers no single {wanted!r}; it offers {there or 'nothing'}.")
