// Prints what the programs saw, without what differs between two runs.

const log = [];

export const say = (...parts) => log.push(parts.join(' '));

export const sayAll = () => console.log(log.join('\n').replaceAll(process.cwd(), 'CWD'));

const block = item => `${item.type}:${item.text ?? item.thinking ?? item.name}`;

export function show(message) {
  switch (message.type) {
    case 'assistant':
      return `A[${message.message.content.map(block)}]`;
    case 'user':
      return `U[${JSON.stringify(message.message.content)}]`;
    case 'result': {
      const { subtype, is_error, result, num_turns, permission_denials } = message;
      const denials = JSON.stringify(permission_denials);
      const errors = (message.errors ?? []).map(error => ` ${error}`).join('');
      return `R[${subtype} ${is_error} ${JSON.stringify(result)} turns=${num_turns} denials=${denials}${errors}]`;
    }
    case 'stream_event':
      return `E ${message.event.type}`;
    default:
      return `${message.type}[${message.subtype ?? ''}]`;
  }
}
