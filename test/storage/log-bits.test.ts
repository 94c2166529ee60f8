import { expect, test } from 'vitest';
import { judgeFlip, logUnderTest } from './log-bits.ts';

const SEGMENT_BYTES = 16 * 1024;

test('a flipped bit is harmless or told, wherever it is, and takes nothing else with it', () => {
  const sound = logUnderTest(SEGMENT_BYTES, 2);
  const outcomes = { harmless: 0, told: 0, stopped: 0 };
  for (const path of sound.files) {
    const bits = sound.disk.contents(path).length * 8;
    // A prime step comes by every place in a byte, and by every field of a header.
    for (let bit = 0; bit < bits; bit += 149) outcomes[judgeFlip(sound, SEGMENT_BYTES, path, bit)] += 1;
  }
  expect(outcomes.stopped).toBe(0);
  expect(outcomes.told).toBeGreaterThan(1000);
  expect(outcomes.harmless).toBeGreaterThan(100);
});
