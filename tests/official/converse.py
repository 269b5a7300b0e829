"""One conversation with the CLI's own defaults: each argument is a prompt, asked when the turn before it is over.

STAND_IN is the path of the CLI; the other variables add an option each.
"""

import json
import os
import sys

import anyio
from claude_agent_sdk import (
    ClaudeAgentOptions,
    ClaudeSDKClient,
    HookMatcher,
    PermissionResultAllow,
    PermissionResultDeny,
    StreamEvent,
    create_sdk_mcp_server,
    tool,
)

from show import say, say_all, show


async def permission(name, _tool_input, _context):
    say("ASK", name)
    if os.environ["DECISION"] == "allow":
        return PermissionResultAllow()
    return PermissionResultDeny(message=os.environ["DECISION"])


async def hook(event, _tool_use_id, _context):
    name, command = event["hook_event_name"], event.get("tool_input", {}).get("command")
    say("HOOK", name, command)
    answers = json.loads(os.environ["HOOKS"])[name]
    return answers.get(command, answers["*"])


DOUBLE = {"type": "number", "format": "double"}
NUMBERS = {"type": "object", "properties": {"a": DOUBLE, "b": DOUBLE}, "required": ["a", "b"]}


@tool("multiply", "Multiplies two numbers.", NUMBERS)
async def multiply(numbers):
    say("TOOL multiply", numbers)
    return {"content": [{"type": "text", "text": str(numbers["a"] * numbers["b"])}]}


@tool("divide", "Divides one number by another.", NUMBERS)
async def divide(numbers):
    say("TOOL divide", numbers)
    if numbers["b"] == 0:
        return {"content": [{"type": "text", "text": os.environ.get("NO_ZERO", "division by zero")}], "is_error": True}
    return {"content": [{"type": "text", "text": str(numbers["a"] / numbers["b"])}]}


def options():
    chosen = {}
    if "HOOKS" in os.environ:
        events = json.loads(os.environ["HOOKS"])
        chosen |= {"hooks": {event: [HookMatcher(hooks=[hook])] for event in events}}
    if "SERVER" in os.environ:
        server = os.environ["SERVER"]
        chosen |= {"mcp_servers": {server: create_sdk_mcp_server(server, tools=[divide, multiply])}}
    if "DECISION" in os.environ:
        chosen |= {"can_use_tool": permission, "permission_mode": "default"}
    if "SCHEMA" in os.environ:
        schema = json.loads(os.environ["SCHEMA"])
        chosen |= {"output_format": {"type": "json_schema", "schema": schema}}
    return ClaudeAgentOptions(
        cli_path=os.environ["STAND_IN"],
        system_prompt={"type": "preset", "preset": "claude_code"},
        include_partial_messages="PARTIAL" in os.environ,
        allowed_tools=os.environ.get("ALLOWED", "").split(),
        **chosen,
    )


async def main():
    # After so many pieces of its text the first turn is interrupted; and once more when all is said.
    pieces = int(os.environ.get("INTERRUPT") or 0)
    async with ClaudeSDKClient(options()) as client:
        left = pieces
        for prompt in sys.argv[1:]:
            await client.query(prompt)
            async for message in client.receive_response():
                is_piece = isinstance(message, StreamEvent) and message.event["type"] == "content_block_delta"
                say(show(message))
                if is_piece and left:
                    left -= 1
                    if left == 0:
                        await client.interrupt()
        if pieces:
            await client.interrupt()


try:
    anyio.run(main)
finally:
    say_all()
