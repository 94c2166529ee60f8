import { expect, test } from 'vitest';
import type { Entry } from '../../../src/raft/entry.ts';
import { LeaderAppendOnly } from '../../../src/simulation/properties/leader-append-only.ts';
import { log, raft, turn, write } from './synthetic.ts';

function leading(entries: readonly Entry[], changes: Parameters<typeof write>[0] = {}) {
  return turn(raft(1, { role: 'leader', term: 3, entries }), { output: { write: write(changes) } });
}

test('a leader may append', () => {
  const property = new LeaderAppendOnly();
  property.afterTurn(leading(log(1, 1)));
  property.afterTurn(leading(log(1, 1, 3)));
});

test('a new leader may have been cut as a follower', () => {
  const property = new LeaderAppendOnly();
  property.afterTurn(turn(raft(1, { term: 2, entries: log(1, 1, 1) })));
  property.afterTurn(leading(log(1), { truncateFrom: 2 }));
});

test('a leader that cuts, drops or overwrites its log is found', () => {
  for (const changes of [{ truncateFrom: 2 }, { reset: { index: 5, term: 2 } }]) {
    const property = new LeaderAppendOnly();
    property.afterTurn(leading(log(1, 1)));
    expect(() => property.afterTurn(leading(log(1, 1), changes))).toThrow('leader append-only');
  }
  const shorter = new LeaderAppendOnly();
  shorter.afterTurn(leading(log(1, 1)));
  expect(() => shorter.afterTurn(leading(log(1)))).toThrow('lost entries');
  const overwritten = new LeaderAppendOnly();
  overwritten.afterTurn(leading(log(1, 1)));
  expect(() => overwritten.afterTurn(leading(log(1, 3)))).toThrow('overwrote entry 2');
});
