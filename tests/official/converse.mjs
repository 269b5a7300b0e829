// One conversation with the CLI's own defaults: each argument is a prompt, asked when the turn before
// it is over. STAND_IN is the path of the CLI; the other variables add an option each.

import { createSdkMcpServer, tool } from '@anthropic-ai/claude-agent-sdk';
import { z } from 'zod';
import { chat } from './chat.mjs';
import { say, show } from './show.mjs';

const { ALLOWED, DECISION, HOOKS, INTERRUPT, NO_ZERO, PARTIAL, SCHEMA, SERVER } = process.env;

async function canUseTool(name, input) {
  say('ASK', name);
  return DECISION === 'allow' ? { behavior: 'allow', updatedInput: input } : { behavior: 'deny', message: DECISION };
}

const answers = JSON.parse(HOOKS ?? '{}');

async function hook(event) {
  const name = event.hook_event_name, command = event.tool_input?.command;
  say('HOOK', name, command);
  return answers[name][command] ?? answers[name]['*'];
}

const text = text => [{ type: 'text', text: String(text) }];
const double = z.number().meta({ format: 'double' });
const numbers = { a: double, b: double };
const multiply = tool('multiply', 'Multiplies two numbers.', numbers, async ({ a, b }) => {
  say('TOOL multiply', a, b);
  return { content: text(a * b) };
});
const divide = tool('divide', 'Divides one number by another.', numbers, async ({ a, b }) => {
  say('TOOL divide', a, b);
  return b === 0 ? { content: text(NO_ZERO ?? 'division by zero'), isError: true } : { content: text(a / b) };
});

const options = {
  settingSources: undefined,
  systemPrompt: { type: 'preset', preset: 'claude_code' },
  includePartialMessages: PARTIAL !== undefined,
  allowedTools: ALLOWED?.split(' '),
  ...(DECISION && { canUseTool, permissionMode: 'default' }),
  ...(SCHEMA && { outputFormat: { type: 'json_schema', schema: JSON.parse(SCHEMA) } }),
  ...(HOOKS && { hooks: Object.fromEntries(Object.keys(answers).map(event => [event, [{ hooks: [hook] }]])) }),
  ...(SERVER && { mcpServers: { [SERVER]: createSdkMcpServer({ name: SERVER, tools: [divide, multiply] }) } }),
};

await chat(options, async ({ ask, session }) => {
  // After so many pieces of its text the first turn is interrupted; and once more when all is said.
  let left = Number(INTERRUPT ?? 0), interrupted;
  for (const prompt of process.argv.slice(2)) {
    await ask(prompt, message => {
      const isPiece = message.type === 'stream_event' && message.event.type === 'content_block_delta';
      if (isPiece && left > 0 && --left === 0) interrupted = session.interrupt();
      return show(message);
    });
    await interrupted;
  }
  if (interrupted) await session.interrupt();
});
