"""Two prompts, the second before the first is answered. STAND_IN is the path of the CLI."""

import os

import anyio
from claude_agent_sdk import ClaudeAgentOptions, ClaudeSDKClient, ResultMessage

from show import say, say_all, show


async def main():
    options = ClaudeAgentOptions(cli_path=os.environ["STAND_IN"], setting_sources=[])
    async with ClaudeSDKClient(options) as client:
        await client.query("First")
        await client.query(os.environ.get("SECOND_PROMPT", "Second"))
        results = 0
        async for message in client.receive_messages():
            if isinstance(message, ResultMessage):
                say(show(message))
                results += 1
            if results == 2:
                break


try:
    anyio.run(main)
finally:
    say_all()
