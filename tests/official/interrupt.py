"""A turn that is interrupted in the middle of its text, and another turn. STAND_IN is the path of the CLI.

With PATIENT the turn is not interrupted; LAST_PROMPT is another second prompt.
"""

import os

import anyio
from claude_agent_sdk import ClaudeAgentOptions, ClaudeSDKClient, StreamEvent

from show import say, say_all, show

# Of the events of a message, the one after which the turn is interrupted.
LAST = 6


async def main():
    options = ClaudeAgentOptions(
        cli_path=os.environ["STAND_IN"], setting_sources=[], include_partial_messages=True
    )
    async with ClaudeSDKClient(options) as client:
        await client.query("Talk slowly")
        events = 0
        async for message in client.receive_response():
            if not isinstance(message, StreamEvent):
                say(show(message))
                continue
            events += 1
            if events == LAST and "PATIENT" not in os.environ:
                await client.interrupt()
        await client.query(os.environ.get("LAST_PROMPT", "And now?"))
        async for message in client.receive_response():
            if not isinstance(message, StreamEvent):
                say(show(message))


try:
    anyio.run(main)
finally:
    say_all()
