#!/bin/sh
# Two launches of `claude -p`: a sum with a structured answer, and a turn with a limit.
set -eu
schema='{"type":"object","properties":{"sum":{"type":"number"},"kept":{"type":"boolean"}},"required":["sum","kept"]}'
servers='{"mcpServers":{"calc":{"command":"calc-server"}}}'
claude --version
claude auth status --json
first=$(claude -p "${FIRST_PROMPT:-Add 1 and 2}" --output-format json --mcp-config "$servers" --allowedTools mcp__calc__add --json-schema "$schema" </dev/null)
printf '%s\n' "$first" | sed 's/.*"structured_output":\({[^}]*}\).*/SUM \1/'
printf '%s\n' "$first" | grep -o '"tool_name":"[A-Za-z]*"' | sed 's/^/DENIED /'
session=$(printf '%s\n' "$first" | sed 's/.*"session_id":"\([^"]*\)".*/\1/')
status=0
echo "Go on" | claude -p --resume "$session" --max-turns 1 || status=$?
printf '\nEXIT %s\n' "$status"
status=0
claude -p "More" --resume 00000000-0000-4000-8000-000000000000 2>&1 </dev/null || status=$?
echo "EXIT $status"
