import { expect } from 'vitest';
import { connect } from '../../src/client/client.ts';
import type { Client } from '../../src/client/client.ts';

const KEY = 'counter';
const IN_FLIGHT = 4;
/** Longer than any fault of these tests: no call is given up, each is retried until it is answered. */
const CALL_TIMEOUT_MS = 60_000;

/** Puts one key over and over. Its version counts how often that took effect: as often as it was acknowledged. */
export class Counter {
  readonly #client: Client;
  readonly #loops: readonly Promise<void>[];
  #acknowledged = 0;
  #stopped = false;

  constructor(endpoints: readonly string[]) {
    this.#client = connect(endpoints, { name: 'counter', timeoutMs: CALL_TIMEOUT_MS });
    this.#loops = Array.from({ length: IN_FLIGHT }, () => this.#loop());
  }

  async #loop(): Promise<void> {
    while (!this.#stopped) {
      await this.#client.kv.put(KEY, `${this.#acknowledged}`);
      this.#acknowledged++;
    }
  }

  async check(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#loops);
    const entry = await this.#client.kv.get(KEY);
    await this.#client.close();
    expect(entry?.version).toBe(this.#acknowledged);
    expect(this.#acknowledged).toBeGreaterThan(0);
  }
}
