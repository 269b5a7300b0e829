// An agent: permission callback, hooks, in-process tool, four turns, a change of model and mode.
// It knows nothing of recordings; STAND_IN is the path of the CLI. It prints what happened, without ids.

import { createSdkMcpServer, query, tool } from '@anthropic-ai/claude-agent-sdk';
import { z } from 'zod';
import { say, sayAll, show } from './show.mjs';

const add = tool('add', 'Adds two numbers', { a: z.number(), b: z.number() }, async numbers => {
  say('TOOL add', JSON.stringify(numbers));
  return { content: [{ type: 'text', text: String(numbers.a + numbers.b) }] };
});

async function canUseTool(name, input) {
  say('ASK', name, JSON.stringify(input));
  if (name === 'Bash' && input.command.includes('rm')) return { behavior: 'deny', message: 'never remove' };
  if (name === 'Write') return { behavior: 'allow', updatedInput: { ...input, file_path: process.cwd() + '/c.txt' } };
  return { behavior: 'allow', updatedInput: input };
}

async function hook(event) {
  const hookEventName = event.hook_event_name;
  say('HOOK', hookEventName, event.tool_name ?? '');
  return hookEventName === 'UserPromptSubmit' ? { hookSpecificOutput: { hookEventName, additionalContext: 'ctx' } } : {};
}

const matchers = { PreToolUse: 'Bash|mcp__calc__add', PostToolUse: undefined, UserPromptSubmit: undefined, Stop: undefined };
const hooks = Object.fromEntries(Object.entries(matchers).map(([event, matcher]) => [event, [{ matcher, hooks: [hook] }]]));

// Prompts are written one after the other, each when the turn before it is over.
let send, over = false;
async function* prompts() {
  while (!over) {
    const text = await new Promise(resolve => { send = resolve; });
    if (text === undefined) return;
    yield { type: 'user', message: { role: 'user', content: text }, parent_tool_use_id: null, session_id: '' };
  }
}

const agent = query({
  prompt: prompts(),
  options: {
    pathToClaudeCodeExecutable: process.env.STAND_IN,
    canUseTool,
    permissionMode: 'default',
    model: process.env.MODEL ?? 'claude-sonnet-4-5',
    mcpServers: { calc: createSdkMcpServer({ name: 'calc', tools: [add] }) },
    allowedTools: ['mcp__calc__add'],
    systemPrompt: 'You are a test.',
    includePartialMessages: 'PARTIAL' in process.env,
    settingSources: [],
    hooks,
  },
});
const messages = agent[Symbol.asyncIterator]();

async function ask(text) {
  say('PROMPT', text);
  send ? send(text) : setImmediate(() => send(text));
  for (;;) {
    const { done, value } = await messages.next();
    if (done) return;
    say(show(value));
    if (value.type === 'result') return;
  }
}

let code = 0;
try {
  const second = process.env.SECOND_PROMPT ?? 'RUN:t2 please remove';
  for (const text of ['RUN:t1 add and make', second, 'RUN:t3 write it']) await ask(text);
  await agent.setModel('claude-opus-4-1');
  await agent.setPermissionMode('acceptEdits');
  await ask('RUN:t4 go');
  over = true;
  send();
  for (;;) {
    const { done, value } = await messages.next();
    if (done) break;
    say('REST', show(value));
  }
} catch (error) {
  say('THREW', error);
  code = 1;
}
sayAll();
process.exit(code);
