"""`doctor`: looks at everything that a running bot needs, and says how to mend what is wrong. It only reads."""

from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta

import typer

from bot.cli.doctor.findings import Finding, Level, fail, ok, warn
from bot.cli.doctor.slack import check_slack
from bot.cli.doctor.uponai import check_uponai
from bot.cli.exits import CHECK_FAILED, run
from bot.domain.key import WorkspaceKey
from bot.domain.rules.findings import findings
from bot.domain.rules.words import policy_sentence
from bot.policy_file.reading import BadPolicy, read_policy
from bot.service import elsewhere
from bot.settings import (
    GROUPS,
    DatabaseSettings,
    FlowSettings,
    Group,
    Settings,
    SettingsError,
    SlackSettings,
    UponAISettings,
    read_settings,
    require_signing_secret,
)
from bot.store import outside, pauses
from bot.store.clock import MOST_SKEW, DatabaseClock
from bot.store.database import Database
from bot.store.errors import BadDatabaseUrl, DatabaseUnavailable
from bot.store.migrate import SchemaState, schema_state
from bot.store.pauses import Pause

_SETTINGS = "settings"
UNTOLD_FOR = timedelta(days=30)


def doctor() -> None:
    """Check settings, database, Slack and UponAI; one line a check."""
    if run(_examine()):
        raise typer.Exit(CHECK_FAILED)


async def _examine() -> bool:
    """Print every finding as it comes; returns whether something failed."""
    groups: dict[type[Group], Group] = {}
    has_failed = False

    def tell(finding: Finding) -> None:
        nonlocal has_failed
        has_failed = has_failed or finding.level is Level.FAIL
        typer.echo(finding.line())

    for finding in _check_settings(groups):
        tell(finding)
    flow, database, slack, uponai = (
        groups.get(group) for group in (FlowSettings, DatabaseSettings, SlackSettings, UponAISettings)
    )
    if isinstance(flow, FlowSettings):
        tell(_check_policy(flow))
    if isinstance(database, DatabaseSettings):
        await _tell_all(tell, _check_database(database, uponai if isinstance(uponai, UponAISettings) else None))
    if isinstance(slack, SlackSettings):
        await _tell_all(tell, check_slack(slack))
    if isinstance(uponai, UponAISettings):
        await _tell_all(tell, check_uponai(uponai))
    return has_failed


async def _tell_all(tell: Callable[[Finding], None], findings: AsyncIterator[Finding]) -> None:
    async for finding in findings:
        tell(finding)


def _check_settings(groups: dict[type[Group], Group]) -> Iterator[Finding]:
    """Read every group by itself, so that one wrong setting does not hide what else there is to find."""
    problems: list[str] = []
    for group in GROUPS:
        try:
            groups[group] = read_settings(group)
        except SettingsError as error:
            problems.extend(error.problems)
    try:
        slack = groups.get(SlackSettings)
        if isinstance(slack, SlackSettings):
            require_signing_secret(slack)
        if not problems:
            # What no group can see by itself.
            read_settings(Settings)
    except SettingsError as error:
        problems.extend(error.problems)
    for problem in problems:
        yield Finding(Level.FAIL, _SETTINGS, problem)
    if not problems:
        yield ok(_SETTINGS, "complete and well-formed.")


def _check_policy(settings: FlowSettings) -> Finding:
    try:
        policy = read_policy(settings.policy_file)
    except BadPolicy as error:
        return fail("policy", str(error), "Mend the file that POLICY_FILE names.")
    count = len(findings(policy))
    if count:
        things = "one thing" if count == 1 else f"{count} things"
        return warn("policy", f"{things} in it cannot hold or add nothing.", "`route-number policy check` names them.")
    rules = f"{len(policy.rules)} rules; " if policy.rules else ""
    return ok("policy", f"{rules}{policy_sentence(policy)} Its hash is {policy.hash}.")


async def _check_database(settings: DatabaseSettings, uponai: UponAISettings | None) -> AsyncIterator[Finding]:
    try:
        database = Database.connect(settings.database_url.get_secret_value())
    except BadDatabaseUrl as error:
        yield fail("database", str(error), "Mend DATABASE_URL.")
        return
    try:
        state = await schema_state(database)
        yield _schema(database, state)
        if database.dialect == "postgresql":
            yield await _clock(database)
        if state.is_ready and uponai is not None:
            async with database.reading() as tx:
                here = WorkspaceKey(uponai.uponai_account_sid, uponai.uponai_workspace_id)
                sentences = await elsewhere.warnings(tx, here)
                every_pause = await pauses.every_pause(tx)
                untold = await outside.untellable(tx, here, datetime.now(UTC) - UNTOLD_FOR)
            for sentence in sentences:
                yield warn("changes", sentence, "")
            for pause in every_pause:
                yield _paused(pause)
            if untold:
                yield _untold(untold)
    except DatabaseUnavailable as error:
        yield fail("database", str(error), "Check DATABASE_URL, and whether the database runs.")
    finally:
        await database.dispose()


def _schema(database: Database, state: SchemaState) -> Finding:
    if state.is_ready:
        return ok("database", state.sentence)
    if database.dialect == "sqlite":
        return warn("database", state.sentence, "(On SQLite, `route-number serve` does it as well.)")
    return fail("database", state.sentence, "")


def _paused(pause: Pause) -> Finding:
    """Tell of a pause; its reason is what somebody typed, and may hold anything."""
    reason = "".join(each if each.isprintable() else " " for each in pause.reason or "")
    why = f" Why: {reason}" if reason else ""
    said = f"{pause.by} paused all sending at {pause.at:%Y-%m-%d %H:%M} UTC.{why}"
    return warn("sending", said, "(`/route-number resume` restarts it.)")


def _untold(count: int) -> Finding:
    numbers = "1 number was" if count == 1 else f"{count} numbers were"
    said = f"{numbers} changed outside in the last {UNTOLD_FOR.days} days, and nobody was told: no channel is known."
    return warn("numbers", said, "Set SLACK_APPROVAL_CHANNEL. `route-number history` names them.")


async def _clock(database: Database) -> Finding:
    """Compare this machine's clock with the database's; on SQLite there is but one."""
    clock = DatabaseClock()
    async with database.reading() as tx:
        await clock.read(tx)
    if clock.warning is not None:
        return warn("clock", clock.warning, "")
    return ok("clock", f"agrees with the database's within {MOST_SKEW.total_seconds():.0f} s.")
