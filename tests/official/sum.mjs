// Two launches: a sum with a hook, a permission, an in-process tool and a structured answer, and a turn
// with a limit. It knows nothing of scenarios; STAND_IN is the path of the CLI. It prints what happened,
// without ids.

import { createSdkMcpServer, query, tool } from '@anthropic-ai/claude-agent-sdk';
import { z } from 'zod';

const schema = {
  type: 'object',
  properties: { sum: { type: 'number' }, kept: { type: 'boolean' } },
  required: ['sum', 'kept'],
};

const add = tool('add', 'Adds two numbers', { a: z.number(), b: z.number() }, async ({ a, b }) => {
  console.log('TOOL add', a, b);
  return { content: [{ type: 'text', text: String(a + b) }] };
});

async function canUseTool(name, input) {
  console.log('ASK', name);
  return { behavior: 'allow', updatedInput: input };
}

async function hook(event) {
  console.log('HOOK', event.tool_name);
  return {};
}

// Questions and hooks need an input that stays open.
async function ask(text, options) {
  let answered;
  const answer = new Promise(resolve => (answered = resolve));
  async function* prompts() {
    yield { type: 'user', message: { role: 'user', content: text }, parent_tool_use_id: null, session_id: '' };
    await answer;
  }
  const all = { pathToClaudeCodeExecutable: process.env.STAND_IN, settingSources: [], ...options };
  let result;
  try {
    for await (const message of query({ prompt: prompts(), options: all })) {
      if (message.type !== 'result') continue;
      result = message;
      answered();
    }
  } catch (error) {
    // A failed result is also an error, at the end.
    if (!result) throw error;
  }
  return result;
}

const first = await ask(process.env.FIRST_PROMPT ?? 'Add 1 and 2', {
  canUseTool,
  mcpServers: { calc: createSdkMcpServer({ name: 'calc', tools: [add] }) },
  allowedTools: ['mcp__calc__add'],
  hooks: { PreToolUse: [{ matcher: 'mcp__calc__add|Write', hooks: [hook] }] },
  outputFormat: { type: 'json_schema', schema },
});
console.log('SUM', JSON.stringify(first.structured_output));
console.log('DENIED', (first.permission_denials ?? []).map(denial => denial.tool_name));
const second = await ask('Go on', { resume: first.session_id, maxTurns: 1 });
console.log('LIMIT', second.subtype);
process.exit(second.subtype === 'error_max_turns' ? 0 : 1);
