// A conversation with the CLI's own defaults, a fork of it in another launch, and the conversation again.
// STAND_IN is the path of the CLI; the three arguments are the prompts.

import { query } from '@anthropic-ai/claude-agent-sdk';
import { say, sayAll, show } from './show.mjs';

/// One launch, which is asked one prompt after the other.
function launch(options) {
  let send, over = false;
  async function* prompts() {
    for (;;) {
      const content = await new Promise(resolve => { send = resolve; });
      if (over) return;
      yield { type: 'user', message: { role: 'user', content }, parent_tool_use_id: null, session_id: '' };
    }
  }
  const preset = { systemPrompt: { type: 'preset', preset: 'claude_code' } };
  const asked = query({
    prompt: prompts(),
    options: { pathToClaudeCodeExecutable: process.env.STAND_IN, ...preset, ...options },
  });
  const messages = asked[Symbol.asyncIterator]();
  const next = async prompt => {
    // The SDK asks for the first prompt when its handshake is over.
    while (!send) await new Promise(resolve => setImmediate(resolve));
    const give = send;
    send = undefined;
    give(prompt);
    for (;;) {
      const { done, value } = await messages.next();
      if (done) return undefined;
      say(show(value));
      if (value.type === 'result') return value.session_id;
    }
  };
  const end = async () => {
    while (!send) await new Promise(resolve => setImmediate(resolve));
    over = true;
    send();
    while (!(await messages.next()).done);
  };
  return { next, end };
}

let code = 0;
try {
  const [first, forked, again] = process.argv.slice(2);
  const original = launch({});
  const session = await original.next(first);
  const fork = launch({ resume: session, forkSession: true });
  say('other session:', (await fork.next(forked)) !== session);
  await fork.end();
  say('same session:', (await original.next(again)) === session);
  await original.end();
} catch (error) {
  say('THREW', error);
  code = 1;
}
sayAll();
process.exit(code);
