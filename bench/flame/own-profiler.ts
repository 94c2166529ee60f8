import type { Profiler } from 'node:inspector';
import { Session } from 'node:inspector/promises';

const INTERVAL_US = 250;

/** Samples the main thread of this process: the client's. */
export class OwnProfiler {
  readonly #session: Session = new Session();

  async start(): Promise<void> {
    this.#session.connect();
    await this.#session.post('Profiler.enable');
    await this.#session.post('Profiler.setSamplingInterval', { interval: INTERVAL_US });
    await this.#session.post('Profiler.start');
  }

  async stop(): Promise<Profiler.Profile> {
    const { profile } = await this.#session.post('Profiler.stop');
    this.#session.disconnect();
    return profile;
  }
}
