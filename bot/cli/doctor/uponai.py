"""What `doctor` asks UponAI: token, workspace, account and agents."""

from collections.abc import AsyncIterator

from bot.cli.doctor.findings import Finding, fail, ok, warn
from bot.cli.serve.wiring import make_uponai, now
from bot.settings import UponAISettings
from bot.uponai.client import UponAIClient
from bot.uponai.errors import Forbidden, Refused, Unauthorized, UponAIError

_TOKEN, _WORKSPACE, _ACCOUNT, _AGENTS = "UponAI token", "UponAI workspace", "UponAI account", "UponAI agents"


async def check_uponai(settings: UponAISettings) -> AsyncIterator[Finding]:
    """Check what can be checked with the settings; stops where nothing more can be learnt."""
    client = make_uponai(settings, now)
    try:
        try:
            workspaces = await client.list_workspaces()
        except (Unauthorized, Forbidden) as error:
            yield fail(_TOKEN, str(error), "Create a new one in the profile settings of UponAI's dashboard.")
            return
        except UponAIError as error:
            yield fail(_TOKEN, str(error), "Check the network and UPONAI_API_URL.")
            return
        yield ok(_TOKEN, "valid.")
        wanted = settings.uponai_workspace_id
        if wanted in {workspace.id for workspace in workspaces}:
            yield ok(_WORKSPACE, f"{wanted} can be accessed.")
        else:
            seen = ", ".join(str(workspace.id) for workspace in workspaces) or "none"
            yield fail(_WORKSPACE, f"the token cannot access it (it can access: {seen}).", "Check UPONAI_WORKSPACE_ID.")
        yield await _check_account(client)
        yield await _check_agents(client)
    finally:
        await client.aclose()


async def _check_account(client: UponAIClient) -> Finding:
    try:
        count = len((await client.list_numbers()).numbers)
    except (Unauthorized, Refused) as error:
        return fail(_ACCOUNT, str(error), "Check UPONAI_ACCOUNT_SID.")
    except UponAIError as error:
        return fail(_ACCOUNT, str(error), "Run doctor again; if it stays, UPONAI_TIMEOUT_SECONDS may be too short.")
    if count == 0:
        return warn(_ACCOUNT, "lists no number.", "Check UPONAI_ACCOUNT_SID and UPONAI_WORKSPACE_ID.")
    return ok(_ACCOUNT, f"lists {count} numbers.")


async def _check_agents(client: UponAIClient) -> Finding:
    try:
        count = len((await client.list_agents()).agents)
    except UponAIError as error:
        return fail(_AGENTS, str(error), "Check UPONAI_WORKSPACE_ID.")
    if count == 0:
        return warn(_AGENTS, "the workspace has none.", "Publish an agent in UponAI's dashboard.")
    return ok(_AGENTS, f"the workspace has {count}.")
