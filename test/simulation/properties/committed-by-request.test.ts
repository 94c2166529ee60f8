import { expect, test } from 'vitest';
import type { Message } from '../../../src/raft/message.ts';
import { CommittedByRequest } from '../../../src/simulation/properties/committed-by-request.ts';
import { log, raft, turn } from './synthetic.ts';

const entries = log(1, 4, 4);
const committing = (commitIndex: number, ...messages: readonly Message[]) =>
  turn(raft(2, { term: 4, entries, commitIndex }), {
    inputs: messages.map((message) => ({ kind: 'message', message })),
  });

const envelope = { from: 1, to: 2, term: 4 };
const append = (previousIndex: number, commitIndex: number): Message => {
  const previous = { index: previousIndex, term: 1 };
  return {
    kind: 'append-request',
    ...envelope,
    previous,
    entries: log(1, 4).slice(previousIndex),
    commitIndex,
  };
};

test('a follower commits what a request proves', () => {
  const property = new CommittedByRequest();
  property.afterTurn(committing(0));
  property.afterTurn(committing(2, append(1, 9)));
  property.afterTurn(
    committing(3, { kind: 'heartbeat-request', ...envelope, commitIndex: 3, readRound: 0, sentMs: 0 }),
  );
});

test('a follower that commits more than a request proves, or for none, is found', () => {
  for (const messages of [[append(1, 9)], [append(1, 2)], []]) {
    const property = new CommittedByRequest();
    property.afterTurn(committing(0));
    expect(() => property.afterTurn(committing(3, ...messages))).toThrow('node 2 committed up to entry 3');
  }
});
