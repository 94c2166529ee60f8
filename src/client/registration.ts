import type { RegisterRequest } from '../machine/registry/registry-types.ts';
import type { CallOptions } from './options.ts';

/** What a registration asks of the registry. */
export interface RegistrationHost {
  /** Whether the instance is known. */
  heartbeat(options: CallOptions): Promise<boolean>;
  register(options: CallOptions): Promise<unknown>;
  deregister(options: CallOptions): Promise<unknown>;
  /** Calls back when the client is closed; returns how to take that back. */
  onClose(action: () => void): () => void;
}

/**
 * An instance that is kept registered by heartbeats, and registered again if the registry has
 * forgotten it. `await using` or `close` deregisters it; if the process dies, or the client is closed
 * before, its heartbeats stop and it becomes critical after its time to live.
 */
export class Registration implements AsyncDisposable {
  readonly service: string;
  readonly id: string;
  readonly #host: RegistrationHost;
  readonly #intervalMs: number;
  readonly #forget: () => void;
  readonly #timer: NodeJS.Timeout;
  #beating = false;
  #closed = false;
  /** Why the last heartbeat failed; undefined while all is well. The next one is tried all the same. */
  lastError: unknown;

  constructor(request: RegisterRequest, ttlMs: number, host: RegistrationHost) {
    this.service = request.service;
    this.id = request.id;
    this.#host = host;
    this.#intervalMs = Math.max(100, ttlMs / 3);
    this.#timer = setInterval(() => void this.#beat(), this.#intervalMs);
    this.#timer.unref();
    this.#forget = host.onClose(() => this.#stop());
  }

  /** Stops the heartbeats and deregisters the instance. */
  async close(options: CallOptions = {}): Promise<void> {
    if (this.#closed) return;
    this.#stop();
    this.#forget();
    await this.#host.deregister(options);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #beat(): Promise<void> {
    if (this.#beating || this.#closed) return;
    this.#beating = true;
    const options = { timeoutMs: this.#intervalMs };
    try {
      const known = await this.#host.heartbeat(options);
      // It may have been closed in the meantime, and must not come back then.
      if (!known && !this.#isClosed) await this.#host.register(options);
      this.lastError = undefined;
    } catch (error) {
      this.lastError = error;
    } finally {
      this.#beating = false;
    }
  }

  get #isClosed(): boolean {
    return this.#closed;
  }

  #stop(): void {
    this.#closed = true;
    clearInterval(this.#timer);
  }
}
