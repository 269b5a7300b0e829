"""The summaries that the official SDK folds, as JSON.

Standard input is a list of sessions, each a list of batches of entries. For each session there is
the summary after each batch.
"""

import json
import sys

from claude_agent_sdk import fold_session_summary

KEY = {"project_key": "project", "session_id": "session"}


def summaries(batches):
    summary = None
    for batch in batches:
        summary = fold_session_summary(summary, KEY, batch)
        yield summary


print(json.dumps([list(summaries(batches)) for batches in json.load(sys.stdin)]))
