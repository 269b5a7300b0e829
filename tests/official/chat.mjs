// A conversation: prompts are written one after the other, and the messages of a turn are shown.

import { query } from '@anthropic-ai/claude-agent-sdk';
import { say, sayAll, show } from './show.mjs';

const user = content => ({ type: 'user', message: { role: 'user', content }, parent_tool_use_id: null, session_id: '' });

/// Runs `talk`, ends the conversation and the program.
export async function chat(options, talk) {
  const waiting = [];
  let wake, over = false, code = 0;
  async function* prompts() {
    for (;;) {
      while (waiting.length > 0) yield user(waiting.shift());
      if (over) return;
      await new Promise(resolve => (wake = resolve));
    }
  }
  const session = query({
    prompt: prompts(),
    options: { pathToClaudeCodeExecutable: process.env.STAND_IN, settingSources: [], ...options },
  });
  const messages = session[Symbol.asyncIterator]();
  const send = text => {
    waiting.push(text);
    wake?.();
  };
  // Shows the messages up to the next result, or what `seen` leaves of them; returns the result.
  const turn = async (seen = show) => {
    for (;;) {
      const { done, value } = await messages.next();
      if (done) return undefined;
      const shown = seen(value);
      if (shown) say(shown);
      if (value.type === 'result') return value;
    }
  };
  const ask = (text, seen) => {
    send(text);
    return turn(seen);
  };
  try {
    await talk({ ask, send, turn, session });
    over = true;
    wake?.();
    while (!(await messages.next()).done);
  } catch (error) {
    say('THREW', error);
    code = 1;
  }
  sayAll();
  process.exit(code);
}
