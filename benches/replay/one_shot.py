"""Prints the median milliseconds of a one-shot query: of a replay, and of the bare program.

The recording is first made with the bare program in the place of the CLI.
"""
import asyncio
import os
import statistics
import sys
import time

from claude_agent_sdk import ClaudeAgentOptions, ResultMessage, query

STAND_IN, BARE, RECORDING = sys.argv[1:4]
ROUNDS = 101
PLAN = "CLAUDE_WIRE_BENCH_PLAN"


def options(program, **env):
    env = {"CLAUDE_AGENT_SDK_SKIP_VERSION_CHECK": "1", "CLAUDE_WIRE_PAUSE": "0", **env}
    return ClaudeAgentOptions(cli_path=program, env=env)


async def ask(options):
    start = time.perf_counter()
    answered = False
    async for message in query(prompt="What is 2 + 2?", options=options):
        answered = answered or isinstance(message, ResultMessage) and message.result == "4."
    assert answered
    return (time.perf_counter() - start) * 1000


async def main():
    plan = os.environ[PLAN]
    await ask(options(STAND_IN, CLAUDE_WIRE_RECORD_TO=RECORDING, CLAUDE_WIRE_REAL_CLI=BARE))
    replay, bare = [], []
    for _ in range(ROUNDS):
        replay.append(await ask(options(STAND_IN, CLAUDE_WIRE_REPLAY=RECORDING)))
        bare.append(await ask(options(BARE, **{PLAN: plan})))
    print(statistics.median(replay), statistics.median(bare))


asyncio.run(main())
