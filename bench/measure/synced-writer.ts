/**
 * A process of the bench: `node synced-writer.js FILE BYTES DURATION-MS` writes so many bytes behind each
 * other into a file that has its length already, each write followed by fdatasync, and prints how long
 * they took: `{ count, p50Ms, bytesPerSecond }`. What a store that does the same could reach at best.
 */
import { closeSync, fdatasyncSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { createHistogram } from 'node:perf_hooks';

const FILE_BYTES = 256 * 1024 * 1024;
const [file = '', bytes = '256', durationMs = '1000'] = process.argv.slice(2);
console.log(JSON.stringify(measure(file, Number(bytes), Number(durationMs))));

function measure(path: string, length: number, duration: number): object {
  const data = new Uint8Array(length).fill(0x61);
  const descriptor = openSync(path, 'w+');
  const blank = new Uint8Array(1024 * 1024);
  for (let at = 0; at < FILE_BYTES; at += blank.length) writeSync(descriptor, blank, 0, blank.length, at);
  fsyncSync(descriptor);
  const histogram = createHistogram();
  const startMs = performance.now();
  let count = 0;
  for (let nowMs = startMs; nowMs - startMs < duration; count++) {
    writeSync(descriptor, data, 0, length, (count * length) % (FILE_BYTES - length));
    fdatasyncSync(descriptor);
    const doneMs = performance.now();
    histogram.record(Math.max(1, Math.round((doneMs - nowMs) * 1e6)));
    nowMs = doneMs;
  }
  const seconds = (performance.now() - startMs) / 1000;
  closeSync(descriptor);
  return { count, p50Ms: histogram.percentile(50) / 1e6, bytesPerSecond: (count * length) / seconds };
}
