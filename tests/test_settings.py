from datetime import timedelta
from pathlib import Path

import pytest

from bot.settings import (
    DatabaseSettings,
    Settings,
    SettingsError,
    SlackSettings,
    read_settings,
    require_signing_secret,
    setting_names,
)

NEEDED = {
    "SLACK_BOT_TOKEN": "xoxb-1-2-secret",
    "SLACK_SIGNING_SECRET": "signing-secret",
    "UPONAI_API_TOKEN": "uponai-secret",
    "UPONAI_ACCOUNT_SID": "29e90072-fb58-4c6c-870a-43005115131e",
    "UPONAI_WORKSPACE_ID": "1",
}


@pytest.fixture(autouse=True)
def only_these_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in setting_names():
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def needed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in NEEDED.items():
        monkeypatch.setenv(name, value)


def problems(group: type[Settings] | type[DatabaseSettings] = Settings) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        read_settings(group)
    return caught.value.problems


@pytest.mark.usefixtures("needed")
def test_defaults_are_the_contract_s() -> None:
    settings = read_settings(Settings)
    assert settings.slack_api_url == "https://slack.com/api/"
    assert settings.uponai_api_url == "https://api.upon-ai.com/"
    assert settings.database_url.get_secret_value() == "sqlite:///route-number.db"
    assert (settings.host, settings.port) == ("0.0.0.0", 3000)  # noqa: S104
    assert settings.change_ttl_seconds == timedelta(seconds=86400)
    assert settings.apply_within_seconds == timedelta(seconds=3600)
    assert settings.mirror_refresh_seconds == timedelta(seconds=60)
    assert settings.worker_poll_seconds == timedelta(seconds=1)
    assert settings.worker_lease_seconds == timedelta(seconds=30)
    assert settings.uponai_timeout_seconds == timedelta(seconds=10)
    assert (settings.log_level, settings.log_format) == ("info", None)
    assert settings.policy_file is None
    assert not settings.is_socket_mode


@pytest.mark.usefixtures("needed")
def test_g12_no_secret_stands_in_the_settings_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://user:db-secret@host/db")
    monkeypatch.setenv("SLACK_APP_TOKEN", "xapp-1-secret")
    settings = read_settings(Settings)
    assert "secret" not in repr(settings).replace("slack_signing_secret=", "")
    assert "secret" not in str(settings).replace("slack_signing_secret=", "")


def test_each_missing_setting_is_one_sentence_that_names_it() -> None:
    sentences = problems()
    named = [sentence.split()[0] for sentence in sentences]
    assert sorted(named) == sorted(set(NEEDED) - {"SLACK_SIGNING_SECRET"})
    assert all("is not set" in sentence and sentence.endswith(".") and "\n" not in sentence for sentence in sentences)


WRONG = {
    "SLACK_BOT_TOKEN": ["xapp-1-2-3", "two words", "xoxp-1"],
    "SLACK_SIGNING_SECRET": ["two words", "ümlaut"],
    "SLACK_APP_TOKEN": ["xoxb-1"],
    "SLACK_API_URL": [
        "slack.com/api",
        "ftp://slack.com",
        "https://a:b@slack.com/",
        "https://slack.com/?q=1",
        "http://[x",
    ],
    "SLACK_APPROVAL_CHANNEL": ["#phone-routing", "phone-routing", "D0123"],
    "UPONAI_API_TOKEN": ["two words"],
    "UPONAI_ACCOUNT_SID": ["two words"],
    "UPONAI_WORKSPACE_ID": ["one", "-1", "1.5", "99999999999999"],
    "UPONAI_API_URL": ["upon-ai.com", "https://"],
    "UPONAI_TIMEOUT_SECONDS": ["ten", "0", "-1", "nan", "inf"],
    "DATABASE_URL": ["mysql://host/db", "sqlite://", "sqlite:///", "route-number.db", "postgresql://"],
    "CHANGE_TTL_SECONDS": ["0", "1e99", "1 day"],
    "APPLY_WITHIN_SECONDS": ["never"],
    "MIRROR_REFRESH_SECONDS": ["0"],
    "DEFAULT_REGION": ["Germany", "XX"],
    "WORKER_POLL_SECONDS": ["0"],
    "WORKER_LEASE_SECONDS": ["-30"],
    "PORT": ["0", "65536", "http", "³"],
    "HOST": ["http://here", "two words"],
    "LOG_LEVEL": ["loud"],
    "LOG_FORMAT": ["xml"],
}


@pytest.mark.usefixtures("needed")
@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in WRONG.items() for value in values])
def test_g12_a_wrong_setting_is_one_sentence_without_its_value(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    (sentence,) = problems()
    assert sentence.startswith(f"{name} must ")
    assert sentence.endswith(".")
    assert "\n" not in sentence
    if len(value) > len("65536") and not value.endswith("/"):  # The bare schemes stand in the sentence as advice.
        assert value not in sentence


@pytest.mark.usefixtures("needed")
@pytest.mark.parametrize(
    ("timeout", "lease", "problem"),
    [
        ("14", "30", None),
        ("14.001", "30", "at most 14 with this WORKER_LEASE_SECONDS: twice the time-out and 2 s for"),
        ("15", "30", "at most 14 with"),
        # The demo, the tests of the whole bot, and shorter still.
        ("4", "10", None),
        ("1", "3", None),
        ("0.45", "1", None),
        ("0.46", "1", "at most 0.45 with this WORKER_LEASE_SECONDS: twice the time-out and 0.1 s for"),
    ],
)
def test_two_uponai_time_outs_and_a_slow_commit_fit_into_the_lease(
    monkeypatch: pytest.MonkeyPatch, timeout: str, lease: str, problem: str | None
) -> None:
    monkeypatch.setenv("UPONAI_TIMEOUT_SECONDS", timeout)
    monkeypatch.setenv("WORKER_LEASE_SECONDS", lease)
    if problem is None:
        assert read_settings(Settings).uponai_timeout_seconds == timedelta(seconds=float(timeout))
    else:
        (sentence,) = problems()
        assert sentence.startswith(f"UPONAI_TIMEOUT_SECONDS must be {problem}")
        assert sentence.endswith(" a slow commit have to fit into the lease.")


@pytest.mark.usefixtures("needed")
def test_an_empty_value_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEFAULT_REGION", "")
    monkeypatch.setenv("PORT", "")
    settings = read_settings(Settings)
    assert (settings.default_region, settings.port) == (None, 3000)


@pytest.mark.usefixtures("needed")
def test_addresses_get_the_slash_that_paths_are_joined_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_API_URL", "http://127.0.0.1:9999/api")
    monkeypatch.setenv("UPONAI_API_URL", "http://127.0.0.1:9998")
    settings = read_settings(Settings)
    assert (settings.slack_api_url, settings.uponai_api_url) == ("http://127.0.0.1:9999/api/", "http://127.0.0.1:9998/")


def test_the_environment_wins_over_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    lines = [*(f"{name}={value}" for name, value in NEEDED.items()), "PORT=4000", "DEFAULT_REGION=de", "OTHER=1"]
    (tmp_path / ".env").write_text("\n".join(lines))
    monkeypatch.setenv("PORT", "5000")
    settings = read_settings(Settings)
    assert (settings.port, settings.default_region) == (5000, "DE")


def test_commands_that_need_the_database_alone_ask_for_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_settings(DatabaseSettings).database_url.get_secret_value() == "sqlite:///route-number.db"
    monkeypatch.setenv("DATABASE_URL", "postgres://user@host/db")
    assert read_settings(DatabaseSettings).database_url.get_secret_value() == "postgresql://user@host/db"


@pytest.mark.usefixtures("needed")
def test_http_needs_the_signing_secret_and_socket_mode_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SLACK_SIGNING_SECRET")
    with pytest.raises(SettingsError, match="SLACK_SIGNING_SECRET is not set"):
        require_signing_secret(read_settings(SlackSettings))
    monkeypatch.setenv("SLACK_APP_TOKEN", "xapp-1")
    require_signing_secret(read_settings(SlackSettings))
