// Three questions for a permission at once, answered in any order. STAND_IN is the path of the CLI.

import { chat } from './chat.mjs';
import { show } from './show.mjs';

async function canUseTool(_name, input) {
  // Each answer takes another time, so that they come in any order.
  await new Promise(resolve => setTimeout(resolve, Math.random() * 100));
  if (input.command === process.env.DENIED) return { behavior: 'deny', message: 'not this one' };
  return { behavior: 'allow', updatedInput: input };
}

await chat({ canUseTool, permissionMode: 'default' }, ({ ask }) =>
  ask('Make three', message => message.type === 'result' && show(message)));
