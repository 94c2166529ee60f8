import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../../src/base/random.ts';
import { SeededRandom } from '../../../src/base/seeded-random.ts';
import { connect } from '../../../src/client/client.ts';
import type { Client } from '../../../src/client/client.ts';
import type { Answer, Intent, Operation, Recorder, refused } from '../history.ts';

/** Longer than an election, so that most calls outlast it, and shorter than a fault. */
const CALL_TIMEOUT_MS = 3_000;

/** One client of a workload. */
export interface Seat {
  readonly name: string;
  readonly number: number;
  readonly client: Client;
  readonly random: Random;
  readonly stopped: boolean;
  call(intent: Intent, act: () => Promise<Answer | ReturnType<typeof refused>>): Promise<Operation>;
  /** Between two calls. */
  pause(): Promise<void>;
}

/** A kind of load, and what must hold of it. */
export interface Workload {
  readonly name: string;
  readonly seats: number;
  /** One client's part, until it is stopped. */
  run(seat: Seat): Promise<void>;
}

export interface StartedWorkloads {
  /** Ends the calls; settles when the last one has ended. */
  stop(): Promise<void>;
}

export interface LoadOptions {
  readonly endpoints: readonly string[];
  readonly recorder: Recorder;
  readonly seed: number;
  /** Calls per second, of all clients together, about. */
  readonly rate: number;
  /** A fault of our own: told once. */
  readonly onFailure: (error: unknown) => void;
}

/** Sets all clients of the workloads going. */
export function startWorkloads(workloads: readonly Workload[], options: LoadOptions): StartedWorkloads {
  const { endpoints, recorder, seed, rate, onFailure } = options;
  const seats = workloads.flatMap((workload) =>
    Array.from({ length: workload.seats }, (_, number) => ({ workload, number })),
  );
  const pauseMs = (1000 * seats.length) / rate;
  let stopped = false;
  const loops = seats.map(async ({ workload, number }, at) => {
    const name = `${workload.name}-${number}`;
    const client = connect(endpoints, { name, timeoutMs: CALL_TIMEOUT_MS });
    const random = new SeededRandom(seed * 1000 + at);
    const seat: Seat = {
      name,
      number,
      client,
      random,
      get stopped() {
        return stopped;
      },
      call: (intent, act) => recorder.call(workload.name, name, intent, act),
      pause: () => sleep(random.integer(0, Math.round(2 * pauseMs))),
    };
    try {
      await workload.run(seat);
    } catch (error) {
      onFailure(error);
    }
    await client.close();
  });
  return {
    stop: async () => {
      stopped = true;
      await Promise.all(loops);
    },
  };
}
