"""Names of people and user groups are asked for once an hour, and never in the way of a message."""

from bot.sandbox.slack.web_api.faults import Fault
from bot.sandbox.slack.workspace.seed import AMY
from bot.slack.api.names import Names
from tests.slack.bot_harness import BotHarness

GROUP = "S07APPROVER"


async def test_names_are_remembered_and_what_is_not_told_is_asked_again(bot_world: BotHarness) -> None:
    names = Names(bot_world.client, now=bot_world.clock.now)
    fault = Fault("error", methods=["usergroups.list"], times=1)
    bot_world.slack.faults.add(fault)
    assert GROUP not in await names.of({AMY, GROUP})
    assert GROUP not in await names.of({GROUP})
    bot_world.clock.advance(seconds=61)
    known = await names.of({AMY, GROUP})
    assert known == {AMY: bot_world.person(AMY).user.real_name, GROUP: "routing-approvers"}
    bot_world.slack.faults.add(Fault("down", methods=["usergroups.list", "users.info"], times=5))
    assert await names.of({AMY, GROUP}) == known
    bot_world.clock.advance(hours=2)
    assert await names.of({AMY, GROUP}) == known


async def test_whom_slack_does_not_know_has_no_name(bot_world: BotHarness) -> None:
    names = Names(bot_world.client, now=bot_world.clock.now)
    assert await names.of({"UNOBODY", "SNOTHING"}) == {}
    assert await names.of(()) == {}
