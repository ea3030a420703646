"""The rules of the house that a reader could otherwise only hope for."""

import ast
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from slack_sdk.web.async_client import AsyncWebClient
from typer import Context
from typer.main import get_group

from bot.cli.main import app
from bot.cli.manifest import BOT_SCOPES
from bot.domain.events import Event
from bot.sandbox.slack.web_api.front import METHODS
from bot.sandbox.slack.workspace.model import DEFAULT_SCOPES
from bot.settings import setting_names
from bot.slack.api import error_codes

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
OURS = [path for path in (ROOT / "bot").rglob("*.py") if "sandbox" not in path.parts]


def test_imports_point_down() -> None:
    # In a process of its own: it reconfigures logging and switches off the loggers that exist.
    code = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True, no_logo=True))"
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout


@pytest.mark.parametrize("name", setting_names())
def test_readme_names_every_setting(name: str) -> None:
    assert re.search(rf"`{name}`", README)


def test_readme_names_no_setting_that_does_not_exist() -> None:
    words = set(re.findall(r"`([A-Z]+(?:_[A-Z]+)+)`", README))
    assert words <= set(setting_names())


def test_readme_shows_small_pictures_that_are_there() -> None:
    named = set(re.findall(r"tests/browser/pictures/[\w-]+\.png", README))
    assert named == {str(path.relative_to(ROOT)) for path in (ROOT / "tests/browser/pictures").iterdir()}
    assert all((ROOT / name).stat().st_size < 200_000 for name in named)


def commands() -> Iterator[str]:
    group = get_group(app)
    context = Context(group)
    for name in group.list_commands(context):
        nested = getattr(group.get_command(context, name), "commands", None)
        yield from [f"{name} {inner}" for inner in nested] if nested else [name]


@pytest.mark.parametrize("command", list(commands()))
def test_readme_names_every_command(command: str) -> None:
    assert f"`{command}" in README or f"route-number {command}" in README


def test_the_stand_in_answers_every_method_that_the_bot_calls() -> None:
    called = {method for path in OURS for method in methods_called(path)}
    assert {"chat.postMessage", "chat.update", "views.open", "views.update", "users.info", "auth.test"} <= called
    assert called <= set(METHODS)


def methods_called(path: Path) -> Iterator[str]:
    """Find calls by name (`call(client, "views.open", …)`, `show("chat.update", …)`) and of the SDK's methods."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in {"call", "_call", "show"}:
            for argument in node.args:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    yield argument.value
        elif re.match(r"[a-z]+_", name) and isinstance(node.func, ast.Attribute) and hasattr(AsyncWebClient, name):
            yield name.replace("_", ".")


def test_what_the_record_calls_an_event_is_written_once() -> None:
    bare = [(path.name, text) for path in OURS if path.name != "events.py" for text in strings_of(path)]
    assert [found for found in bare if found[1] in set(Event) or re.fullmatch(r"(change|errand)\.", found[1])] == []


def test_codes_of_slack_stand_in_one_place() -> None:
    groups = [value for name, value in vars(error_codes).items() if name.isupper()]
    codes = {code for group in groups for code in ({group} if isinstance(group, str) else group)}
    codes.discard("is_archived")  # Slack calls a field of a channel the same.
    elsewhere = [path for path in OURS if path.name not in ("error_codes.py", "no_channel.py")]
    assert [(path.name, text) for path in elsewhere for text in strings_of(path) if text in codes] == []


def strings_of(path: Path) -> Iterator[str]:
    """Find the strings of a module, and the pieces of those that are put together."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_the_stand_in_gives_the_scopes_that_the_manifest_asks_for() -> None:
    assert set(DEFAULT_SCOPES) == set(BOT_SCOPES)


def test_no_module_is_too_long_and_a_package_holds_one_line_that_says_what_is_in_it() -> None:
    for path in (ROOT / "bot").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert len(text.splitlines()) <= 300, path
        assert path.name != "__init__.py" or re.fullmatch(r'"""[^\n]+\."""\n', text), path


def test_constraints_are_exact_and_hold_no_address() -> None:
    lines = (ROOT / ".ci" / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert lines
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+", line) for line in lines)


def test_the_wheel_carries_everything_that_a_server_needs(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path / "dist")],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=60,
    )
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
    installed = tmp_path / "installed"
    page = "bot/sandbox/page"
    fonts = [f"{page}/fonts/{path.name}" for path in (ROOT / page / "fonts").iterdir()]
    assert f"{page}/fonts/OFL.txt" in fonts
    for needed in ("bot/migrations/env.py", f"{page}/index.html", *fonts, "bot/LICENSE", "bot/py.typed"):
        assert (installed / needed).is_file(), needed
    assert {path.name.split("-")[0] for path in installed.iterdir()} == {"bot", "route_number"}
    migrated = subprocess.run(
        [sys.executable, "-m", "bot", "migrate"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(installed), "DATABASE_URL": "sqlite:///installed.db"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert migrated.returncode == 0, migrated.stderr
    assert migrated.stdout.startswith("Migrated the schema from nothing to ")


def test_the_page_has_a_font_for_every_sign_that_the_bot_writes() -> None:
    page = ROOT / "bot" / "sandbox" / "page"
    face = (page / "css" / "fonts.css").read_text(encoding="utf-8").split('"Emoji of the stand-in"')[1]
    covered = {chr(int(point, 16)) for point in re.findall(r"U\+([0-9A-F]+)", face)}
    sources = [*(ROOT / "bot" / "slack").rglob("*.py"), page / "js" / "emoji.js"]
    # Arrows are in Lato or in any other font.
    written = {
        sign
        for path in sources
        for sign in re.findall("[\u21a9\u2300-\u2bff\U0001f000-\U0001ffff]", path.read_text("utf-8"))
    }
    assert "⏳" in written
    assert written <= covered, sorted(written - covered)
