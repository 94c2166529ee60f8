/** Clients that put, get, delete, compare and count; judged by a model of the store of its own. */
import type { Random } from '../../base/random.ts';
import type { Answer } from '../calls.ts';
import { checkEventsTellChanges } from '../checkers/events-tell-changes.ts';
import { checkKvHistory } from '../checkers/kv-history.ts';
import { claim } from '../violation.ts';
import { drawReadKind } from './read-kinds.ts';
import type { FinishedRun, Submit, Workload } from './workload.ts';

export interface KvWorkloadOptions {
  readonly keys: number;
  /** The share of reads, 0 to 1. */
  readonly readShare: number;
  readonly valueBytesMax: number;
}

const COUNTER = 'counter';

export class KvWorkload implements Workload {
  readonly name = 'kv';
  readonly #options: KvWorkloadOptions;
  #values = 0;
  #counted = 0;
  #maybeCounted = 0;
  #lastValue: Uint8Array = new Uint8Array();
  #counter = 0;

  constructor(options: KvWorkloadOptions) {
    this.#options = options;
  }

  next(random: Random, submit: Submit): void {
    const key = `k${random.integer(1, this.#options.keys)}`;
    if (random.chance(this.#options.readShare)) this.#read(random, submit, key);
    else this.#write(random, submit, key);
  }

  check(run: FinishedRun): void {
    this.#counter = checkKvHistory(run.calls, run.reference).get(COUNTER) ?? 0;
    checkEventsTellChanges(run.reference, 'kv');
    const sound = this.#counted <= this.#counter && this.#counter <= this.#counted + this.#maybeCounted;
    claim(
      sound,
      'exactly once',
      () =>
        `the counter stands at ${this.#counter} after ${this.#counted} increments and ${this.#maybeCounted} of unknown outcome`,
    );
  }

  #read(random: Random, submit: Submit, key: string): void {
    const range = {
      kind: 'range',
      from: 'k',
      to: 'l',
      limit: 100,
      reverse: false,
      keysOnly: false,
      countOnly: false,
    };
    const body = random.chance(0.1) ? range : { kind: 'get', key };
    submit({ kind: 'query', machine: 'kv', body, ...drawReadKind(random) });
  }

  #write(random: Random, submit: Submit, key: string): void {
    const choice = random.integer(1, 10);
    if (choice <= 5)
      this.#put(submit, { kind: 'put', key, value: this.#value(random), previous: choice <= 2 });
    else if (choice === 6) this.#put(submit, { kind: 'delete', key, previous: true });
    else if (choice === 7) {
      const expect = random.chance(0.5)
        ? { modRevision: random.integer(0, 20) }
        : { value: this.#expected(random) };
      this.#put(submit, { kind: 'compare-and-set', key, value: this.#value(random), expect });
    } else this.#increment(submit);
  }

  #put(submit: Submit, body: unknown): void {
    submit({ kind: 'command', machine: 'kv', body });
  }

  /** Reads, then puts one more on condition that nobody came between. */
  #increment(submit: Submit): void {
    const get = { kind: 'get', key: COUNTER };
    submit({ kind: 'query', machine: 'kv', body: get, consistency: 'linearizable' }, (answer) => {
      if (answer.kind !== 'ok') return;
      const { entry } = answer.result as {
        readonly entry?: { readonly value: Uint8Array; readonly version: number };
      };
      const count = entry === undefined ? 0 : Number(new TextDecoder().decode(entry.value));
      const value = new TextEncoder().encode(String(count + 1));
      const body = { kind: 'compare-and-set', key: COUNTER, value, expect: { version: entry?.version ?? 0 } };
      submit({ kind: 'command', machine: 'kv', body }, (told) => this.#noteIncrement(told));
    });
  }

  #noteIncrement(answer: Answer): void {
    if (answer.kind === 'unknown') this.#maybeCounted++;
    if (answer.kind !== 'ok') return;
    if ((answer.result as { readonly kind: string }).kind === 'put') this.#counted++;
  }

  /** Each value is written once, so that a read tells which write it saw. */
  #value(random: Random): Uint8Array {
    const name = `v${++this.#values}`;
    const bytesMax = random.integer(0, this.#options.valueBytesMax);
    const length = Math.max(name.length, random.integer(0, bytesMax));
    this.#lastValue = new TextEncoder().encode(name.padEnd(length, '.'));
    return this.#lastValue;
  }

  /** What was put last, which may have reached the key that is asked for, or something of its length. */
  #expected(random: Random): Uint8Array {
    const expected = this.#lastValue.slice();
    if (random.chance(0.5)) expected.fill(0, 0, 1);
    return expected;
  }
}
