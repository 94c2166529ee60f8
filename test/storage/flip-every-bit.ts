/** Flips every single bit of a 64 KiB log, one at a time, and opens the log each time: `npm run bits`. */
import { judgeFlip, logUnderTest } from './log-bits.ts';

const SEGMENT_BYTES = 64 * 1024;
const SEGMENTS = 1;

const startedMs = performance.now();
const sound = logUnderTest(SEGMENT_BYTES, SEGMENTS);
let flips = 0;
const rows: Record<string, Record<string, number>> = {};
// A segment that is full, with another one behind it, and the seal.
for (const path of sound.files.filter((file) => !file.endsWith('2.segment'))) {
  const bits = sound.disk.contents(path).length * 8;
  const row = { bits, harmless: 0, told: 0, stopped: 0 };
  for (let bit = 0; bit < bits; bit++) row[judgeFlip(sound, SEGMENT_BYTES, path, bit)] += 1;
  flips += bits;
  rows[path] = row;
}
console.table(rows);
const seconds = (performance.now() - startedMs) / 1000;
console.info(`${flips} flips in ${seconds.toFixed(0)} s: no wrong entry, none lost without a word`);
