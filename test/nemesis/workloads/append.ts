import { refused } from '../history.ts';
import type { Answer } from '../history.ts';
import { placed } from './register.ts';
import type { Seat, Workload } from './workload.ts';

const ELEMENTS_PER_LIST = 80;

/** Lists to which all clients append, each element once, by reading and comparing. */
export function appendWorkload(seats: number): Workload {
  let appended = 0;
  return {
    name: 'append',
    seats,
    async run(seat: Seat): Promise<void> {
      const { client } = seat;
      for (let turn = 0; !seat.stopped; turn++) {
        const key = `append/${Math.floor(appended++ / ELEMENTS_PER_LIST)}`;
        let list = '';
        let modRevision = 0;
        const read = await seat.call({ op: 'list', key, reads: true }, async () => {
          const found = await client.kv.read(key);
          list = found.entry?.text() ?? '';
          modRevision = found.entry?.modRevision ?? 0;
          return { ...placed(found), output: list };
        });
        await seat.pause();
        if (read.outcome !== 'ok') continue;
        const element = `${seat.name}.${turn}`;
        const longer = list === '' ? element : `${list} ${element}`;
        await seat.call({ op: 'append', key, value: element }, async (): Promise<Answer> => {
          const result = await client.kv.compareAndSet(key, { modRevision }, longer);
          return result.kind === 'put' ? placed(result) : refused();
        });
        await seat.pause();
      }
    },
  };
}
