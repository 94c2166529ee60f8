import { expect, test } from 'vitest';
import type { Message } from '../../../src/raft/message.ts';
import { AuditsAgree } from '../../../src/simulation/properties/audits-agree.ts';
import { raft, turn } from './synthetic.ts';

test('two nodes that sum up their states as of the same entry must find the same', () => {
  const property = new AuditsAgree();
  const tells = (from: number, index: number, byte: number): void => {
    const message: Message = { kind: 'state-hash', from, to: 9, term: 1, index, hash: Uint8Array.of(byte) };
    property.afterTurn(turn(raft(from), { output: { send: [message] } }));
  };
  tells(1, 5, 1);
  tells(2, 5, 1);
  tells(2, 6, 2);
  expect(() => tells(1, 6, 1)).toThrow('audits agree: node 1 as of entry 6: 1, not 2');
});
