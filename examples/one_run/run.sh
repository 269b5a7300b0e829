#!/bin/sh
# One run of the real CLI, and two programs that are tested with it, in Rust and in Python: no network,
# no key, no `claude`. Then the prompt is changed in each, a fault is injected, and the run becomes a
# page for a browser, which stays if you name a file for it: examples/one_run/run.sh run.html
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

# The CLI crashes in the middle of the turn.
export CLAUDE_WIRE_FAULT=exit_mid_turn
try 'Print two lines' 'Rust, with a fault' cargo run --quiet --example quickstart -- --live
try 'Print two lines' 'Python, with a fault' python3 examples/one_run/quickstart.py

page=${1:-$folder/run.html}
echo "== The run as a page"
claude-wire show --html "$page" "$run" 2>"$folder/stderr" || cat "$folder/stderr"
claude-wire extract "$page" -o "$folder/run.jsonl" >"$folder/stdout"
cmp "$run" "$folder/run.jsonl" && echo "the recording is in it, byte for byte"
