import { expect, test } from 'vitest';
import type { StoreEvent } from '../../../src/machine/command.ts';
import { checkWatch, type WatchRecord } from '../../../src/simulation/checkers/watch-events.ts';

const event = (revision: number, key: string, machine = 'kv'): StoreEvent => ({
  revision,
  machine,
  kind: 'put',
  key,
  value: { value: Uint8Array.of(revision) },
});
const truth = [
  event(1, 'a'),
  event(2, 'ab'),
  event(3, 'b'),
  event(3, 'ac'),
  event(4, 'a', 'shop'),
  event(5, 'a'),
];
const prefix: WatchRecord = {
  name: 'w',
  selection: { machine: 'kv', key: 'a', prefix: true },
  fromRevision: 2,
  toRevision: 5,
  events: [event(2, 'ab'), event(3, 'ac'), event(5, 'a')],
};

test('a watch that saw all it selected, in order, is right', () => {
  checkWatch(prefix, truth);
  checkWatch(
    { ...prefix, selection: { machine: 'kv', key: 'a', prefix: false }, events: [event(5, 'a')] },
    truth,
  );
});

test('an event that is missing, doubled, out of order, early, altered or not selected is found', () => {
  const [first, second, third] = prefix.events;
  const wrong = [
    [first, third],
    [first, second],
    [first, second, second, third],
    [second, first, third],
    [event(1, 'a'), first, second, third],
    [first, second, { ...event(5, 'a'), value: 0 }],
    [first, event(3, 'b'), second, third],
  ];
  for (const events of wrong) {
    const seen = events.filter((each) => each !== undefined);
    expect(() => checkWatch({ ...prefix, events: seen }, truth)).toThrow('w saw');
  }
});
