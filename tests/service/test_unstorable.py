"""What UponAI says and no database can store: one bad character stops neither the mirror nor a change."""

from bot.domain.state import State
from bot.sandbox.uponai.seed import SALES, SUPPORT
from bot.service import lookup
from tests.service.service_harness import NUMBER, ServiceHarness, inbound, time_routing, webhook

HALF, NUL = "\ud83d", "\0"


async def damage(bench: ServiceHarness) -> None:
    account = bench.uponai.account
    account.agents[SUPPORT]["agent_name"] = f"Support {HALF}{NUL}"
    account.set_number(NUMBER, {"inbound_webhook_url": f"https://hooks.example.com/{HALF}?key={NUL}"})
    account.set_number(f"ext-{HALF}", {})
    account.set_number("ext-4099", {"inbound_agents": [{"agent_id": SALES, "weight": 1}]})
    await lookup.refresh_agents(bench.context)
    await lookup.refresh_numbers(bench.context)


async def test_the_mirror_takes_the_list_with_a_half_emoji_in_a_name_and_in_a_webhook(bench: ServiceHarness) -> None:
    await damage(bench)
    present = await lookup.present(bench.context, NUMBER)
    assert present is not None
    assert present.assignment.webhook_url == "https://hooks.example.com/\ufffd?key=\ufffd"
    assert (await lookup.agents(bench.context, {SUPPORT}))[SUPPORT].name == "Support \ufffd\ufffd"
    assert await lookup.present(bench.context, "ext-4099") is not None
    assert await lookup.present(bench.context, "ext-\ufffd") is None


async def test_a_number_with_a_half_emoji_in_its_webhook_is_changed_as_any_other(bench: ServiceHarness) -> None:
    await damage(bench)
    for patch in (time_routing(is_on=True), inbound(SUPPORT), webhook("https://hooks.example.com/calls")):
        change = await bench.approved(patch)
        await bench.work()
        assert (await bench.read(change)).state is State.APPLIED
    assert len(bench.puts()) == 3
