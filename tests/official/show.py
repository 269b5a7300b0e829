"""Prints what the programs saw, without what differs between two runs."""

import os

from claude_agent_sdk import (
    AssistantMessage,
    ResultMessage,
    StreamEvent,
    SystemMessage,
    UserMessage,
)

LOG = []


def say(*parts):
    LOG.append(" ".join(str(part) for part in parts))


def say_all():
    print("\n".join(LOG).replace(os.getcwd(), "CWD"))


def block(item):
    text = getattr(item, "text", None) or getattr(item, "thinking", None)
    return f"{type(item).__name__}:{text or getattr(item, 'name', None)}"


def show(message):
    match message:
        case AssistantMessage():
            return f"A[{','.join(block(item) for item in message.content)}]"
        case UserMessage():
            return f"U[{message.content}]"
        case ResultMessage():
            errors = "".join(f" {error}" for error in message.errors or [])
            return (
                f"R[{message.subtype} {message.is_error} {message.result!r} "
                f"turns={message.num_turns} denials={message.permission_denials}{errors}]"
            )
        case SystemMessage():
            return f"S[{message.subtype}]"
        case StreamEvent():
            return f"E {message.event['type']}"
    return type(message).__name__
