/**
 * Clients that put, get, compare-and-set and delete all the while, whatever happens to the nodes,
 * and write down what they did and saw. The history is kept as JSON lines beside the nodes' data,
 * and checked at the end.
 */
import { appendFileSync } from 'node:fs';
import { expect } from 'vitest';
import { StoreError } from '../../src/base/errors.ts';
import type { Random } from '../../src/base/random.ts';
import { SeededRandom } from '../../src/base/seeded-random.ts';
import { connect } from '../../src/client/client.ts';
import type { Client } from '../../src/client/client.ts';
import type { HistoryOperation, RegisterValue } from '../../src/simulation/checkers/history.ts';
import { checkLinearizable } from '../../src/simulation/checkers/linearizability.ts';
import { waitUntil } from '../../cluster/wait-until.ts';

const CLIENTS = 5;
/** The check is exponential in overlapping calls of one key, so the clients go on to the next key soon. */
const OPERATIONS_PER_KEY = 60;
/** Longer than an election, so that most calls outlast it, and shorter than a fault. */
const CALL_TIMEOUT_MS = 3_000;
const PROGRESS_TIMEOUT_MS = 30_000;

/** What a call came to, apart from when. */
type Seen = Pick<HistoryOperation, 'op' | 'value' | 'expect' | 'output'>;

export interface WorkloadOptions {
  readonly endpoints: readonly string[];
  /** Where the history is written. */
  readonly historyPath: string;
}

export class Workload {
  readonly history: HistoryOperation[] = [];
  readonly #options: WorkloadOptions;
  readonly #clients: readonly Client[];
  readonly #loops: readonly Promise<void>[];
  #started = 0;
  #acknowledged = 0;
  #stopped = false;

  constructor(options: WorkloadOptions) {
    this.#options = options;
    const seed = Number(process.env['SEED']);
    this.#clients = Array.from({ length: CLIENTS }, (_, at) =>
      connect(options.endpoints, { name: `client ${at}`, timeoutMs: CALL_TIMEOUT_MS }),
    );
    this.#loops = this.#clients.map((client, at) => this.#loop(client, at, new SeededRandom(seed + at)));
  }

  /** Waits until this many more calls were answered; returns how long that took, in ms. */
  async progress(count: number): Promise<number> {
    const startedMs = performance.now();
    const wanted = this.#acknowledged + count;
    await waitUntil({ what: `${count} more answers`, timeoutMs: PROGRESS_TIMEOUT_MS }, () =>
      this.#acknowledged >= wanted ? true : undefined,
    );
    return performance.now() - startedMs;
  }

  /** Ends the calls, reads every key once more, and requires the whole history to be linearizable. */
  async check(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#loops);
    const [client] = this.#clients;
    const keys = new Set(this.history.map((operation) => operation.key));
    const readLast = (key: string): Promise<unknown> =>
      this.#record('last', key, { op: 'get' }, async () => ({ op: 'get', output: await read(client, key) }));
    await Promise.all([...keys].map(readLast));
    await this.close();
    const lines = this.history.map((operation) => JSON.stringify(operation));
    appendFileSync(this.#options.historyPath, `${lines.join('\n')}\n`);
    const lastReads = this.history.slice(-keys.size);
    expect(lastReads.filter((operation) => operation.outcome !== 'ok')).toEqual([]);
    expect(checkLinearizable(this.history)).toMatchObject({ violations: [], undecided: [] });
  }

  async close(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#clients.map((client) => client.close()));
    await Promise.all(this.#loops);
  }

  async #loop(client: Client, at: number, random: Random): Promise<void> {
    let known: RegisterValue = undefined;
    for (let turn = 0; !this.#stopped; turn++) {
      const key = `k${Math.floor(this.#started++ / OPERATIONS_PER_KEY)}`;
      const value = `${at}.${turn}`;
      const { intent, call } = plan(client, key, value, known, random);
      const seen = await this.#record(at, key, intent, call);
      if (seen?.op === 'get') known = seen.output as RegisterValue;
    }
  }

  /** Makes one call and writes it down; returns what was seen, if there was an answer. */
  async #record(
    client: number | string,
    key: string,
    intent: Seen,
    call: () => Promise<Seen>,
  ): Promise<Seen | undefined> {
    const callNs = nowNs();
    try {
      const seen = await call();
      this.history.push({ client, key, ...seen, callNs, returnNs: nowNs(), outcome: 'ok' });
      this.#acknowledged++;
      return seen;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      const outcome = error.outcome === 'not-applied' ? 'fail' : 'unknown';
      this.history.push({ client, key, ...intent, callNs, returnNs: nowNs(), outcome });
      return undefined;
    }
  }
}

/** The next call: what it means to do, and how it is done. */
function plan(
  client: Client,
  key: string,
  value: string,
  known: RegisterValue,
  random: Random,
): { readonly intent: Seen; readonly call: () => Promise<Seen> } {
  const dice = random.integer(1, 100);
  if (dice <= 45) {
    const intent: Seen = { op: 'put', value };
    return { intent, call: () => client.kv.put(key, value).then(() => intent) };
  }
  if (dice <= 80) {
    return { intent: { op: 'get' }, call: async () => ({ op: 'get', output: await read(client, key) }) };
  }
  if (dice <= 95) {
    const intent: Seen = { op: 'cas', value, expect: known };
    const expectation = known === undefined ? { version: 0 } : { value: String(known) };
    const cas = async (): Promise<Seen> => {
      const result = await client.kv.compareAndSet(key, expectation, value);
      return { ...intent, output: result.kind === 'put' };
    };
    return { intent, call: cas };
  }
  const remove = async (): Promise<Seen> => ({ op: 'delete', output: (await client.kv.delete(key)).existed });
  return { intent: { op: 'delete' }, call: remove };
}

async function read(client: Client | undefined, key: string): Promise<string | undefined> {
  return (await client?.kv.get(key))?.text();
}

function nowNs(): number {
  return Math.round(performance.now() * 1e6);
}
