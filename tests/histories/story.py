"""What happens in a history: people, workers, the world outside, faults and clocks, each an act of its own."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Collection
from typing import Any

from bot.domain.assignment import Field
from bot.sandbox.slack.workspace.seed import PHONE_ROUTING
from bot.sandbox.uponai.seed import SALES, SUPPORT
from bot.service.applying.apply import apply
from bot.service.applying.claim import claim_next, expire_next, take_abandoned, take_follow_up, take_waiting
from bot.service.applying.recover import recover, run_follow_up
from bot.service.applying.retry import retry
from bot.service.override_review import remind_next
from bot.service.refresh import refresh_due
from bot.store import cards
from bot.store.claims import Due
from bot.store.errors import LeaseLost
from bot.uponai.errors import UponAIError
from tests.histories.far_ends import Trouble
from tests.histories.grammar import Act
from tests.histories.people import NUMBERS, PeoplesActs
from tests.histories.shown import is_quiet
from tests.histories.world import Died, HistoryWorld, Process

TAKES: dict[str, tuple[Any, Any]] = {
    Due.ABANDONED: (take_abandoned, recover),
    Due.FOLLOW_UP: (take_follow_up, run_follow_up),
    Due.TO_APPLY: (claim_next, apply),
    Due.WAITING: (take_waiting, retry),
}
_OWED = "SELECT count(*) FROM outbox WHERE done_at IS NULL"
# After these nothing may be owed to Slack.
DELIVERING = frozenset({"settle"})


class Story(PeoplesActs):
    """One history: the acts of the grammar are the methods of these names, and say whether they had an effect."""

    def __init__(self, world: HistoryWorld) -> None:
        super().__init__(world)
        self.took: Counter[str] = Counter()
        world.troubles.meanwhile = self._work_meanwhile

    async def do(self, act: Act) -> bool:
        """Let an act happen; say whether it had an effect, and count it then."""
        name, *arguments = act
        had_effect = bool(await getattr(self, name)(*arguments))
        self.took[name] += had_effect
        return had_effect

    # Workers

    async def work(self, worker: int) -> bool:
        return await self.pass_of(self.world.processes[worker])

    async def deliver(self, worker: int) -> bool:
        return await self.world.processes[worker].courier.deliver_due() > 0

    async def settle(self, worker: int) -> bool:
        """Deliver all that is due by itself within some seconds."""
        has_delivered = False
        for _ in range(4):
            has_delivered |= await self.deliver(worker)
            if is_quiet(self.world):
                break
            self.world.clock.advance(seconds=2)
        return has_delivered

    async def both(self) -> bool:
        return all(await self._beside(*map(self.pass_of, self.world.processes)))

    async def at_once(self, one: Act, other: Act) -> bool:
        return all(await self._beside(self.do(one), self.do(other)))

    async def refresh(self, worker: int) -> bool:
        try:
            return await refresh_due(self.world.processes[worker].context)
        except UponAIError:
            return False

    async def expire(self, worker: int) -> bool:
        return await expire_next(self.world.processes[worker].context) is not None

    async def remind(self, worker: int) -> bool:
        return await remind_next(self.world.processes[worker].context)

    async def die(self, worker: int, nth: int, before_commit: bool, how: str) -> bool:
        async def now() -> None:
            raise Died

        process = self.world.processes[worker].befallen(now, nth=nth, before_commit=before_commit)
        try:
            await self._do(how, process)
        except Died:
            return True
        return False

    async def stall(self, worker: int, nth: int, how: str) -> bool:
        before = self.world.troubles.stood_still
        await self._do(how, self.world.processes[worker].befallen(self.world.troubles.stand_still, nth=nth))
        return self.world.troubles.stood_still > before

    async def pass_of(self, process: Process, kinds: Collection[str] = tuple(TAKES)) -> bool:
        """Take the first thing there is to do of these kinds, and carry it on; say whether there was one."""
        try:
            for kind in kinds:
                take, carry = TAKES[kind]
                change = await take(process.context)
                if change is not None:
                    await carry(process.context, change)
                    return True
        except LeaseLost:
            return True
        return False

    async def _do(self, how: str, process: Process) -> None:
        if how == "work":
            await self.pass_of(process)
        else:
            await process.courier.deliver_due()

    async def _beside(self, *works: Awaitable[bool]) -> list[bool]:
        """Do things beside each other; whose transaction comes when is drawn."""
        self.world.database.turns.share(self.world.chance)
        try:
            return await asyncio.gather(*works)
        finally:
            self.world.database.turns.share(None)

    async def _work_meanwhile(self) -> None:
        """Let the other worker do whatever there is while this one stands still."""
        for _ in range(2):
            await self.pass_of(self.world.processes[1])
            await self.world.processes[1].courier.deliver_due()

    # The world outside

    async def delete_card(self, nth: int) -> bool:
        change = await self.change(nth)
        if change is None:
            return False
        async with self.world.database.reading() as tx:
            card = await cards.get(tx, change.lead_id)
        message = None if card is None else self.world.slack.world.message(card.channel_id, card.message_ts)
        if message is not None:
            self.world.slack.world.delete_message(message)
        return message is not None

    async def uponai(self, end: str, kind: str) -> bool:
        self.world.troubles.waiting.append(Trouble(end, kind))
        return True

    async def slack(self, method: str, kind: str) -> bool:
        self.world.troubles.waiting.append(Trouble(method, kind))
        return True

    async def look_at_cards(self, worker: int) -> bool:
        """Look for cards that are gone; what was deleted stands again once it is delivered."""
        owed = self.world.database.memory.read(_OWED)[0][0]
        await self.world.processes[worker].courier.look_at_cards()
        return bool(self.world.database.memory.read(_OWED)[0][0] > owed)

    async def archive(self, is_archived: bool) -> bool:
        channel = self.world.slack.world.channels[PHONE_ROUTING]
        was, channel.is_archived = channel.is_archived, is_archived
        return was != is_archived

    async def dashboard_all(self, field: Field) -> bool:
        return all([await self.dashboard(number, field) for number in range(len(NUMBERS))])

    async def dashboard(self, number: int, field: Field) -> bool:
        self.world.watch.is_written_outside(NUMBERS[number])
        mark = next(self.marks)
        values: dict[Field, dict[str, Any]] = {
            Field.INBOUND: {
                "inbound_agents": [
                    {"agent_id": SALES, "agent_version": 1, "weight": mark % 90 / 100 + 0.05},
                    {"agent_id": SUPPORT, "agent_version": 1, "weight": 0.95 - mark % 90 / 100},
                ]
            },
            Field.OUTBOUND: {"outbound_agents": [{"agent_id": SUPPORT, "agent_version": mark % 7, "weight": 1}]},
            Field.WEBHOOK: {"inbound_webhook_url": f"https://dashboard.example.com/{mark}"},
            Field.TIME_ROUTING: {"is_time_routing_enabled": bool(mark % 2)},
        }
        self.world.uponai.account.set_number(NUMBERS[number], values[field])
        return True

    async def tick(self, seconds: int) -> bool:
        self.world.clock.advance(seconds=seconds)
        return True
