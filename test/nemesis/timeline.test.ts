import { expect, test } from 'vitest';
import type { Operation } from './history.ts';
import type { NemesisResult } from './run-nemesis.ts';
import { summary } from './summary.ts';
import { timelineSvg } from './timeline.ts';

const call = (outcome: Operation['outcome'], atMs: number): Operation => ({
  workload: 'register',
  client: 'a',
  op: 'put',
  key: 'k',
  callNs: atMs * 1e6,
  returnNs: (atMs + 5) * 1e6,
  outcome,
});

const node = (id: number, role: string | undefined, term: number) =>
  ({ id, process: role === undefined ? 'stopped' : 'running', role, term }) as const;

const RESULT: NemesisResult = {
  problems: [],
  kinds: ['kill', 'delay'],
  happened: [{ kind: 'kill', tells: 'kill -9 <1>', nodes: [1], fromMs: 2_000, toMs: 3_000, fired: 1 }],
  heals: [{ atMs: 3_000, firstMs: 120, allMs: 200 }],
  operations: [call('ok', 100), call('fail', 200), call('unknown', 2_500), call('ok', 4_000)],
  samples: [
    { atMs: 0, nodes: [node(1, 'leader', 1), node(2, 'follower', 1)] },
    { atMs: 2_200, nodes: [node(1, undefined, 1), node(2, 'leader', 2)] },
    { atMs: 4_000, nodes: [node(2, 'leader', 2), node(3, 'follower', 2)] },
  ],
  events: 3,
  durationMs: 5_000,
  beginMs: 0,
};

test('the picture shows calls, leaders by term, nodes that come and go, and faults, and is well-formed', () => {
  const svg = timelineSvg(RESULT, 'a & b');
  expect(svg).toContain('a &amp; b');
  expect(svg).toContain('kill: kill -9 &lt;1&gt;, fired 1');
  expect(svg).toContain('node 1: leader, term 1');
  expect(svg).toContain('node 2: leader, term 2');
  expect(svg).toContain('node 3: follower');
  expect(svg).toContain('node 1: down');
  expect(svg.match(/<rect/g)?.length).toBe((svg.match(/<\/rect>/g)?.length ?? 0) + 1); // all but the sheet itself
  expect(svg).not.toContain('NaN');
  expect(svg).not.toContain('undefined');
});

test('the summary counts what fired, names what there was no time for, and gives the times', () => {
  const lines = [...summary(RESULT)].join('\n');
  expect(lines).toMatch(/kill +1 +1 +1\.0/);
  expect(lines).toContain('there was no time for: delay');
  expect(lines).toMatch(/register +2 +1 +1/);
  expect(lines).toContain('first write after a heal: p50 120 ms, max 120 ms');
  expect(lines).toContain('every promise was kept');
});
