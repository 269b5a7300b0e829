"""Asks each argument as a prompt, in a launch each. STAND_IN is the path of the CLI."""

import os
import sys

import anyio
from claude_agent_sdk import ClaudeAgentOptions, query

from show import say, say_all, show


async def main():
    for prompt in sys.argv[1:]:
        options = ClaudeAgentOptions(cli_path=os.environ["STAND_IN"], setting_sources=[])
        async for message in query(prompt=prompt, options=options):
            say(show(message))


try:
    anyio.run(main)
finally:
    say_all()
