"""The example `quickstart` in Python: a streamed answer and tool calls, with the official SDK.

    python3 quickstart.py "Print two lines"

CLAUDE_WIRE_MOCK_CLAUDE is the CLI, if it is set; otherwise the SDK finds one.
"""

import asyncio
import os
import sys

from claude_agent_sdk import (
    AssistantMessage,
    ClaudeAgentOptions,
    ClaudeSDKError,
    ResultMessage,
    StreamEvent,
    ToolResultBlock,
    ToolUseBlock,
    UserMessage,
    query,
)


async def ask(prompt: str) -> None:
    options = ClaudeAgentOptions(
        cli_path=os.environ.get("CLAUDE_WIRE_MOCK_CLAUDE"),
        allowed_tools=["Bash"],
        include_partial_messages=True,
        # What the CLI does by itself; without it the SDK asks for an empty system prompt.
        system_prompt={"type": "preset", "preset": "claude_code"},
    )
    print(f"> {prompt}")
    async for message in query(prompt=prompt, options=options):
        match message:
            case StreamEvent(event={"delta": {"type": "text_delta", "text": text}}):
                print(text, end="", flush=True)
            case AssistantMessage(content=blocks):
                for block in blocks:
                    if isinstance(block, ToolUseBlock):
                        print(f"\n[{block.name} {block.input}]")
            case UserMessage(content=list(blocks)):
                for block in blocks:
                    if isinstance(block, ToolResultBlock):
                        print(f"[=> {block.content}]")
            case ResultMessage(is_error=False, num_turns=turns, total_cost_usd=cost):
                print(f"\n\n{turns} API round trips, {cost:.4f} US dollars")


if __name__ == "__main__":
    try:
        asyncio.run(ask(sys.argv[1]))
    except ClaudeSDKError as why:
        sys.exit(f"quickstart.py: {why}")
