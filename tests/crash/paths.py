"""The paths whose every effect is a point to die at: what is made ready, what is then done, and where it must end."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path as File

from bot.domain.schedule import Schedule
from bot.domain.state import State
from bot.sandbox.slack.client.person import Person
from bot.sandbox.slack.web_api.faults import Fault
from bot.sandbox.slack.workspace.errors import CannotDo
from bot.sandbox.slack.workspace.model import Message
from bot.sandbox.slack.workspace.seed import AMY, PHONE_ROUTING
from tests.crash.place import Place

_NUMBERS = [f"+1415555{serial:04}" for serial in range(2000, 2120)]
# Long enough for a card to be posted on a slow machine.
_TTL_SECONDS = 5
_SOON_SECONDS = 3
_EMERGENCY = f"""
[[rules]]
name = "Main lines"
quorum = 2
override = {{ people = ["{AMY}"] }}
"""


@dataclass
class Case:
    """One run of a path: a number of its own, and the change that was asked for it."""

    place: Place
    number: str
    change_id: int = 0
    is_acknowledged: bool = False
    times_before: int = 0

    @property
    def label(self) -> str:
        return f"RN-{self.change_id}"

    @property
    def rita(self) -> Person:
        return self.place.town.rita

    @property
    def card(self) -> Message:
        return self.place.town.cards(self.label)[-1]

    async def fill_form(self) -> None:
        """Open the form and fill it, up to the button."""
        assert await self.rita.command("phone-routing", f"/route-number {self.number}"), self.rita.notices
        await self.rita.fill("Time routing", "On")
        await self.rita.fill("Reason", "A good reason")

    async def ask(self) -> None:
        """Ask for a change, and wait until everything about it is told."""
        await self.fill_form()
        assert await self.rita.submit() == {"ok": True}
        self.change_id = await self.place.last_change()
        assert await self.place.comes_to_rest()

    async def press(self, person: Person, button: str) -> None:
        """Press a button of the card, unless it stands there no longer."""
        try:
            self.is_acknowledged = await person.click(button, self.card)
        except CannotDo:
            self.is_acknowledged = True

    async def send_form(self, person: Person) -> None:
        """Send the open form; one that is closed was taken."""
        if person.has_view:
            self.is_acknowledged = (await person.submit())["ok"]
        else:
            self.is_acknowledged = True


Step = Callable[[Case], Awaitable[None]]


@dataclass(frozen=True)
class Path:
    """One path. `act` is done again by the person when the bot died before it answered.

    `kinds` is how many different effects it has, where it depends on the machine how many there are in all: the results
    of several numbers are told together as they come.
    """

    name: str
    prepare: Step
    act: Step
    ends: State | None
    settings: dict[str, str] = field(default_factory=dict)
    policy: str = ""
    kinds: int = 0

    def settings_in(self, folder: File) -> dict[str, str]:
        """Return the settings of a bot on this path."""
        if not self.policy:
            return self.settings
        file = folder / "policy.toml"
        file.write_text(self.policy)
        return {**self.settings, "POLICY_FILE": str(file)}

    async def cases(self, place: Place) -> "Cases":
        """Give numbers to an account whose mirror is not read yet."""
        for number in _NUMBERS:
            for each in (number, *_beside(number)):
                place.town.uponai_stand_in.account.set_number(each, {})
        await place.start()
        await place.until(place.knows_numbers)
        return Cases(place)


class Cases:
    """Numbers that nobody has asked anything for."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._next = count()

    def new(self) -> Case:
        return Case(self._place, _NUMBERS[next(self._next)])


def _beside(number: str) -> list[str]:
    return [f"{number}1", f"{number}2"]


async def _fill_form(case: Case) -> None:
    await case.fill_form()


async def _fill_in_several(case: Case) -> None:
    await case.fill_form()
    await case.rita.click("Several numbers")
    await case.rita.fill("More numbers", "\n".join(_beside(case.number)))


async def _submit_several(case: Case) -> None:
    await case.send_form(case.rita)
    case.change_id = await case.place.last_change() - len(_beside(case.number))


async def _ask_for_several(case: Case) -> None:
    await _fill_in_several(case)
    await _submit_several(case)
    assert await case.place.comes_to_rest()


async def _submit(case: Case) -> None:
    await case.send_form(case.rita)
    case.change_id = await case.place.last_change()


async def _ask(case: Case) -> None:
    await case.ask()


async def _approve(case: Case) -> None:
    await case.press(case.place.town.alan, "Approve")


async def _cancel(case: Case) -> None:
    await case.press(case.rita, "Cancel")


async def _open_denial(case: Case) -> None:
    await case.ask()
    assert await case.place.town.alan.click("Deny", case.card)
    await case.place.town.alan.fill("Reason", "Not now")


async def _deny(case: Case) -> None:
    await case.send_form(case.place.town.alan)


async def _open_edit(case: Case) -> None:
    await case.ask()
    assert await case.rita.click("Edit", case.card)
    await case.rita.fill("Reason", "A better reason")


async def _edit(case: Case) -> None:
    await case.send_form(case.rita)


async def _wait(case: Case) -> None:
    case.is_acknowledged = True
    expired = State.EXPIRED

    async def is_over() -> bool:
        return not case.place.bot.is_alive or await case.place.state(case.change_id) is expired

    await case.place.until(is_over)


async def _is_changed_elsewhere(case: Case) -> None:
    await case.ask()
    case.place.town.uponai_stand_in.account.set_number(case.number, {"is_time_routing_enabled": True})


def _with_uponai(fault: str, **order: object) -> Step:
    async def prepare(case: Case) -> None:
        await case.ask()
        case.place.town.uponai_stand_in.faults.switch({"fault": fault, "on": True, "times": 1, **order})

    return prepare


def _with_slack(method: str) -> Step:
    async def prepare(case: Case) -> None:
        await case.ask()
        case.place.town.slack.faults.add(Fault("lost_answer", methods=[method], times=1))

    return prepare


async def _is_deleted(case: Case) -> None:
    await _open_denial(case)
    case.place.town.slack.world.delete_message(case.card)


async def _open_override(case: Case) -> None:
    await case.ask()
    amy = case.place.town.slack.person("amy")
    assert await amy.click("Override", case.card)
    await amy.fill("Reason", "The line is down")


async def _override(case: Case) -> None:
    await case.send_form(case.place.town.slack.person("amy"))


async def _ask_for_later(case: Case) -> None:
    start = datetime.now(UTC) + timedelta(seconds=_SOON_SECONDS)
    case.change_id = await case.place.ask_for(case.number, Schedule(starts_at=start))
    assert await case.place.comes_to_rest()
    await _approve(case)
    assert await case.place.comes_to_rest()


async def _until_applied(case: Case) -> None:
    case.is_acknowledged = True

    async def is_over() -> bool:
        return not case.place.bot.is_alive or await case.place.state(case.change_id) is State.APPLIED

    await case.place.until(is_over)


async def _ask_to_be_put_back(case: Case) -> None:
    later = datetime.now(UTC) + timedelta(hours=1)
    case.change_id = await case.place.ask_for(case.number, Schedule(put_back_at=later))
    assert await case.place.comes_to_rest()


async def _is_to_be_put_back(case: Case) -> None:
    await _ask_to_be_put_back(case)
    await _approve(case)
    assert await case.place.comes_to_rest()


async def _put_back_now(case: Case) -> None:
    town = case.place.town
    replies = [m for m in town.slack.world.messages[PHONE_ROUTING] if "Put back now" in town.alan.buttons(m)]
    parent = f"RN-{case.change_id}"
    mine = [m for m in replies if m.metadata and m.metadata["event_payload"]["change"] == parent]
    case.is_acknowledged = not mine or await town.alan.click("Put back now", mine[-1])


async def _is_put_back(case: Case) -> None:
    """The change that puts it back is the one after it."""
    await _put_back_now(case)
    put_back = case.change_id + 1

    async def is_over() -> bool:
        return not case.place.bot.is_alive or await case.place.state(put_back) is State.APPLIED

    if case.is_acknowledged:
        await case.place.until(is_over)


async def _are_to_be_put_back(case: Case) -> None:
    later = datetime.now(UTC) + timedelta(hours=1)
    case.change_id = await case.place.ask_for(case.number, Schedule(put_back_at=later), *_beside(case.number))
    assert await case.place.comes_to_rest()
    await _approve(case)
    assert await case.place.comes_to_rest()


async def _are_put_back(case: Case) -> None:
    """The changes that put them back are those behind the ones that were asked."""
    await _put_back_now(case)
    several = 1 + len(_beside(case.number))
    ids = range(case.change_id + several, case.change_id + 2 * several)

    async def is_over() -> bool:
        return not case.place.bot.is_alive or {await case.place.state(each) for each in ids} == {State.APPLIED}

    if case.is_acknowledged:
        await case.place.until(is_over)


async def _changes_outside(case: Case) -> None:
    case.times_before = await case.place.times_changed_outside()
    case.place.town.uponai_stand_in.account.set_number(case.number, {"is_time_routing_enabled": True})


async def _is_found(case: Case) -> None:
    """The reading after the one that died finds it; it is told once."""
    await case.place.let_mirror_age()

    async def is_over() -> bool:
        return not case.place.bot.is_alive or await case.place.times_changed_outside() > case.times_before

    await case.place.until(is_over)
    if case.place.bot.is_alive:
        assert await case.place.times_changed_outside() == case.times_before + 1


PATHS = [
    Path("submit", _fill_form, _submit, State.PENDING),
    Path("review, one of two", _ask, _approve, State.PENDING, policy="quorum = 2\n"),
    Path("edit", _open_edit, _edit, State.PENDING),
    Path("deny", _open_denial, _deny, State.DENIED),
    Path("cancel", _ask, _cancel, State.CANCELED),
    Path("expire", _ask, _wait, State.EXPIRED, settings={"CHANGE_TTL_SECONDS": str(_TTL_SECONDS)}),
    Path("approve and apply", _ask, _approve, State.APPLIED),
    Path("apply, UponAI's answer lost", _with_uponai("lost_answer"), _approve, State.APPLIED),
    Path("apply, the PUT lost", _with_uponai("lost_before"), _approve, State.APPLIED),
    Path("apply, UponAI away", _with_uponai("error", status=503, scope="reads"), _approve, State.APPLIED),
    Path("apply, the token refused", _with_uponai("unauthorized"), _approve, State.APPLIED),
    Path("apply, refused", _with_uponai("refuse", times=None), _approve, State.FAILED),
    Path("apply, changed elsewhere", _is_changed_elsewhere, _approve, State.STALE),
    Path("deliver, Slack's answer lost", _with_slack("chat.postMessage"), _approve, State.APPLIED),
    Path("override", _open_override, _override, State.APPLIED, policy=_EMERGENCY),
    Path("schedule, its Start comes", _ask_for_later, _until_applied, State.APPLIED),
    Path("apply with a put-back", _ask_to_be_put_back, _approve, State.APPLIED),
    Path("put back", _is_to_be_put_back, _is_put_back, State.APPLIED),
    Path("changed outside", _changes_outside, _is_found, None),
    Path("submit several numbers", _fill_in_several, _submit_several, State.PENDING),
    Path("approve and apply several numbers", _ask_for_several, _approve, State.APPLIED, kinds=20),
    Path("put several numbers back", _are_to_be_put_back, _are_put_back, State.APPLIED, kinds=18),
    Path("deliver, the card deleted", _is_deleted, _deny, State.DENIED),
]
