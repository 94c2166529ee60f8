/** A thread of `kvorum sim --seeds`: runs the seeds that it is handed, one after the other. */
import { parentPort } from 'node:worker_threads';
import { runSeed, type RunOptions } from '../src/simulation/run.ts';

parentPort?.on('message', (options: RunOptions) => {
  parentPort?.postMessage({ options, result: runSeed(options) }, []);
});
