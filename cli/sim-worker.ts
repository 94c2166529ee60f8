/** A thread of `kvorum sim --seeds`: runs the seeds that it is handed, one after the other. */
import { parentPort, workerData } from 'node:worker_threads';
import { runSeed, type RunOptions, type RunResult } from '../src/simulation/run.ts';
import { loadSubject } from './sim-subject.ts';

/** What the thread is started with. */
export interface SimWorkerData {
  readonly test: string | undefined;
}

/** What comes back for each seed. */
export interface SimWorkerReply {
  readonly options: RunOptions;
  readonly result: RunResult;
  /** The seed was run a second time, and had to give the same trace. */
  readonly repeated: boolean;
}

/** One seed of so many is run twice. */
const REPEAT_EVERY = 100;

const subjectOf = await loadSubject((workerData as SimWorkerData).test);

parentPort?.on('message', (options: RunOptions) => {
  const result = runSeed(options, subjectOf);
  const repeated = options.seed % REPEAT_EVERY === 0;
  const again = repeated ? runSeed(options, subjectOf).trace : result.trace;
  const reply: SimWorkerReply = {
    options,
    result: again === result.trace ? result : differing(result, again),
    repeated,
  };
  parentPort?.postMessage(reply, []);
});

function differing(result: RunResult, again: string): RunResult {
  const detail = `determinism: the same seed gave the traces ${result.trace} and ${again}`;
  const failure = { property: 'determinism', detail, stack: undefined, atMs: result.simulatedMs };
  return { ...result, failure: result.failure ?? failure };
}
