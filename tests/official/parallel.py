"""Three questions for a permission at once, answered in any order. STAND_IN is the path of the CLI."""

import os
import random

import anyio
from claude_agent_sdk import (
    ClaudeAgentOptions,
    ClaudeSDKClient,
    PermissionResultAllow,
    PermissionResultDeny,
    ResultMessage,
)

from show import say, say_all, show


async def permission(_name, tool_input, _context):
    # Each answer takes another time, so that they come in any order.
    await anyio.sleep(random.random() * 0.1)
    if tool_input["command"] == os.environ.get("DENIED"):
        return PermissionResultDeny(message="not this one")
    return PermissionResultAllow()


async def main():
    options = ClaudeAgentOptions(
        cli_path=os.environ["STAND_IN"],
        setting_sources=[],
        can_use_tool=permission,
        permission_mode="default",
    )
    async with ClaudeSDKClient(options) as client:
        await client.query("Make three")
        async for message in client.receive_response():
            if isinstance(message, ResultMessage):
                say(show(message))


try:
    anyio.run(main)
finally:
    say_all()
