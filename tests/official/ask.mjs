// Asks each argument as a prompt, in a launch each. STAND_IN is the path of the CLI.

import { query } from '@anthropic-ai/claude-agent-sdk';
import { say, sayAll, show } from './show.mjs';

let code = 0;
try {
  for (const prompt of process.argv.slice(2)) {
    const options = { pathToClaudeCodeExecutable: process.env.STAND_IN, settingSources: [] };
    for await (const message of query({ prompt, options })) say(show(message));
  }
} catch (error) {
  say('THREW', error);
  code = 1;
}
sayAll();
process.exit(code);
