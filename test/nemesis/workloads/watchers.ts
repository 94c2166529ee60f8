import { connect } from '../../../src/client/client.ts';
import type { Client } from '../../../src/client/client.ts';
import { StoreError } from '../../../src/base/errors.ts';
import type { KvEvent } from '../../../src/client/key-value.ts';
import { waitUntil } from '../../../cluster/wait-until.ts';

const CATCH_UP_TIMEOUT_MS = 30_000;

/** An event as it is kept: long values by their beginning. */
export interface SeenEvent {
  readonly revision: number;
  readonly kind: 'put' | 'delete';
  readonly key: string;
  readonly version: number;
  /** Undefined if the key was deleted. */
  readonly text: string | undefined;
}

/** What one watch saw, from its first revision on; a new run of it begins after each COMPACTED. */
export interface SeenRun {
  readonly fromRevision: number;
  readonly events: SeenEvent[];
}

const TEXT_LENGTH_MAX = 4_000;

/** Watches all keys over every failure. Some of the watchers reconnect at times, as clients do that are restarted. */
export class Watchers {
  readonly #watchers: readonly Watcher[];

  constructor(endpoints: () => readonly string[], count: number) {
    this.#watchers = Array.from({ length: count }, (_, at) => new Watcher(endpoints, `watch-${at}`));
  }

  /** What each of them saw. */
  get seen(): readonly (readonly SeenRun[])[] {
    return this.#watchers.map(({ runs }) => runs);
  }

  get compactions(): number {
    return this.#watchers.reduce((sum, { runs }) => sum + runs.length - 1, 0);
  }

  /** Lets one of them leave and come back as a new client, which goes on behind what it saw. */
  reconnect(at: number): Promise<void> {
    return this.#watchers[at % this.#watchers.length]?.reconnect() ?? Promise.resolve();
  }

  /** Waits until all have seen this revision, and ends them; returns those that have not, in words. */
  async finish(revision: number): Promise<readonly string[]> {
    const late = await Promise.all(this.#watchers.map((watcher) => watcher.finish(revision)));
    return late.filter((each) => each !== undefined);
  }
}

class Watcher {
  readonly #endpoints: () => readonly string[];
  readonly #name: string;
  readonly runs: SeenRun[] = [{ fromRevision: 1, events: [] }];
  #client: Client;
  #loop: Promise<void>;
  #finished = false;

  constructor(endpoints: () => readonly string[], name: string) {
    this.#endpoints = endpoints;
    this.#name = name;
    this.#client = connect(endpoints(), { name });
    this.#loop = this.#follow();
  }

  async reconnect(): Promise<void> {
    if (this.#finished) return;
    const former = this.#client;
    await former.close();
    await this.#loop;
    this.#client = connect(this.#endpoints(), { name: this.#name });
    this.#loop = this.#follow();
  }

  async finish(revision: number): Promise<string | undefined> {
    this.#finished = true;
    let late: string | undefined;
    try {
      await waitUntil({ what: `the last event of ${this.#name}`, timeoutMs: CATCH_UP_TIMEOUT_MS }, () =>
        this.#last >= revision ? true : undefined,
      );
    } catch {
      late = `${this.#name} saw revision ${this.#last} and no more, of ${revision}`;
    }
    await this.#client.close();
    await this.#loop;
    return late;
  }

  get #last(): number {
    const run = this.runs.at(-1);
    return run?.events.at(-1)?.revision ?? (run?.fromRevision ?? 1) - 1;
  }

  /** Until its client is closed. */
  async #follow(): Promise<void> {
    const client = this.#client;
    for (;;) {
      try {
        const run = this.runs.at(-1);
        for await (const event of client.watch({ prefix: '', fromRevision: this.#last + 1 })) {
          run?.events.push(asSeen(event));
        }
        return;
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        if (error.code === 'CLOSED') return;
        if (error.code !== 'REVISION_COMPACTED') throw error;
        const fromRevision = await this.#nextRevision(client);
        if (fromRevision === undefined) return;
        this.runs.push({ fromRevision, events: [] });
      }
    }
  }

  async #nextRevision(client: Client): Promise<number | undefined> {
    for (;;) {
      try {
        return (await client.kv.read('any')).revision + 1;
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        if (error.code === 'CLOSED') return undefined;
      }
    }
  }
}

function asSeen(event: KvEvent): SeenEvent {
  const { revision, kind, key, version } = event;
  return { revision, kind, key, version, text: event.text()?.slice(0, TEXT_LENGTH_MAX) };
}
