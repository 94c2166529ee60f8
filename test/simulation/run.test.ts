import { expect, test } from 'vitest';
import { replayCommand, runSeed, type RunOptions } from '../../src/simulation/run.ts';

/** Fresh in every run of the tests, and fixed by its seed. */
const BASE = (Number(process.env['SEED']) % 1_000_000) * 1000;

/** In each of four batches: as many as a test may take the time for. */
const SEEDS = 40;

function mustHold(options: RunOptions): void {
  const { failure } = runSeed(options);
  if (failure === undefined) return;
  expect.unreachable(`${failure.detail}\nReplay: ${replayCommand(options)}\n${failure.stack ?? ''}`);
}

for (let batch = 0; batch < 4; batch++) {
  const from = BASE + batch * SEEDS;
  test(`every promise is kept on the seeds from ${from} to ${from + SEEDS - 1}`, { timeout: 240_000 }, () => {
    for (let seed = from; seed < from + SEEDS; seed++)
      mustHold(batch === 0 ? { seed, seconds: 30 } : { seed, seconds: 30, nodes: batch === 1 ? 3 : 5 });
  });
}

test('the same seed gives the same run', () => {
  const first = runSeed({ seed: BASE, nodes: 5, seconds: 20 });
  const second = runSeed({ seed: BASE, nodes: 5, seconds: 20 });
  const other = runSeed({ seed: BASE + 1, nodes: 5, seconds: 20 });
  expect(second.trace).toBe(first.trace);
  expect(second.marks).toEqual(first.marks);
  expect(other.trace).not.toBe(first.trace);
});

test('disks that lie are found: the checks are not blind', () => {
  for (let seed = BASE; seed < BASE + 5; seed++) {
    const { failure } = runSeed({ seed, nodes: 3, seconds: 20, canary: true });
    const expected = ['durable before the answer', 'committed is durable on a majority', 'log bounds'];
    expect(expected).toContain(failure?.property);
  }
});

test('a run that is asked for no faults has none', () => {
  const { failure, marks } = runSeed({ seed: BASE, nodes: 3, seconds: 10, faults: [] });
  expect(failure).toBeUndefined();
  expect(Object.keys(marks).filter((name) => name.startsWith('fault') || name.startsWith('message'))).toEqual(
    [],
  );
});

test('the command that replays a run names what was asked for', () => {
  expect(replayCommand({ seed: 7 })).toBe('npm run sim -- --seed 7');
  expect(replayCommand({ seed: 7, nodes: 5, seconds: 20, faults: ['crash', 'drop'] })).toBe(
    'npm run sim -- --seed 7 --nodes 5 --seconds 20 --faults crash,drop',
  );
});
