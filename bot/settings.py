"""The operator's settings: environment or `.env`, read once by the command line and handed on as values.

A wrong setting becomes one sentence that names the variable and never repeats its value, which can be a secret.
Each group is what some commands need; `Settings` is all of them.
"""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar

from pydantic import BeforeValidator, Field, SecretStr, StringConstraints, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot import settings_values as read

Seconds = Annotated[timedelta, BeforeValidator(read.seconds)]
WholeNumber = Annotated[int, BeforeValidator(read.digits)]
ApiUrl = Annotated[str, BeforeValidator(read.base_url)]
Word = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[\x21-\x7e]+$")]
Host = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[\x21-\x2e\x30-\x7e]+$")]
ChannelId = Annotated[str, StringConstraints(strip_whitespace=True, pattern="^[CG][A-Z0-9]{1,40}$")]
LogLevel = Annotated[Literal["debug", "info", "warning", "error", "critical"], BeforeValidator(read.word)]
LogFormat = Annotated[Literal["console", "json"], BeforeValidator(read.word)]


class SettingsError(Exception):
    """Some settings are wrong or missing; `problems` holds one sentence for each."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


class Group(BaseSettings):
    """How every group is read: environment first, then `.env`; an empty value counts as not set.

    What a field must be is said by the function that reads it, or by its description where constraints do.
    """

    model_config = SettingsConfigDict(
        env_file=".env",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        validate_default=False,
    )


class LogSettings(Group):
    """What is logged, and how. Without LOG_FORMAT a terminal gets `console`, anything else `json`."""

    log_level: LogLevel = Field("info", description="one of debug, info, warning, error, critical")
    log_format: LogFormat | None = Field(None, description="one of console, json")


class DatabaseSettings(Group):
    """Where the database is; it can hold a password."""

    database_url: Annotated[SecretStr, BeforeValidator(read.database_url)] = SecretStr("sqlite:///route-number.db")


class SlackSettings(Group):
    """The Slack app."""

    slack_bot_token: Annotated[SecretStr, BeforeValidator(read.slack_bot_token)]
    slack_signing_secret: Annotated[SecretStr, BeforeValidator(read.token)] | None = None
    slack_app_token: Annotated[SecretStr, BeforeValidator(read.slack_app_token)] | None = None
    slack_api_url: ApiUrl = "https://slack.com/api/"
    slack_approval_channel: ChannelId | None = Field(
        None, description="a channel id such as C0123456789, not a name; it stands at the end of About"
    )


class UponAISettings(Group):
    """The UponAI account."""

    uponai_api_token: Annotated[SecretStr, BeforeValidator(read.token)]
    uponai_account_sid: Word = Field(description="one word without spaces or special characters")
    uponai_workspace_id: WholeNumber = Field(ge=0, lt=10**10, description="a whole number")
    uponai_api_url: ApiUrl = "https://api.upon-ai.com/"
    uponai_timeout_seconds: Seconds = timedelta(seconds=10)


class WebSettings(Group):
    """Where HTTP is served."""

    port: WholeNumber = Field(3000, ge=1, le=65535, description="a port from 1 to 65535")
    host: Host = Field(
        "0.0.0.0",  # noqa: S104 - the contract's default: Slack comes from outside
        description="a host name or an IP address to listen at",
    )


class NumberSettings(Group):
    """How numbers are read that are written without a country code."""

    default_region: Annotated[str, BeforeValidator(read.region)] | None = None


class FlowSettings(Group):
    """How long things take, and by which rules they are decided."""

    policy_file: Annotated[Path | None, BeforeValidator(read.policy_file)] = None
    change_ttl_seconds: Seconds = timedelta(hours=24)
    apply_within_seconds: Seconds = timedelta(hours=1)
    mirror_refresh_seconds: Seconds = timedelta(seconds=60)
    worker_poll_seconds: Seconds = timedelta(seconds=1)
    worker_lease_seconds: Seconds = timedelta(seconds=30)


class Settings(LogSettings, DatabaseSettings, SlackSettings, UponAISettings, WebSettings, NumberSettings, FlowSettings):
    """Everything that `serve` needs."""

    @model_validator(mode="after")
    def _timeout_fits_lease(self) -> Self:
        # A PUT that could outlive its lease would be repeated by another worker while it is still under way; so
        # nothing is sent once less than two time-outs of the lease are left.
        margin = sending_margin(self.worker_lease_seconds)
        most = (self.worker_lease_seconds - margin) / 2
        if self.uponai_timeout_seconds > most:
            raise ValueError(
                f"UPONAI_TIMEOUT_SECONDS must be at most {most.total_seconds():g} with this WORKER_LEASE_SECONDS: "
                f"twice the time-out and {margin.total_seconds():g} s for a slow commit have to fit into the lease."
            )
        return self

    @property
    def is_socket_mode(self) -> bool:
        """Say whether Slack's requests come through a socket that this bot opens."""
        return self.slack_app_token is not None


def sending_margin(lease: timedelta) -> timedelta:
    """Return how much of a lease is kept free for the commit between its start and the sending.

    That is the database's patience and a little more; a tenth of a lease that is short, as in a demo.
    """
    return min(timedelta(seconds=2), lease / 10)


GROUPS: tuple[type[Group], ...] = (
    SlackSettings,
    UponAISettings,
    DatabaseSettings,
    FlowSettings,
    NumberSettings,
    WebSettings,
    LogSettings,
)

GroupT = TypeVar("GroupT", bound=Group)


def read_settings(group: type[GroupT]) -> GroupT:
    """Read one group from the environment and `.env`.

    Raises:
        SettingsError: With one sentence for each setting that is wrong or missing.
    """
    try:
        return group()
    except ValidationError as exc:
        # The cause is dropped: the library's own message could quote a value.
        raise SettingsError(
            tuple(_sentence(error["loc"], error["type"], error["msg"]) for error in exc.errors())
        ) from None
    except UnicodeDecodeError:
        raise SettingsError(("The file .env is not UTF-8 text.",)) from None


def require_signing_secret(settings: SlackSettings) -> None:
    """Refuse settings by which nobody could tell Slack's requests from others.

    Raises:
        SettingsError: Over HTTP without a signing secret.
    """
    if settings.slack_app_token is None and settings.slack_signing_secret is None:
        sentence = (
            "SLACK_SIGNING_SECRET is not set; copy it from your Slack app's Basic Information page "
            "(or set SLACK_APP_TOKEN for Socket Mode)."
        )
        raise SettingsError((sentence,))


def setting_names() -> tuple[str, ...]:
    """List the names of all settings, as they stand in the environment."""
    return tuple(name.upper() for name in Settings.model_fields)


_HINTS = {
    "SLACK_BOT_TOKEN": "copy it from your Slack app's OAuth & Permissions page",
    "UPONAI_API_TOKEN": "create it in the profile settings of UponAI's dashboard",
    "UPONAI_ACCOUNT_SID": "copy it from UponAI's dashboard",
    "UPONAI_WORKSPACE_ID": "copy it from UponAI's dashboard",
}


def _sentence(loc: tuple[int | str, ...], kind: str, message: str) -> str:
    text = message.removeprefix("Value error, ")
    if not loc:
        return text
    name = str(loc[0]).upper()
    if kind == "missing":
        return f"{name} is not set; {_HINTS[name]}."
    description = Settings.model_fields[str(loc[0])].description
    return f"{name} {text}." if description is None else f"{name} must be {description}."
