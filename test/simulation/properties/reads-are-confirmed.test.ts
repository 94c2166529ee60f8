import { expect, test } from 'vitest';
import type { RaftInspection } from '../../../src/raft/inspection.ts';
import type { Message } from '../../../src/raft/message.ts';
import type { Input } from '../../../src/replica/input.ts';
import { Ledger } from '../../../src/simulation/properties/ledger.ts';
import { ReadsAreConfirmed } from '../../../src/simulation/properties/reads-are-confirmed.ts';
import { entry, log, raft, turn } from './synthetic.ts';

const leading: RaftInspection = raft(1, { role: 'leader', term: 4, entries: log(1, 4), commitIndex: 2 });
const query: Input = { kind: 'query', caller: 7, machine: 'kv', body: null, consistency: 'linearizable' };
const envelope = { from: 1, to: 2, term: 4 };
const round = (readRound: number): Message => ({
  kind: 'heartbeat-request',
  ...envelope,
  commitIndex: 0,
  readRound,
  sentMs: 0,
});
const answered = (readRound: number): Input => {
  const clock = { sentMs: 0, clockMs: 0, promiseMs: 0 };
  return {
    kind: 'message',
    message: { kind: 'heartbeat-response', from: 2, to: 1, term: 4, readRound, ...clock },
  };
};

function taking(view: RaftInspection, inputs: readonly Input[], ...send: readonly Message[]) {
  return turn(view, { inputs, output: { send } });
}

function replying(view: RaftInspection, inputs: readonly Input[] = [], index = 2) {
  const reply = { kind: 'result', caller: 7, result: null, revision: 0, index, staleMs: 0 } as const;
  return turn(view, { inputs, output: { replies: [reply] } });
}

test('a read that a majority confirmed after it came is sound', () => {
  const property = new ReadsAreConfirmed(new Ledger());
  property.afterTurn(taking(leading, [query], round(1)));
  property.afterTurn(taking(leading, [answered(1)]));
  property.afterTurn(replying(leading));
});

test('a read that nobody confirmed, or only an answer to a round from before, is found', () => {
  for (const inputs of [[], [answered(1)]]) {
    const property = new ReadsAreConfirmed(new Ledger());
    property.afterTurn(taking(leading, [], round(1)));
    property.afterTurn(taking(leading, [query], round(2)));
    expect(() => property.afterTurn(replying(leading, inputs))).toThrow('that none but 1 confirmed');
  }
});

test('a read before an entry of the own term is committed is found', () => {
  const property = new ReadsAreConfirmed(new Ledger());
  const early = { ...leading, commitIndex: 1 };
  property.afterTurn(taking(early, [query], round(1)));
  expect(() => property.afterTurn(replying(early, [answered(1)]))).toThrow('it has committed nothing');
});

test('an answer to another node is held to the same', () => {
  const asked = { kind: 'read-index-request', from: 3, to: 1, term: 4, id: 9, lease: false } as const;
  const told: Message = { kind: 'read-index-response', from: 1, to: 3, term: 4, id: 9, index: 2 };
  const property = new ReadsAreConfirmed(new Ledger());
  property.afterTurn(taking(leading, [{ kind: 'message', message: asked }], round(1)));
  expect(() => property.afterTurn(taking(leading, [], told))).toThrow('that none but 1 confirmed');
});

test('an answer without what was committed when the query came is found, on any node', () => {
  const ledger = new Ledger();
  const property = new ReadsAreConfirmed(ledger);
  for (const index of [1, 2, 3]) ledger.append(entry(index, 4), 4);
  const follower = raft(3, { term: 4, entries: log(1, 4) });
  property.afterTurn(taking(follower, [query]));
  expect(() => property.afterTurn(replying(follower))).toThrow('as of entry 2; 3 was committed before');
});
