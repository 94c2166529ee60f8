import { expect, test } from 'vitest';
import { SeededRandom } from '../../src/base/seeded-random.ts';
import type { Input } from '../../src/replica/input.ts';
import { EventQueue } from '../../src/simulation/event-queue.ts';
import { Marks } from '../../src/simulation/marks.ts';
import { Watcher } from '../../src/simulation/watcher.ts';

/** What a watcher tells the only node in a while. */
function told(seed: number, isCalm: boolean): readonly Input['kind'][] {
  const inputs: Input['kind'][] = [];
  const events = new EventQueue();
  const around = {
    events,
    marks: new Marks(),
    endpoints: [1],
    tell: (_: number, input: Input): boolean => inputs.push(input.kind) > 0,
    newWatchId: () => inputs.length + 1,
    compactedRevision: () => 0,
    calmed: () => isCalm,
  };
  const selection = { machine: 'kv', key: '', prefix: true };
  new Watcher('watch', selection, around, new SeededRandom(seed)).connect();
  while (events.step(60e6));
  return inputs;
}

test('a watcher pauses at times, but never once the faults have stopped', () => {
  const seeds = [1, 2, 3, 4, 5];
  expect(seeds.flatMap((seed) => told(seed, false))).toContain('watch-pause');
  const calm = seeds.flatMap((seed) => told(seed, true));
  expect(calm).toContain('watch');
  expect(calm).not.toContain('watch-pause');
});
