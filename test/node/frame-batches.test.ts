import { expect, test } from 'vitest';
import { frameBatches } from '../../src/node/frame-batches.ts';
import type { ServerFrame } from '../../src/wire/client-frames.ts';

const results = (count: number, bytes: number): readonly ServerFrame[] =>
  Array.from({ length: count }, (_, at) => ({
    kind: 'result',
    request: at + 1,
    result: new Uint8Array(bytes),
    revision: 0,
    index: 0,
    staleMs: undefined,
  }));

const sizes = (frames: readonly ServerFrame[], batchBytesMax: number, batchFramesMax: number): number[] => {
  const batches = [...frameBatches(frames, { batchBytesMax, batchFramesMax })];
  expect(batches.flat()).toEqual(frames);
  return batches.map((batch) => batch.length);
};

test('a batch ends at so many frames, and the order stays', () => {
  expect(sizes(results(10, 1), 1_000_000, 4)).toEqual([4, 4, 2]);
  expect(sizes(results(8, 1), 1_000_000, 4)).toEqual([4, 4]);
  expect(sizes([], 1_000_000, 4)).toEqual([]);
});

test('a batch ends before it gets too large, but for a frame that is too large alone', () => {
  expect(sizes(results(5, 400), 1_000, 64)).toEqual([2, 2, 1]);
  expect(sizes([...results(1, 1), ...results(1, 5_000), ...results(1, 1)], 1_000, 64)).toEqual([1, 1, 1]);
});
