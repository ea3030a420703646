import json
import logging
import sys

import pytest
import structlog

from bot.telemetry import REDACTED, Redactor, configure_logging

pytestmark = pytest.mark.usefixtures("logging_put_back")


def fail_with(secret: str) -> None:
    raise RuntimeError(f"refused: {secret}")


@pytest.mark.parametrize(
    "text",
    [
        "xoxb-123-456-abcDEF",
        "xapp-1-A1-2-ff",
        "Authorization: Bearer abc.def-123",
        "v0=" + "a1" * 32,
        "https://hooks.slack.com/commands/T1/2/secret",
        "wss://wss.example/link?ticket=abc-def",
        "postgresql://user:password@host/db",
    ],
)
def test_g12_what_looks_like_a_secret_is_taken_out(text: str) -> None:
    redacted = Redactor()(f"before {text} after")
    assert REDACTED in redacted
    assert redacted.startswith("before ")
    assert redacted.endswith(" after")
    for secret in ("456", "xapp-1", "abc.def", "a1a1", "T1/2", "abc-def", "password"):
        assert secret not in redacted


def test_g12_configured_secrets_are_taken_out_of_anything() -> None:
    assert Redactor(["hunter2hunter2"])("key=hunter2hunter2!") == f"key={REDACTED}!"


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_g12_neither_lines_nor_tracebacks_nor_libraries_carry_a_secret(
    capsys: pytest.CaptureFixture[str], log_format: str
) -> None:
    configure_logging(level="debug", log_format=log_format, secrets=["my-signing-secret"])
    structlog.get_logger("bot").info("call.sent", token="xoxb-1-2-3", note="my-signing-secret")
    try:
        fail_with("Bearer abcdef123")
    except RuntimeError:
        structlog.get_logger("bot").exception("call.failed")
    logging.getLogger("slack_sdk").warning("answer to %s", "xoxb-9-8-7")
    sys.excepthook(RuntimeError, RuntimeError("my-signing-secret"), None)
    text = capsys.readouterr().err
    for secret in ("xoxb-", "my-signing-secret", "abcdef123"):
        assert secret not in text
    for kept in ("call.sent", "call.failed", "answer to", "process.crashed", "RuntimeError"):
        assert kept in text


def test_g12_libraries_that_log_bodies_stay_silent_even_at_debug(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(level="debug", log_format="json")
    logging.getLogger("slack_bolt").warning("Unhandled request {'token': 'x', 'text': 'private'}")
    logging.getLogger("slack_sdk").debug("Sending a request - body: private")
    logging.getLogger("httpx").info("HTTP Request: PUT https://api/private")
    assert "private" not in capsys.readouterr().err


def test_json_lines_are_json(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(level="info", log_format=None)
    structlog.get_logger("bot").info("started", port=3000)
    line = json.loads(capsys.readouterr().err)
    assert (line["event"], line["port"], line["level"]) == ("started", 3000, "info")
