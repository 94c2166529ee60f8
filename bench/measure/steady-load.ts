/**
 * Writers that never stop: every acknowledged write is noted with its time, so that a pause of the whole
 * cluster shows as a gap between two of them, and every call that failed is kept.
 */
import { connect } from '../../src/client/client.ts';
import type { Client } from '../../src/client/client.ts';

export interface LoadFigures {
  readonly written: number;
  readonly failures: readonly unknown[];
  /** The longest times between two acknowledged writes, the longest first, in ms. */
  readonly gapsMs: readonly number[];
}

export class SteadyLoad {
  readonly #clients: readonly Client[];
  readonly #loops: readonly Promise<void>[];
  readonly #failures: unknown[] = [];
  /** When writes were acknowledged. */
  #timesMs: number[] = [];
  #stopped = false;

  constructor(endpoints: readonly string[], options: { readonly clients: number; readonly pauseMs: number }) {
    this.#clients = Array.from({ length: options.clients }, (_, at) =>
      connect(endpoints, { name: `writer ${at}`, timeoutMs: 20_000 }),
    );
    this.#loops = this.#clients.map((client, at) => this.#write(client, at, options.pauseMs));
  }

  get written(): number {
    return this.#timesMs.length;
  }

  /** What happened from `fromMs` to now, on the clock of `performance.now()`. */
  figures(fromMs: number = this.#timesMs[0] ?? 0): LoadFigures {
    const times = this.#timesMs.filter((timeMs) => timeMs >= fromMs);
    const gaps = [...times, performance.now()].map((timeMs, at) => timeMs - (times[at - 1] ?? fromMs));
    const longest = gaps.toSorted((one, other) => other - one).slice(0, 10);
    return {
      written: times.length,
      failures: this.#failures,
      gapsMs: longest.map((gapMs) => Math.round(gapMs)),
    };
  }

  async stop(): Promise<LoadFigures> {
    this.#stopped = true;
    await Promise.all(this.#loops);
    const figures = this.figures();
    await Promise.all(this.#clients.map((client) => client.close()));
    return figures;
  }

  async #write(client: Client, at: number, pauseMs: number): Promise<void> {
    for (let turn = 0; !this.#stopped; turn++) {
      try {
        await client.kv.put(`load ${at}`, String(turn));
        this.#timesMs.push(performance.now());
      } catch (error) {
        this.#failures.push(error);
      }
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}
