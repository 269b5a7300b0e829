"""What the official SDK lists and reads of past sessions, as JSON.

The arguments are directories. CLAUDE_CONFIG_DIR names the configuration folder.
"""

import dataclasses
import json
import sys

from claude_agent_sdk import (
    get_session_messages,
    get_subagent_messages,
    list_sessions,
    list_subagents,
)


def rows(found):
    return [dataclasses.asdict(row) for row in found]


every = list_sessions()
ids = [info.session_id for info in every]
print(
    json.dumps(
        {
            "every": rows(every),
            "page": rows(list_sessions(limit=5, offset=3)),
            "directories": [rows(list_sessions(directory=path)) for path in sys.argv[1:]],
            "alone": [
                rows(list_sessions(directory=path, include_worktrees=False))
                for path in sys.argv[1:]
            ],
            "messages": {id: rows(get_session_messages(id)) for id in ids},
            "agents": {
                id: {
                    agent: rows(get_subagent_messages(id, agent))
                    for agent in list_subagents(id)
                }
                for id in ids
            },
        }
    )
)
