"""G12: what UponAI says may quote a webhook, which can hold a secret: it is repeated nowhere."""

import json
from typing import Any

import pytest

from bot.domain.assignment import Assignment, Field
from bot.uponai.errors import UponAIError
from tests.uponai.serving import ACCOUNT, Scripted, client_of, key

NUMBER = "+14155550123"
FORMER = "https://hooks.example.com/former?a=1&token=zq1%2Fold"
WANTED = "https://user:zq1-pw@hooks.example.com/wanted?a=1&token=zq1-new"
SAID = f"{FORMER} and {WANTED} failed: token zq1/old and token zq1-new are wrong, so is zq1-pw"
PATCH = Assignment(webhook_url=WANTED).patch_to([Field.WEBHOOK])
OTHER_PATCH = Assignment(is_time_routing_enabled=True).patch_to([Field.TIME_ROUTING])


def entry(webhook: str, said: str | None = None) -> dict[str, Any]:
    return {
        "number": NUMBER,
        "account_sid": ACCOUNT,
        "workspace_id": 1,
        "inbound_webhook_url": webhook,
        "platform_import_error": said is not None,
        "platform_import_error_message": said,
    }


def answer(status: int, value: dict[str, Any]) -> tuple[int, bytes]:
    return status, json.dumps(value).encode()


@pytest.mark.parametrize(
    "said",
    [
        answer(422, {"message": SAID}),
        answer(200, {"success": False, "errors": [SAID]}),
        answer(200, {"message": SAID, "numbers": [entry(WANTED, SAID)]}),
        answer(200, {"assignment": {"platform_import_error": True, "platform_import_error_message": SAID}}),
    ],
)
@pytest.mark.parametrize("patch", [PATCH, OTHER_PATCH])
async def test_g12_the_answer_to_a_put_shows_neither_webhook(said: tuple[int, bytes], patch: Any) -> None:
    present = FORMER if patch is PATCH else WANTED
    client = client_of(Scripted(answer(200, {"numbers": [entry(present)]}), said))
    await client.find_number(key(NUMBER))
    try:
        put = await client.put_assignment(key(NUMBER), patch)
        shown = f"{put.import_error} {put.message} {put.listed.import_error if put.listed else None}"
    except UponAIError as error:
        shown = str(error)
    await client.aclose()
    assert "hooks.example.com/wanted?…" in shown
    assert "zq1-" not in shown
    if patch is PATCH:
        assert "zq1" not in shown


async def test_g12_a_listed_complaint_does_not_show_the_numbers_own_webhook() -> None:
    client = client_of(Scripted(answer(200, {"numbers": [entry(WANTED, f"{WANTED}: zq1-new, zq1-pw are wrong")]})))
    listed = (await client.find_number(key(NUMBER))).listed
    await client.aclose()
    assert listed is not None
    assert listed.assignment.webhook_url == WANTED
    assert listed.import_error == "https://hooks.example.com/wanted?…: …, … are wrong"
