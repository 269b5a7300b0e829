#!/bin/sh
# One run of the real CLI, and two programs that are tested with it, in Rust and in Python: no network,
# no key, no `claude`. Then the prompt is changed in each.
#
# It needs `cargo install --path mock-cli` and `pip install claude-agent-sdk`. Run it in the root of the
# repository.
set -u
run=recordings/2.1.332/partial-messages.jsonl
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# The stand-in as `claude`, for programs that look on PATH, and by its path for those that do not.
mkdir "$folder/bin"
ln -s "$(command -v mock-claude)" "$folder/bin/claude"
export PATH="$folder/bin:$PATH" CLAUDE_WIRE_MOCK_CLAUDE="$folder/bin/claude" CLAUDE_WIRE_REPLAY="$run"

launches=0
# A program with a prompt, and the report of its run.
try() {
  prompt=$1 language=$2
  shift 2
  launches=$((launches + 1))
  export CLAUDE_WIRE_RUN="$folder/run-$launches"
  echo "== $language: $prompt"
  "$@" "$prompt" 2>"$folder/stderr" || grep '^quickstart' "$folder/stderr"
  echo "-- claude-wire report"
  claude-wire report "$CLAUDE_WIRE_RUN"
  echo "-- exit code $?"
}

for prompt in 'Print two lines' 'Print three lines'; do
  try "$prompt" Rust cargo run --quiet --example quickstart -- --live
  try "$prompt" Python python3 examples/one_run/quickstart.py
done
