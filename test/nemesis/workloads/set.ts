import { placed } from './register.ts';
import type { Seat, Workload } from './workload.ts';

/** Most are small; one of two hundred is as large as what a shop keeps of a product. */
const PADDING_BYTES: readonly number[] = [0, 0, 0, 0, 0, 0, 0, 100, 100, 1_000];
const LARGE_BYTES = 60_000;

/** Each client adds elements that nobody else adds, of very different sizes; nothing is ever taken away. */
export function setWorkload(seats: number): Workload {
  return {
    name: 'set',
    seats,
    async run(seat: Seat): Promise<void> {
      const { client, random } = seat;
      for (let turn = 0; !seat.stopped; turn++) {
        const key = `set/${seat.name}.${turn}`;
        const bytes = random.chance(0.005) ? LARGE_BYTES : random.pick(PADDING_BYTES);
        const value = `${turn}:${bytes}`;
        const text = value.padEnd(value.length + bytes, '.');
        await seat.call({ op: 'add', key, value }, async () => placed(await client.kv.put(key, text)));
        await seat.pause();
      }
    },
  };
}
