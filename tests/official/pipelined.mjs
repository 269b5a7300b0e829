// Two prompts, the second before the first is answered. STAND_IN is the path of the CLI.

import { chat } from './chat.mjs';
import { show } from './show.mjs';

const result = message => message.type === 'result' && show(message);

await chat({}, async ({ send, turn }) => {
  send('First');
  send(process.env.SECOND_PROMPT ?? 'Second');
  await turn(result);
  await turn(result);
});
