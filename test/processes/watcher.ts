import { expect } from 'vitest';
import { connect } from '../../src/client/client.ts';
import type { Client } from '../../src/client/client.ts';
import type { KvEvent } from '../../src/client/key-value.ts';
import type { Watch } from '../../src/client/watch.ts';
import { waitUntil } from '../../cluster/wait-until.ts';

const CATCH_UP_TIMEOUT_MS = 20_000;

/** Watches all keys from the first revision on, over every failure of the nodes. */
export class Watcher {
  readonly #client: Client;
  readonly #watch: Watch<KvEvent>;
  readonly #events: KvEvent[] = [];
  readonly #loop: Promise<void>;

  constructor(endpoints: readonly string[]) {
    this.#client = connect(endpoints, { name: 'watcher' });
    this.#watch = this.#client.watch({ prefix: '', fromRevision: 1 });
    this.#loop = this.#collect();
  }

  async #collect(): Promise<void> {
    for await (const event of this.#watch) this.#events.push(event);
  }

  /** Once nothing is written any more: requires every event to have come, once and in order. */
  async check(): Promise<void> {
    const last = await this.#client.kv.put('the end', '');
    await waitUntil({ what: 'the last event', timeoutMs: CATCH_UP_TIMEOUT_MS }, () =>
      this.#events.at(-1)?.revision === last.revision ? true : undefined,
    );
    await this.#client.close();
    await this.#loop;
    // Every change here is of one key, so each event has a revision of its own, and none is left out.
    const revisions = this.#events.map((event) => event.revision);
    expect(revisions).toEqual(Array.from({ length: last.revision }, (_, at) => at + 1));
    const versions = new Map<string, number>();
    for (const event of this.#events) {
      const before = versions.get(event.key) ?? 0;
      if (event.kind === 'put') expect(event.version).toBe(before + 1);
      versions.set(event.key, event.kind === 'put' ? event.version : 0);
    }
  }
}
