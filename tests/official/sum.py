"""Two launches: a sum with a hook, a permission, an in-process tool and a structured answer, and a turn
with a limit.

It knows nothing of scenarios; STAND_IN is the path of the CLI. It prints what happened, without ids.
FIRST_PROMPT changes the program.
"""

import json
import os

import anyio
from claude_agent_sdk import (
    ClaudeAgentOptions,
    ClaudeSDKClient,
    HookMatcher,
    PermissionResultAllow,
    ResultMessage,
    create_sdk_mcp_server,
    tool,
)

SCHEMA = {
    "type": "object",
    "properties": {"sum": {"type": "number"}, "kept": {"type": "boolean"}},
    "required": ["sum", "kept"],
}


@tool("add", "Adds two numbers", {"a": float, "b": float})
async def add(numbers):
    print("TOOL add", numbers["a"], numbers["b"])
    return {"content": [{"type": "text", "text": str(numbers["a"] + numbers["b"])}]}


async def permission(name, _tool_input, _context):
    print("ASK", name)
    return PermissionResultAllow()


async def hook(event, _tool_use_id, _context):
    print("HOOK", event["tool_name"])
    return {}


async def ask(prompt, **options):
    options = ClaudeAgentOptions(cli_path=os.environ["STAND_IN"], setting_sources=[], **options)
    async with ClaudeSDKClient(options) as client:
        await client.query(prompt)
        async for message in client.receive_response():
            if isinstance(message, ResultMessage):
                return message


async def main():
    first = await ask(
        os.environ.get("FIRST_PROMPT", "Add 1 and 2"),
        can_use_tool=permission,
        mcp_servers={"calc": create_sdk_mcp_server("calc", tools=[add])},
        allowed_tools=["mcp__calc__add"],
        hooks={"PreToolUse": [HookMatcher(matcher="mcp__calc__add|Write", hooks=[hook])]},
        output_format={"type": "json_schema", "schema": SCHEMA},
    )
    print("SUM", json.dumps(first.structured_output))
    print("DENIED", [denial["tool_name"] for denial in first.permission_denials or []])
    second = await ask("Go on", resume=first.session_id, max_turns=1)
    print("LIMIT", second.subtype)


anyio.run(main)
