// Two questions with a permission to give and a hook, and what came of them as one line of JSON.
// STAND_IN is the path of the CLI, which injects a fault.

import { AbortError, query } from '@anthropic-ai/claude-agent-sdk';

class Failed extends Error {}

// The second question comes after the answer to the first.
let answered;
const first = new Promise(resolve => (answered = resolve));
const ask = content => ({ type: 'user', message: { role: 'user', content }, parent_tool_use_id: null });
async function* prompts() {
  yield ask('Hello');
  await first;
  yield ask('Again');
}

const options = {
  pathToClaudeCodeExecutable: process.env.STAND_IN,
  settingSources: [],
  canUseTool: async (name, input) => ({ behavior: 'allow', updatedInput: input }),
  hooks: { PreToolUse: [{ hooks: [async () => ({})] }] },
};

let line;
try {
  const answers = [];
  for await (const message of query({ prompt: prompts(), options })) {
    if (message.type === 'assistant' && message.error) throw new Failed(message.error);
    if (message.type !== 'result') continue;
    if (message.is_error) throw new Failed(message.result ?? message.errors?.join());
    answers.push(message.result);
    if (answers.length === 2) break;
    answered();
  }
  line = answers.length === 2
    ? { answers: answers.join(' | ') }
    : { kind: 'silent', typed: false, name: '', text: 'the messages ended without a result' };
} catch (error) {
  const failed = error instanceof Failed;
  // Of the SDK's own classes there is one.
  const typed = failed || error instanceof AbortError;
  const name = failed ? 'SDKResultMessage' : error.constructor.name;
  line = { kind: 'error', typed, name, text: String(error.message) };
}
console.log(JSON.stringify(line));
process.exit(0);
