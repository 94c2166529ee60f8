import { expect, test } from 'vitest';
import { HandoverToEquals } from '../../../src/simulation/properties/handover-to-equals.ts';
import { log, raft, turn } from './synthetic.ts';

/** Leader 1, whose log ends at 3, tells node 2 to take over. */
function handover(matchIndex: number) {
  const leader = raft(1, { role: 'leader', entries: log(1, 1, 1), matchOf: () => matchIndex });
  return turn(leader, { output: { send: [{ kind: 'timeout-now', from: 1, to: 2, term: 1 }] } });
}

test('a leader that hands over to a node with less than its log is found', () => {
  new HandoverToEquals().afterTurn(handover(3));
  expect(() => new HandoverToEquals().afterTurn(handover(2))).toThrow('hands over to node 2, which holds 2');
});
