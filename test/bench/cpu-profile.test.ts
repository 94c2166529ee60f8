import type { Profiler } from 'node:inspector';
import { expect, test } from 'vitest';
import { busyTree, durationUs, type Frame, placeOf, weigh } from '../../bench/flame/cpu-profile.ts';
import { flameGraph } from '../../bench/flame/flame-graph.ts';
import { weightsTable } from '../../bench/flame/weights-table.ts';

const ROOT = 'file:///somewhere/dist/src';

/** `turn` calls `apply`, which calls itself; for 3 of 10 ms there is nothing to do. */
const PROFILE: Profiler.Profile = {
  startTime: 0,
  endTime: 10_000,
  nodes: [
    node(1, '(root)', '', [2, 3, 6]),
    node(2, '(idle)', ''),
    node(3, 'turn', `${ROOT}/replica/replica.js`, [4]),
    node(4, 'apply', `${ROOT}/machine/root.js`, [5]),
    node(5, 'apply', `${ROOT}/machine/root.js`),
    // The same function once more, as V8 lists it after it was compiled again.
    node(6, 'turn', `${ROOT}/replica/replica.js`),
  ],
  samples: [2, 3, 4, 5, 6],
  timeDeltas: [3_000, 1_000, 2_000, 1_000, 3_000],
};

function node(id: number, functionName: string, url: string, children: number[] = []): Profiler.ProfileNode {
  return { id, callFrame: { functionName, scriptId: '1', url, lineNumber: 6, columnNumber: 0 }, children };
}

function byName({ name }: Frame): string {
  return name;
}

test('what is idle is left out, and a function that V8 lists twice is one', () => {
  const tree = busyTree(PROFILE);
  expect(tree.totalUs).toBe(7_000);
  expect(durationUs(PROFILE)).toBe(10_000);
  expect(tree.children).toMatchObject([
    { name: 'turn', place: 'src/replica/replica.ts:7', totalUs: 7_000, selfUs: 4_000 },
  ]);
});

test('the time of a function that calls itself passes once', () => {
  expect(weigh(busyTree(PROFILE), byName)).toEqual([
    { name: 'turn', selfUs: 4_000, totalUs: 7_000 },
    { name: 'apply', selfUs: 3_000, totalUs: 3_000 },
  ]);
});

test.each([
  ['onread', 'node:internal/stream_base_commons', 'node:internal/stream_base_commons', 'node'],
  ['send', 'file:///x/node_modules/ws/lib/sender.js', 'npm ws', 'npm ws'],
  ['put', 'file:///x/node_modules/@scope/store/index.js', 'npm @scope/store', 'npm @scope/store'],
  ['writev', '', 'writev', 'native'],
  ['(garbage collector)', '', '(garbage collector)', '(garbage collector)'],
  ['main', 'file:///x/dist/cli/node.js', 'cli/node.ts:8', 'cli'],
])('%s of %j is at %s, in %s', (name, url, place, folder) => {
  expect(placeOf(name, url, 7)).toEqual({ name, place, folder });
});

test('a flame graph shows the names of the functions and tells their times', () => {
  const svg = flameGraph('leader <1>', busyTree(PROFILE));
  expect(svg).toContain('leader &lt;1&gt;');
  expect(svg).toContain('apply\nsrc/machine/root.ts:7\n42.9 % of the busy time, 28.6 % in itself');
});

test('a table names the heaviest functions, files and folders', () => {
  const table = weightsTable('leader', PROFILE);
  expect(table).toContain('busy 70 % of 0.0 s');
  expect(table).toMatch(/57\.1 % +100\.0 % +turn {2}src\/replica\/replica\.ts:7$/m);
  expect(table).toMatch(/42\.9 % +42\.9 % +src\/machine\/root\.ts$/m);
  expect(table).toMatch(/42\.9 % +42\.9 % +src\/machine$/m);
});
