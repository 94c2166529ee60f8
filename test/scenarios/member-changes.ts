import { assert } from '../../src/base/assert.ts';
import type { ConfigurationChange, MemberChange } from '../../src/raft/configuration.ts';

/** A change of the members: `auto`, `joint` or `explicit`, then `add-voter:4`, `remove:1` and the like. */
export function changeOf(transition: string, changes: readonly string[]): ConfigurationChange {
  assert(transition === 'auto' || transition === 'joint' || transition === 'explicit', 'a transition');
  return { transition, changes: changes.map(oneOf) };
}

function oneOf(text: string): MemberChange {
  const [kind = '', number] = text.split(':');
  const id = Number(number);
  switch (kind) {
    case 'add-learner':
    case 'add-voter':
      return { kind, member: { id, address: `node-${id}:1`, incarnation: `i${id}` } };
    case 'promote':
    case 'demote':
    case 'remove':
      return { kind, id };
    default:
      throw new Error(`a change ${kind}`);
  }
}
