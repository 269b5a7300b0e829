// One conversation with the CLI's own defaults: each argument is a prompt, asked when the turn before
// it is over. STAND_IN is the path of the CLI; the other variables add an option each.

import { chat } from './chat.mjs';
import { say } from './show.mjs';

const { ALLOWED, DECISION, PARTIAL, SCHEMA } = process.env;

async function canUseTool(name, input) {
  say('ASK', name);
  return DECISION === 'allow' ? { behavior: 'allow', updatedInput: input } : { behavior: 'deny', message: DECISION };
}

const options = {
  settingSources: undefined,
  systemPrompt: { type: 'preset', preset: 'claude_code' },
  includePartialMessages: PARTIAL !== undefined,
  allowedTools: ALLOWED?.split(' '),
  ...(DECISION && { canUseTool, permissionMode: 'default' }),
  ...(SCHEMA && { outputFormat: { type: 'json_schema', schema: JSON.parse(SCHEMA) } }),
};

await chat(options, async ({ ask }) => {
  for (const prompt of process.argv.slice(2)) await ask(prompt);
});
