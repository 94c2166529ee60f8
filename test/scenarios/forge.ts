import { present } from '../../src/base/assert.ts';
import { encodeConfiguration } from '../../src/raft/configuration-codec.ts';
import type { Entry, Position } from '../../src/raft/entry.ts';
import type { Message } from '../../src/raft/message.ts';
import { votersOnly } from '../raft/cluster.ts';

/** A message as `messageLine` would print it: `FROM>TO KIND term=T` and the details of its kind. */
export function forgeMessage([link = '', kind = '', ...details]: readonly string[]): Message {
  const [from, to] = link.split('>');
  const fields = new Map(details.map((detail) => detail.split('=') as [string, string | undefined]));
  const number = (name: string): number => Number(fields.get(name) ?? 0);
  const place = (name: string): Position => placeOf(fields.get(name) ?? '0/0');
  const envelope = { from: Number(from), to: Number(to), term: number('term') };
  switch (kind) {
    case 'pre-vote-request':
      return { kind, ...envelope, last: place('last') };
    case 'vote-request':
      return { kind, ...envelope, last: place('last'), transfer: fields.has('transfer') };
    case 'timeout-now':
      return { kind, ...envelope };
    case 'pre-vote-response':
    case 'vote-response':
      return { kind, ...envelope, granted: fields.has('granted') };
    case 'append-request': {
      const entries = entriesOf(fields.get('entries') ?? '-');
      return { kind, ...envelope, previous: place('previous'), entries, commitIndex: number('commit') };
    }
    case 'append-accepted':
      return { kind, ...envelope, matchIndex: number('match') };
    case 'append-rejected': {
      const needsSnapshot = fields.has('needs-snapshot');
      return { kind, ...envelope, previousIndex: number('previous'), hint: place('hint'), needsSnapshot };
    }
    case 'heartbeat-request':
      return { kind, ...envelope, commitIndex: number('commit'), readRound: number('round'), sentMs: 0 };
    case 'heartbeat-response':
      return { kind, ...envelope, readRound: number('round'), sentMs: 0, clockMs: 0, promiseMs: 0 };
    case 'snapshot-request': {
      const whole = { chunk: 0, last: true, data: encodeConfiguration(votersOnly([1, 2, 3])) };
      return { kind, ...envelope, snapshot: place('snapshot'), ...whole };
    }
    default:
      throw new Error(`a ${kind} cannot be forged`);
  }
}

export function placeOf(text: string): Position {
  const [index, term] = text.split('/');
  return { index: Number(present(index, 'a place has an index')), term: Number(term) };
}

function entriesOf(text: string): readonly Entry[] {
  if (text === '-') return [];
  return text.split(',').map((each): Entry => {
    const { index, term } = placeOf(each);
    return { index, term, kind: 'command', data: new Uint8Array(1) };
  });
}
