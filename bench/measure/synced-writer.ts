/**
 * A process of the bench: `node synced-writer.js FILE BYTES DURATION-MS` writes so many bytes behind each
 * other into a file that has its length already, each write followed by fdatasync, and prints how long
 * they took. What a store that does the same could reach at best.
 */
import { closeSync, fdatasyncSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { Latencies } from './latencies.ts';

const MIB = 1024 * 1024;
const FILE_MIB_MIN = 16;
/** The writes begin again at the front after so many. */
const WRITES_PER_FILE = 64;
const [file = '', bytes = '256', durationMs = '1000'] = process.argv.slice(2);
console.log(JSON.stringify(measure(file, Number(bytes), Number(durationMs))));

function measure(path: string, length: number, duration: number): object {
  const data = new Uint8Array(length).fill(0x61);
  const descriptor = openSync(path, 'w+');
  const blank = new Uint8Array(MIB);
  const fileBytes = Math.max(FILE_MIB_MIN * MIB, WRITES_PER_FILE * length);
  for (let at = 0; at < fileBytes; at += blank.length) writeSync(descriptor, blank, 0, blank.length, at);
  fsyncSync(descriptor);
  const latencies = new Latencies();
  const startMs = performance.now();
  let count = 0;
  for (let nowMs = startMs; nowMs - startMs < duration; count++) {
    writeSync(descriptor, data, 0, length, (count * length) % (fileBytes - length));
    fdatasyncSync(descriptor);
    const doneMs = performance.now();
    latencies.record(doneMs - nowMs);
    nowMs = doneMs;
  }
  const seconds = (performance.now() - startMs) / 1000;
  closeSync(descriptor);
  return { perSecond: count / seconds, bytesPerSecond: (count * length) / seconds, ...latencies.figures };
}
