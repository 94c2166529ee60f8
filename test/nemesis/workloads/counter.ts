import { placed } from './register.ts';
import type { Seat, Workload } from './workload.ts';

const COUNTERS = 3;

/** Keys whose version counts how often they were put: once for each call, however often it was sent. */
export function counterWorkload(seats: number): Workload {
  return {
    name: 'counter',
    seats,
    async run(seat: Seat): Promise<void> {
      const { client, random } = seat;
      for (let turn = 0; !seat.stopped; turn++) {
        const key = `counter/${random.integer(1, COUNTERS)}`;
        const value = `${seat.name}.${turn}`;
        await seat.call({ op: 'increment', key, value }, async () => {
          const result = await client.kv.put(key, value);
          return { ...placed(result), output: result.version };
        });
        await seat.pause();
      }
    },
  };
}
