"""What the bot tells its operator: log lines without secrets, and a few metrics.

Every log line of this process, the libraries' included, passes through one formatter, which takes secrets out of the
finished text: tracebacks and quoted addresses cannot carry one past it.
"""

import logging
import re
import sys
from collections.abc import Iterable
from types import TracebackType
from typing import Any

import structlog
from prometheus_client import Counter, Gauge

HTTP_REQUESTS = Counter(
    "route_number_http_requests_total", "Requests answered, by path and status.", ["path", "status"]
)
CHANGE_STEPS = Counter("route_number_change_steps_total", "Steps of changes, by the state they led to.", ["state"])
PUT_OUTCOMES = Counter("route_number_put_outcomes_total", "Writes sent to UponAI, by what became of them.", ["outcome"])
OUTBOX_WAITING = Gauge("route_number_outbox_waiting", "Messages to Slack that are not delivered yet.")
OUTBOX_PARKED = Gauge("route_number_outbox_parked", "Messages to Slack that wait for their channel.")
WORKER_LAST_TURN = Gauge("route_number_worker_last_turn_seconds", "When the worker last looked for work, Unix time.")
SOCKET_CONNECT_FAILURES = Counter(
    "route_number_socket_connect_failures_total", "Failed tries to connect to Slack's socket, by error.", ["error"]
)
SOCKET_CONNECTED_SINCE = Gauge(
    "route_number_socket_connected_since_seconds", "Since when Slack's socket is connected, Unix time; 0 while not."
)
SOCKET_LAST_ENVELOPE = Gauge(
    "route_number_socket_last_envelope_seconds", "When the last request came over Slack's socket, Unix time."
)

REDACTED = "[redacted]"

_SHORTEST_SECRET = 6
_PATTERNS = (
    re.compile(r"\bxox[a-z](?:\.xox[a-z])?-[\w%.-]+", re.IGNORECASE),
    re.compile(r"\bxapp-[\w%.-]+", re.IGNORECASE),
    re.compile(r"(?<=bearer )[\w.~+/=-]+", re.IGNORECASE),
    re.compile(r"\bv0=[0-9a-f]{16,}", re.IGNORECASE),
    re.compile(r"(?<=hooks\.slack\.com/)[\w%./-]+", re.IGNORECASE),
    re.compile(r"(?<=[?&]ticket=)[\w%.-]+", re.IGNORECASE),
    re.compile(r"(?<=://)[^/\s@'\"]+(?=@)"),
)
# These libraries log whole requests: Bolt a body that no listener took (a warning), the SDK every payload (debug).
_LEVEL_AT_LEAST = {
    "slack_bolt": logging.ERROR,
    "bot.slack.bolt": logging.ERROR,
    "slack_sdk": logging.WARNING,
    "httpx": logging.WARNING,
    "httpcore": logging.WARNING,
    "uvicorn": logging.WARNING,
    "websockets": logging.WARNING,
    "aiohttp": logging.WARNING,
    "aiosqlite": logging.WARNING,
    "asyncio": logging.WARNING,
    "sqlalchemy": logging.WARNING,
    # SQLAlchemy tells of its pools in the name of the class's module.
    "bot.store.pool": logging.WARNING,
    "alembic": logging.WARNING,
}


class Redactor:
    """Takes secrets out of text: what looks like one, and the operator's own."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        # Long ones first, or a secret that holds another one would be left in part.
        known = sorted({s for s in secrets if len(s) >= _SHORTEST_SECRET}, key=len, reverse=True)
        self._known = re.compile("|".join(re.escape(secret) for secret in known)) if known else None

    def __call__(self, text: str) -> str:
        """Return the text without secrets."""
        if self._known:
            text = self._known.sub(REDACTED, text)
        for pattern in _PATTERNS:
            text = pattern.sub(REDACTED, text)
        return text


class _RedactingFormatter(structlog.stdlib.ProcessorFormatter):
    def __init__(self, redact: Redactor, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        """Write one record, without secrets."""
        return self._redact(super().format(record))


def configure_logging(*, level: str, log_format: str | None, secrets: Iterable[str] = ()) -> None:
    """Send every log line of this process to standard error, `console` or `json`; None chooses by the terminal."""
    is_json = log_format == "json" or (log_format is None and not sys.stderr.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    renderer: list[structlog.typing.Processor] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(default=str)]
        if is_json
        else [
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)
        ]
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        _RedactingFormatter(
            Redactor(secrets),
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name, lowest in _LEVEL_AT_LEAST.items():
        logging.getLogger(name).setLevel(max(lowest, root.level))
    logging.captureWarnings(capture=True)
    sys.excepthook = _log_crash


def _log_crash(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    structlog.get_logger("bot").critical("process.crashed", exc_info=(kind, error, traceback))
