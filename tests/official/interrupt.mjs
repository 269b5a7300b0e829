// A turn that is interrupted in the middle of its text, and another turn. STAND_IN is the path of the CLI.
// With PATIENT the turn is not interrupted; LAST_PROMPT is another second prompt.

import { chat } from './chat.mjs';
import { show } from './show.mjs';

// Of the events of a message, the one after which the turn is interrupted.
const LAST = 6;

const whole = message => message.type !== 'stream_event' && show(message);

await chat({ includePartialMessages: true }, async ({ ask, session }) => {
  let events = 0, interrupted;
  await ask('Talk slowly', message => {
    if (message.type === 'stream_event' && ++events === LAST && !('PATIENT' in process.env)) interrupted = session.interrupt();
    return whole(message);
  });
  await interrupted;
  await ask(process.env.LAST_PROMPT ?? 'And now?', whole);
});
