"""Two launches: an agent with a hook, a permission and an in-process tool, then a plain question.

STAND_IN is the path of the CLI; the other variables change the program in one place each.
"""

import os

import anyio
from claude_agent_sdk import (
    ClaudeAgentOptions,
    ClaudeSDKClient,
    HookMatcher,
    PermissionResultAllow,
    create_sdk_mcp_server,
    query,
    tool,
)

from show import say, say_all, show

CLI = os.environ["STAND_IN"]


@tool(os.environ.get("TOOL", "add"), "Adds two numbers", {"a": float, "b": float})
async def add(numbers):
    say("TOOL add", numbers)
    return {"content": [{"type": "text", "text": str(numbers["a"] + numbers["b"])}]}


async def permission(name, tool_input, _context):
    say("ASK", name, tool_input["command"])
    return PermissionResultAllow()


async def hook(event, _tool_use_id, _context):
    say("HOOK", event["hook_event_name"])
    return {}


async def main():
    agent = ClaudeAgentOptions(
        cli_path=CLI,
        can_use_tool=permission,
        permission_mode="default",
        mcp_servers={"calc": create_sdk_mcp_server("calc", tools=[add])},
        allowed_tools=os.environ.get("ALLOWED", "mcp__calc__add").split(),
        setting_sources=[],
        hooks={os.environ.get("HOOK", "Stop"): [HookMatcher(hooks=[hook])]},
    )
    async with ClaudeSDKClient(agent) as client:
        await client.query(os.environ.get("FIRST_PROMPT", "Add and make"))
        async for message in client.receive_response():
            say(show(message))
    plain = ClaudeAgentOptions(
        cli_path=CLI, setting_sources=[], model=os.environ.get("MODEL", "claude-opus-5-5")
    )
    async for message in query(prompt=os.environ.get("LAST_PROMPT", "Thanks"), options=plain):
        say(show(message))


try:
    anyio.run(main)
finally:
    say_all()
