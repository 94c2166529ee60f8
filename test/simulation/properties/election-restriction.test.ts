import { expect, test } from 'vitest';
import type { Entry, Position } from '../../../src/raft/entry.ts';
import { ElectionRestriction } from '../../../src/simulation/properties/election-restriction.ts';
import { disk, log, raft, type Rest, turn } from './synthetic.ts';

/** Node 1 campaigns in term 5, and says that its log ends there. */
function asking(entries: readonly Entry[], index: number, term: number) {
  const last = { index, term };
  const request = { kind: 'vote-request', from: 1, to: 2, term: 5, last, transfer: false } as const;
  return turn(raft(1, { role: 'candidate', term: 5, vote: 1, entries }), { output: { send: [request] } });
}

function voting(entries: readonly Entry[]) {
  const response = { kind: 'vote-response', from: 2, to: 1, term: 5, granted: true } as const;
  return turn(raft(2, { term: 5, vote: 1, entries }), { output: { send: [response] } });
}

test('a vote for a log that is as long, or ends in a newer term, is sound', () => {
  for (const own of [log(1, 3, 3), log(1, 2, 2, 2, 2)]) {
    const property = new ElectionRestriction();
    property.afterTurn(asking(log(1, 3, 3), 3, 3));
    property.afterTurn(voting(own));
  }
});

test('a candidate that claims more than its log holds is found', () => {
  for (const [index, term] of [
    [4, 3],
    [3, 4],
  ] as const) {
    const property = new ElectionRestriction();
    expect(() => property.afterTurn(asking(log(1, 3, 3), index, term))).toThrow(
      'it ends at entry 3 of term 3',
    );
  }
});

test('a vote for a log that is shorter, or ends in an older term, is found', () => {
  for (const own of [log(1, 3, 3, 3), log(1, 4)]) {
    const property = new ElectionRestriction();
    property.afterTurn(asking(log(1, 3, 3), 3, 3));
    expect(() => property.afterTurn(voting(own))).toThrow('votes in term 5 for node 1');
  }
});

test('what the leader of the term brought after the vote does not count', () => {
  const property = new ElectionRestriction();
  property.afterTurn(asking(log(1, 3, 3), 3, 3));
  property.afterTurn(turn(raft(2, { term: 5, vote: 1, entries: log(1) })));
  property.afterTurn(voting(log(1, 3, 3, 5)));
});

/** Node `id` came back with less than it had on its disk: entries 1 to 3, the last of term 3. */
function damaged(id: number): ElectionRestriction {
  const property = new ElectionRestriction();
  const entries = log(1, 3, 3);
  property.afterTurn(turn(raft(id, { term: 4, entries }), { disks: Array(3).fill(disk(entries)) }));
  property.restarted(id, raft(id, { term: 4, entries: log(1) }));
  return property;
}

test('a node that lost entries votes as if it had them', () => {
  const sound = damaged(2);
  sound.afterTurn(asking(log(1, 3, 3), 3, 3));
  sound.afterTurn(voting(log(1)));
  const property = damaged(2);
  property.afterTurn(asking(log(1, 3), 2, 3));
  expect(() => property.afterTurn(voting(log(1)))).toThrow('whose log ends at entry 3 of term 3, votes');
});

test('a node that lost entries does not stand for election, until it has them again', () => {
  expect(() => damaged(1).afterTurn(asking(log(1), 1, 1))).toThrow('it ends at entry 3 of term 3');
  const mended = damaged(1);
  mended.afterTurn(turn(raft(1, { term: 4, entries: log(1, 3, 3) })));
  mended.afterTurn(asking(log(1, 3, 3), 3, 3));
});

/** Node 1 asks in term 4 whether it would win term 5, and node 2, whose log was `entries`, says that it would. */
function wouldVote(
  property: ElectionRestriction,
  last: Position,
  entries: readonly Entry[],
  then: Then = {},
): void {
  const request = { kind: 'pre-vote-request', from: 1, to: 2, term: 5, last } as const;
  property.afterTurn(turn(raft(1, { role: 'pre-candidate', term: 4 }), { output: { send: [request] } }));
  property.afterTurn(turn(raft(2, { term: 4, entries })));
  const response = { kind: 'pre-vote-response', from: 2, to: 1, term: 5, granted: true } as const;
  const view = raft(2, { term: 4, entries: then.entries ?? entries });
  property.afterTurn(turn(view, { inputs: then.inputs ?? [], output: { send: [response] } }));
}

/** What happens in the turn of the answer. */
interface Then extends Pick<Rest, 'inputs'> {
  readonly entries?: readonly Entry[];
}

test('who says that it would vote for a log that ends before its own is found', () => {
  wouldVote(new ElectionRestriction(), { index: 3, term: 3 }, log(1, 3, 3));
  for (const own of [log(1, 3, 3, 3), log(1, 4)]) {
    const vote = () => wouldVote(new ElectionRestriction(), { index: 3, term: 3 }, own);
    expect(vote).toThrow('would vote in term 5 for node 1');
  }
  const lacking = () => wouldVote(damaged(2), { index: 2, term: 3 }, log(1));
  expect(lacking).toThrow('whose log ends at entry 3 of term 3, would vote');
});

test('what a log gained since it was judged in the same turn does not count', () => {
  const last = { index: 1, term: 1 };
  // It was elected by another message.
  wouldVote(new ElectionRestriction(), last, log(1), { entries: log(1, 4) });
  const request = { kind: 'append-request', from: 1, to: 2, term: 5, commitIndex: 0, entries: [] } as const;
  const message = { ...request, previous: { index: 1, term: 1 } };
  wouldVote(new ElectionRestriction(), last, log(1, 5), { inputs: [{ kind: 'message', message }] });
});

test('a question counts by the best log that its asker ever named', () => {
  const property = new ElectionRestriction();
  wouldVote(property, { index: 3, term: 3 }, log(1));
  wouldVote(property, { index: 2, term: 3 }, log(1, 3, 3));
});

test('a snapshot that was not on the disk of the log by then was not held', () => {
  const property = new ElectionRestriction();
  property.afterTurn(turn(raft(2, { term: 4, base: { index: 9, term: 4 } })));
  property.restarted(2, raft(2, { term: 4 }));
  wouldVote(property, { index: 1, term: 1 }, log(1));
});
