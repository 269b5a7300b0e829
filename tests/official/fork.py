"""A conversation with the CLI's own defaults, a fork of it in another launch, and the conversation again.

STAND_IN is the path of the CLI; the three arguments are the prompts.
"""

import os
import sys

import anyio
from claude_agent_sdk import ClaudeAgentOptions, ClaudeSDKClient, ResultMessage

from show import say, say_all, show


def options(**more):
    preset = {"type": "preset", "preset": "claude_code"}
    return ClaudeAgentOptions(cli_path=os.environ["STAND_IN"], system_prompt=preset, **more)


async def ask(client, prompt):
    await client.query(prompt)
    async for message in client.receive_response():
        say(show(message))
        if isinstance(message, ResultMessage):
            return message.session_id


async def main():
    first, forked, again = sys.argv[1:]
    async with ClaudeSDKClient(options()) as original:
        session = await ask(original, first)
        async with ClaudeSDKClient(options(resume=session, fork_session=True)) as fork:
            say("other session:", await ask(fork, forked) != session)
        say("same session:", await ask(original, again) == session)


try:
    anyio.run(main)
finally:
    say_all()
