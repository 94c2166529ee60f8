import { setTimeout as sleep } from 'node:timers/promises';
import { ClusterError } from './cluster-error.ts';

const POLL_MS = 25;

export interface WaitOptions {
  /** What is waited for, to say what did not come. */
  readonly what: string;
  readonly timeoutMs: number;
  /** Gives the wait up, with `interrupted`. */
  readonly signal?: AbortSignal | undefined;
}

/** Asks again and again until the answer is not undefined, and returns it. Throws `timeout` when it stays so. */
export async function waitUntil<T>(
  options: WaitOptions,
  probe: () => Promise<T | undefined> | T | undefined,
): Promise<T> {
  const deadlineMs = performance.now() + options.timeoutMs;
  for (;;) {
    const answer = await probe();
    if (answer !== undefined) return answer;
    if (options.signal?.aborted === true) {
      throw new ClusterError('interrupted', `${options.what}: given up`);
    }
    if (performance.now() >= deadlineMs) {
      throw new ClusterError('timeout', `${options.what}: not within ${options.timeoutMs} ms`);
    }
    await sleep(POLL_MS);
  }
}
