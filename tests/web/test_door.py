import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.signature import SignatureVerifier

from bot.web.app import SLACK_PATH
from bot.web.door import MOST_BYTES, Refusal, parse, sign
from tests.web.door_client import FORM, JSON, NOW, SECRET, Answer, Door, chunks, signature

COMMAND = b"command=%2Froute-number&text=&team_id=T1&user_id=U1"


async def test_a_signed_command_reaches_the_bot_as_its_fields() -> None:
    door = Door(Answer(200, '{"text": "hello"}', "application/json"))
    answer = await door.command(text="+1 555 0100", user_id="U1")
    assert (answer.status_code, answer.json()) == (200, {"text": "hello"})
    assert door.seen == [{"command": "/route-number", "text": "+1 555 0100", "user_id": "U1"}]


async def test_a_command_that_speaks_of_a_payload_is_still_a_command() -> None:
    door = Door()
    assert (await door.command(text="payload={nope", payload="{}")).status_code == 200
    assert door.seen[0]["text"] == "payload={nope"


async def test_an_interaction_reaches_the_bot_as_its_object() -> None:
    door = Door()
    payload = {"type": "block_actions", "actions": [{"value": "RN-1"}]}
    assert (await door.interaction(payload)).status_code == 200
    assert door.seen == [payload]


async def test_an_event_reaches_the_bot_as_its_object() -> None:
    door = Door()
    event = {"type": "event_callback", "event": {"type": "app_home_opened"}}
    assert (await door.post(json.dumps(event).encode(), JSON)).status_code == 200
    assert door.seen == [event]


async def test_url_verification_is_answered_with_its_challenge() -> None:
    door = Door()
    answer = await door.post(b'{"type": "url_verification", "challenge": "abc"}', JSON)
    assert (answer.status_code, answer.text, door.seen) == (200, "abc", [])


async def test_ssl_check_is_answered() -> None:
    door = Door()
    answer = await door.post(b"ssl_check=1&token=abc")
    assert (answer.status_code, answer.text, door.seen) == (200, "", [])


@pytest.mark.parametrize(
    "headers",
    [
        {"x-slack-signature": ""},
        {"x-slack-signature": "v0=" + "0" * 64},
        {"x-slack-signature": "v0=\xfcml\xe4ut"},
        {"x-slack-request-timestamp": ""},
        {"x-slack-request-timestamp": "yesterday"},
        {"x-slack-request-timestamp": "1e9"},
        {"x-slack-request-timestamp": "\xb2\xb3"},
        {"x-slack-request-timestamp": "9" * 5000},
        {"x-slack-request-timestamp": "-1"},
        signature(COMMAND, secret="another-secret"),
        signature(COMMAND + b"x"),
        signature(COMMAND, at=NOW.timestamp() - 301),
        signature(COMMAND, at=NOW.timestamp() + 301),
    ],
)
async def test_a_wrong_missing_or_old_signature_is_401_without_detail(headers: dict[str, str]) -> None:
    door = Door()
    async with door.client() as client:
        sent = {"content-type": FORM, **signature(COMMAND), **headers}
        raw = [(name.encode(), value.encode("latin-1")) for name, value in sent.items()]
        answer = await client.post(SLACK_PATH, content=COMMAND, headers=raw)
    assert (answer.status_code, answer.text, door.seen) == (401, "bad signature", [])


async def test_an_unsigned_request_is_401() -> None:
    door = Door()
    async with door.client() as client:
        assert (await client.post(SLACK_PATH, content=COMMAND)).status_code == 401
    assert door.seen == []


@pytest.mark.parametrize("age", [-299, 0, 299])
async def test_a_signature_of_the_last_five_minutes_holds(age: int) -> None:
    answer = await Door().post(COMMAND, headers=signature(COMMAND, at=NOW.timestamp() + age))
    assert answer.status_code == 200


BROKEN = [
    (b"{nope", JSON),
    (b"[1]", JSON),
    (b"null", JSON),
    (b'{"type": 3}', JSON),
    (b'{"type": ["block_actions"]}', JSON),
    (b'{"type": "no_such_thing"}', JSON),
    (b"\xff\xfe", JSON),
    (b"[" * 200_000, JSON),
    (b'{"type": "event_callback", "event": ' + b"[" * 5_000 + b"]" * 5_000 + b"}", JSON),
    (b'{"type": "event_callback", "event": NaN}', JSON),
    (b'{"type": "event_callback", "event": "\\ud800"}', JSON),
    (b'{"type": "event_callback", "\\u0000": 1}', JSON),
    (b"payload=%7Bnope", FORM),
    (b"payload=[1]", FORM),
    (b"payload=", FORM),
    (b"", FORM),
    (b"text=hello", FORM),
    (b"command=%2Froute-number&text=%FF", FORM),
    (b"command=%2Froute-number&text=%00", FORM),
    (b"&".join(b"a%d=1" % i for i in range(101)), FORM),
    (COMMAND, "text/plain"),
    (COMMAND, ""),
]


@pytest.mark.parametrize(("body", "content_type"), BROKEN)
async def test_what_is_signed_and_cannot_be_parsed_is_400_without_detail(body: bytes, content_type: str) -> None:
    door = Door()
    answer = await door.post(body, content_type)
    assert (answer.status_code, answer.text, door.seen) == (400, "bad request", [])


@pytest.mark.parametrize(("body", "content_type"), BROKEN)
async def test_the_signature_is_checked_before_anything_is_parsed(body: bytes, content_type: str) -> None:
    answer = await Door().post(body, content_type, headers={"x-slack-signature": "v0=0"})
    assert answer.status_code == 401


async def test_what_no_listener_takes_is_400() -> None:
    assert (await Door(Answer(404, '{"error": "unhandled"}')).command()).status_code == 400


async def test_a_body_over_1_mb_is_413_even_when_its_length_was_not_declared() -> None:
    door = Door()
    async with door.client() as client:
        declared = await client.post(SLACK_PATH, content=b"a" * (MOST_BYTES + 1))
        streamed = await client.post(SLACK_PATH, content=chunks(size=100_000, count=11))
        full = await client.post(SLACK_PATH, content=b"a" * MOST_BYTES)
    assert (declared.status_code, streamed.status_code, full.status_code) == (413, 413, 401)
    assert declared.text == "too large"
    assert door.seen == []


async def test_only_post_is_answered_at_slack_s_path() -> None:
    async with Door().client() as client:
        assert (await client.get(SLACK_PATH)).status_code == 405


async def test_in_socket_mode_there_is_no_door_and_health_is_served_all_the_same() -> None:
    async with Door().client(is_http=False) as client:
        assert (await client.post(SLACK_PATH, content=COMMAND)).status_code == 404
        assert (await client.get("/healthz")).status_code == 200
        assert (await client.get("/readyz")).status_code == 200
        assert (await client.get("/metrics")).status_code == 200


async def test_readyz_tells_the_reason() -> None:
    door = Door(reason="The database cannot be reached.")
    async with door.client() as client:
        answer = await client.get("/readyz")
        health = await client.get("/healthz")
    assert (answer.status_code, answer.text) == (503, "The database cannot be reached.")
    assert health.status_code == 200


async def test_metrics_count_answers_and_take_no_label_from_strangers() -> None:
    async with Door().client() as client:
        await client.get("/made-up-by-a-stranger")
        await client.get("/healthz")
        text = (await client.get("/metrics")).text
    assert 'route_number_http_requests_total{path="other",status="404"}' in text
    assert 'path="/healthz",status="200"' in text
    assert "made-up" not in text


def test_our_signature_is_the_sdk_s() -> None:
    timestamp = str(int(NOW.timestamp()))
    verifier = SignatureVerifier(SECRET)
    assert sign(timestamp, COMMAND, secret=SECRET) == verifier.generate_signature(timestamp=timestamp, body=COMMAND)


@given(st.binary(max_size=300), st.sampled_from([JSON, FORM, "text/plain", ""]))
def test_nothing_that_a_stranger_writes_breaks_the_parser(body: bytes, content_type: str) -> None:
    try:
        parsed = parse(content_type, body)
    except Refusal as refusal:
        parsed = {"refused": refusal.status}
    assert parsed == {"refused": 400} or "refused" not in parsed
