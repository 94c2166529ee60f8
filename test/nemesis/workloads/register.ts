import type { RegisterValue } from '../../../src/simulation/checkers/history.ts';
import type { Client } from '../../../src/client/client.ts';
import type { ReadOptions } from '../../../src/client/options.ts';
import type { Answer, Intent } from '../history.ts';
import type { Seat, Workload } from './workload.ts';

/** The search for an order is exponential in overlapping calls of a key, so the clients go on to the next one soon. */
const CALLS_PER_KEY = 60;

/** Ways to read that promise the newest there is. */
const FRESH: readonly ReadOptions[] = [
  {},
  { consistency: 'lease' },
  { from: 'any' },
  { consistency: 'lease', from: 'any' },
];
/** Ways to read that promise less. */
const STALE: readonly ReadOptions[] = [
  { consistency: 'stale', from: 'any' },
  { consistency: 'stale', from: 'any', maxStaleMs: 0 },
  { consistency: 'stale', from: 'any', maxStaleMs: 200 },
  { consistency: 'stale', from: 'any', maxStaleMs: 2_000 },
];

/** Keys that are put, read, compared and set, and deleted by all clients at once. */
export function registerWorkload(seats: number): Workload {
  let calls = 0;
  return {
    name: 'register',
    seats,
    async run(seat: Seat): Promise<void> {
      let known: RegisterValue = undefined;
      for (let turn = 0; !seat.stopped; turn++) {
        const key = `register/${Math.floor(calls++ / CALLS_PER_KEY)}`;
        const { intent, act } = plan(seat, key, `${seat.name}.${turn}`, known);
        const { op, outcome, output } = await seat.call(intent, act);
        if (op === 'get' && outcome === 'ok') known = output as RegisterValue;
        await seat.pause();
      }
    },
  };
}

function plan(
  { client, random }: Seat,
  key: string,
  value: string,
  known: RegisterValue,
): { readonly intent: Intent; readonly act: () => Promise<Answer> } {
  const dice = random.integer(1, 100);
  if (dice <= 45) {
    const put = async (): Promise<Answer> => placed(await client.kv.put(key, value));
    return { intent: { op: 'put', key, value }, act: put };
  }
  if (dice <= 75) {
    const options = random.pick(FRESH);
    const intent: Intent = { op: 'get', key, reads: true, how: tellHow(options) };
    return { intent, act: () => read(client, key, options) };
  }
  if (dice <= 82) {
    const options = random.pick(STALE);
    const intent: Intent = {
      op: 'stale',
      key,
      reads: true,
      how: tellHow(options),
      maxStaleMs: options.maxStaleMs,
    };
    return { intent, act: () => read(client, key, options) };
  }
  if (dice <= 95) {
    const expectation = known === undefined ? { version: 0 } : { value: String(known) };
    const cas = async (): Promise<Answer> => {
      const result = await client.kv.compareAndSet(key, expectation, value);
      return { ...placed(result), output: result.kind === 'put' };
    };
    return { intent: { op: 'cas', key, value, expect: known }, act: cas };
  }
  const remove = async (): Promise<Answer> => {
    const result = await client.kv.delete(key);
    return { ...placed(result), output: result.existed };
  };
  return { intent: { op: 'delete', key }, act: remove };
}

async function read(client: Client, key: string, options: ReadOptions): Promise<Answer> {
  const found = await client.kv.read(key, options);
  return { ...placed(found), output: found.entry?.text() };
}

function tellHow({ consistency = 'linearizable', from = 'leader' }: ReadOptions): string {
  return `${consistency} from ${from}`;
}

export function placed({ index, revision }: { readonly index: number; readonly revision: number }): Answer {
  return { index, revision };
}
