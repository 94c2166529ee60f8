import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { FaultAction, Target } from '../../src/simulation/actions.ts';
import type { Call } from '../../src/simulation/calls.ts';
import { runSchedule, type ScheduleStep } from '../../src/simulation/schedule.ts';

const key = fc.constantFrom('k1', 'k2', 'k3');
const value = fc.integer({ min: 0, max: 255 }).map((byte) => Uint8Array.of(byte));
const body = fc.oneof(
  fc.record({ kind: fc.constant('put'), key, value, previous: fc.boolean() }),
  fc.record({ kind: fc.constant('delete'), key, previous: fc.constant(true) }),
  fc.record({
    kind: fc.constant('compare-and-set'),
    key,
    value,
    expect: fc.record({ modRevision: fc.integer({ min: 0, max: 5 }) }),
  }),
);
const call: fc.Arbitrary<Call> = fc.oneof(
  body.map((command): Call => ({ kind: 'command', machine: 'kv', body: command })),
  fc
    .record({ key, consistency: fc.constantFrom('linearizable' as const, 'stale' as const) })
    .map(({ key, consistency }): Call => ({
      kind: 'query',
      machine: 'kv',
      body: { kind: 'get', key },
      consistency,
    })),
);

function faults(nodes: number): fc.Arbitrary<FaultAction> {
  const id = fc.integer({ min: 1, max: nodes });
  const target: fc.Arbitrary<Target> = fc.oneof(id, fc.constant('leader' as const));
  const lastsMs = fc.integer({ min: 1, max: 4000 });
  const link = fc.tuple(id, id).filter(([from, to]) => from !== to);
  return fc.oneof(
    fc.record({ kind: fc.constant('crash' as const), target, downMs: lastsMs }),
    fc.record({ kind: fc.constant('power-cut' as const), downMs: lastsMs }),
    fc.record({ kind: fc.constant('pause' as const), target, lastsMs }),
    fc.record({
      kind: fc.constant('isolate' as const),
      target,
      direction: fc.constantFrom('both', 'out', 'in'),
      lastsMs,
    }),
    fc.record({ kind: fc.constant('partition' as const), links: fc.array(link, { maxLength: 12 }), lastsMs }),
    fc.record({ kind: fc.constant('drift' as const), target, rate: fc.constantFrom(0.5, 2), lastsMs }),
    fc.record({ kind: fc.constant('slow-disk' as const), target, times: fc.constantFrom(10, 100), lastsMs }),
    fc.record({ kind: fc.constant('clock-jump' as const), target, byMs: fc.constantFrom(-1e6, 1e6) }),
    fc.record({ kind: fc.constant('lose-state' as const), target, downMs: lastsMs }),
  );
}

function steps(nodes: number): fc.Arbitrary<readonly ScheduleStep[]> {
  const act = fc.oneof(
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('call' as const), client: fc.nat(2), call }) },
    { weight: 1, arbitrary: faults(nodes) },
  );
  return fc.array(fc.record({ afterMs: fc.integer({ min: 0, max: 500 }), act }), { maxLength: 80 });
}

for (const nodes of [3, 5]) {
  test(
    `whatever clients do and whatever breaks, ${nodes} nodes keep every promise`,
    { timeout: 240_000 },
    () => {
      fc.assert(
        fc.property(
          fc.record({
            seed: fc.integer({ min: 0, max: 2 ** 31 }),
            steps: steps(nodes),
            dropChance: fc.constantFrom(0, 0, 0.1, 0.3),
            duplicateChance: fc.constantFrom(0, 0.1, 0.5),
            lateChance: fc.constantFrom(0, 0.1),
          }),
          (schedule) => {
            expect(runSchedule({ nodes, ...schedule }).failure).toBeUndefined();
          },
        ),
        { numRuns: 60, endOnFailure: false },
      );
    },
  );
}

test('a schedule does what it says', () => {
  const put: Call = {
    kind: 'command',
    machine: 'kv',
    body: { kind: 'put', key: 'k1', value: Uint8Array.of(1) },
  };
  const { failure, marks, operations } = runSchedule({
    seed: 1,
    nodes: 3,
    steps: [
      { afterMs: 10, act: { kind: 'call', client: 0, call: put } },
      { afterMs: 500, act: { kind: 'crash', target: 'leader', downMs: 1000 } },
      { afterMs: 3000, act: { kind: 'call', client: 1, call: put } },
    ],
  });
  expect(failure).toBeUndefined();
  expect(marks).toMatchObject({ 'fault: crash': 1, 'leader crashed': 1 });
  expect(operations).toBeGreaterThanOrEqual(4);
});
