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
    PermissionResultAllow,
    PermissionResultDeny,
)

from show import say, say_all, show


async def permission(name, _tool_input, _context):
    say("ASK", name)
    if os.environ["DECISION"] == "allow":
        return PermissionResultAllow()
    return PermissionResultDeny(message=os.environ["DECISION"])


def options():
    chosen = {}
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
    async with ClaudeSDKClient(options()) as client:
        for prompt in sys.argv[1:]:
            await client.query(prompt)
            async for message in client.receive_response():
                say(show(message))


try:
    anyio.run(main)
finally:
    say_all()
