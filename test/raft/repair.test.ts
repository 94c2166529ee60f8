/** One node whose log lost entries: what it promises, asks, gives and takes. */
import { expect, test } from 'vitest';
import { SeededRandom } from '../../src/base/seeded-random.ts';
import { bootstrapConfiguration } from '../../src/raft/configuration.ts';
import type { Entry } from '../../src/raft/entry.ts';
import type { Message } from '../../src/raft/message.ts';
import { Raft } from '../../src/raft/raft.ts';
import type { LogWrite } from '../../src/raft/ready.ts';
import { RAFT_CONFIG } from './cluster.ts';

const entry = (index: number, term = 1): Entry => ({
  index,
  term,
  kind: 'command',
  data: new Uint8Array(4),
});
const ENVELOPE = { from: 2, to: 1, term: 2 } as const;

/** Node 1 of three: of entries 1 to 8 of terms 1 (to 4) and 2 it lost 3, 4 and 6. */
function damaged(): Raft {
  const configuration = bootstrapConfiguration([1, 2, 3].map((id) => ({ id, address: '', incarnation: '' })));
  return new Raft({ ...RAFT_CONFIG, id: 1 }, new SeededRandom(1), {
    hardState: { term: 2, vote: undefined },
    base: { index: 0, term: 0 },
    entries: [entry(1), entry(2)],
    appliedIndex: 0,
    configuration,
    configurationIndex: 0,
    damage: {
      anchor: { index: 8, term: 2 },
      beyond: [entry(5, 2), entry(7, 2), entry(8, 2)],
      terms: [
        { index: 0, term: 0 },
        { index: 1, term: 1 },
        { index: 5, term: 2 },
      ],
    },
  });
}

function settle(raft: Raft): { readonly sent: readonly Message[]; readonly writes: readonly LogWrite[] } {
  const sent: Message[] = [];
  const writes: LogWrite[] = [];
  while (raft.hasReady) {
    const ready = raft.ready();
    sent.push(...ready.send);
    if (ready.write === undefined) continue;
    writes.push(ready.write);
    raft.written(ready.write.id);
  }
  return { sent, writes };
}

function votesFor(index: number, term: number): boolean {
  const raft = damaged();
  raft.step({ ...ENVELOPE, kind: 'vote-request', term: 4, last: { index, term }, transfer: true });
  const [answer] = settle(raft).sent;
  return answer?.kind === 'vote-response' && answer.granted;
}

test('it votes as one that still holds its log up to the anchor', () => {
  expect(votesFor(2, 1)).toBe(false);
  expect(votesFor(7, 2)).toBe(false);
  expect(votesFor(8, 2)).toBe(true);
  expect(votesFor(3, 3)).toBe(true);
});

test('it does not campaign, and asks everyone for the first gap', () => {
  const raft = damaged();
  for (let ticks = 0; ticks < 100; ticks++) raft.tick();
  const { sent } = settle(raft);
  expect(raft.role).toBe('follower');
  expect(new Set(sent.map(({ kind }) => kind))).toEqual(new Set(['repair-request']));
  expect(sent[0]).toMatchObject({ first: 3, last: 4 });
});

test('what is found fills the gaps, whoever has it, and only what was lost is taken', () => {
  const raft = damaged();
  raft.step({ ...ENVELOPE, kind: 'repair-response', entries: [entry(3), entry(4, 2)] });
  expect(settle(raft).writes).toEqual([{ id: 1, entries: [entry(3)], fills: true }]);
  raft.step({ ...ENVELOPE, from: 3, kind: 'repair-response', entries: [entry(4), entry(6, 2)] });
  const { writes } = settle(raft);
  const rest = [entry(4), entry(5, 2), entry(6, 2), entry(7, 2), entry(8, 2)];
  expect(writes).toEqual([{ id: 2, truncateFrom: 4, entries: rest }]);
  expect([raft.damagedTo, raft.lastIndex]).toEqual([undefined, 8]);
  raft.campaign();
  expect(raft.role).toBe('pre-candidate');
});

test('it acknowledges to the leader what it holds, and no more', () => {
  const raft = damaged();
  const append = { ...ENVELOPE, kind: 'append-request', commitIndex: 8 } as const;
  raft.step({ ...append, previous: { index: 8, term: 2 }, entries: [] });
  expect(settle(raft).sent).toMatchObject([{ kind: 'append-rejected', hint: { index: 2, term: 1 } }]);
  raft.step({ ...append, previous: { index: 2, term: 1 }, entries: [entry(3)] });
  expect(settle(raft).sent).toMatchObject([{ kind: 'append-accepted', matchIndex: 3 }]);
  expect([raft.commitIndex, raft.damagedTo]).toEqual([3, 8]);
});

test('another entry of the leader where one was lost shows that the lost ones were never committed', () => {
  const raft = damaged();
  const previous = { index: 2, term: 1 };
  raft.step({
    ...ENVELOPE,
    kind: 'append-request',
    term: 3,
    previous,
    entries: [entry(3, 3)],
    commitIndex: 0,
  });
  const { writes } = settle(raft);
  expect(writes).toMatchObject([{ truncateFrom: 3, entries: [entry(3, 3)] }]);
  expect([raft.damagedTo, raft.lastIndex]).toEqual([undefined, 3]);
});

test('it gives others what it holds on both sides of its own gaps', () => {
  const raft = damaged();
  raft.step({ ...ENVELOPE, kind: 'repair-request', first: 2, last: 8 });
  expect(settle(raft).sent).toMatchObject([
    { kind: 'repair-response', entries: [entry(2), entry(5, 2), entry(7, 2), entry(8, 2)] },
  ]);
});

test('a snapshot that reaches into the gap moves its beginning, one beyond it ends it', () => {
  const within = damaged();
  const configuration = within.configuration;
  within.step({ ...ENVELOPE, kind: 'heartbeat-request', commitIndex: 0, readRound: 0, sentMs: 0 });
  within.installSnapshot({ index: 4, term: 1 }, configuration);
  expect(settle(within).writes[0]).toMatchObject({ reset: { index: 4, term: 1 }, fills: true });
  expect([within.lastIndex, within.damagedTo]).toEqual([5, 8]);
  const beyond = damaged();
  beyond.installSnapshot({ index: 20, term: 2 }, configuration);
  expect(settle(beyond).writes[0]).not.toHaveProperty('fills');
  expect([beyond.lastIndex, beyond.damagedTo]).toEqual([20, undefined]);
});
