"""An agent: permission callback, hooks, in-process tool, four turns, a change of model and mode.

It knows nothing of recordings; STAND_IN is the path of the CLI. It prints what happened, without ids.
"""

import json
import os

import anyio
from claude_agent_sdk import (
    ClaudeAgentOptions,
    ClaudeSDKClient,
    HookMatcher,
    PermissionResultAllow,
    PermissionResultDeny,
    create_sdk_mcp_server,
    tool,
)

from show import say, say_all, show


@tool("add", "Adds two numbers", {"a": float, "b": float})
async def add(numbers):
    say("TOOL add", numbers)
    return {"content": [{"type": "text", "text": str(numbers["a"] + numbers["b"])}]}


async def permission(name, tool_input, _context):
    say("ASK", name, json.dumps(tool_input, sort_keys=True))
    if name == "Bash" and "rm" in tool_input["command"]:
        return PermissionResultDeny(message="never remove")
    if name == "Write":
        elsewhere = {**tool_input, "file_path": os.getcwd() + "/c.txt"}
        return PermissionResultAllow(updated_input=elsewhere)
    return PermissionResultAllow()


async def hook(event, _tool_use_id, _context):
    name = event["hook_event_name"]
    say("HOOK", name, event.get("tool_name", ""))
    if name == "UserPromptSubmit":
        return {"hookSpecificOutput": {"hookEventName": name, "additionalContext": "ctx"}}
    return {}


HOOKS = {
    "PreToolUse": "Bash|mcp__calc__add",
    "PostToolUse": None,
    "UserPromptSubmit": None,
    "Stop": None,
}


async def main():
    options = ClaudeAgentOptions(
        cli_path=os.environ["STAND_IN"],
        can_use_tool=permission,
        permission_mode="default",
        model=os.environ.get("MODEL", "claude-sonnet-4-5"),
        mcp_servers={"calc": create_sdk_mcp_server("calc", tools=[add])},
        allowed_tools=["mcp__calc__add"],
        system_prompt="You are a test.",
        include_partial_messages="PARTIAL" in os.environ,
        setting_sources=[],
        hooks={name: [HookMatcher(matcher=m, hooks=[hook])] for name, m in HOOKS.items()},
    )
    second = os.environ.get("SECOND_PROMPT", "RUN:t2 please remove")
    async with ClaudeSDKClient(options) as client:

        async def ask(prompt):
            say("PROMPT", prompt)
            await client.query(prompt)
            async for message in client.receive_response():
                say(show(message))

        for prompt in ("RUN:t1 add and make", second, "RUN:t3 write it"):
            await ask(prompt)
        await client.set_model("claude-opus-4-1")
        await client.set_permission_mode("acceptEdits")
        await ask("RUN:t4 go")


try:
    anyio.run(main)
finally:
    say_all()
