import { StoreError } from '../base/errors.ts';
import type { SessionsCommand } from '../machine/sessions/sessions.ts';
import type { Reply } from './call.ts';
import { Session } from './session.ts';

/** The machine of the cluster that keeps sessions. */
const MACHINE = 'sessions';
/** How long the cluster remembers a session that says nothing, in ms of its log time. */
const TTL_MS = 60_000;

const OPEN: SessionsCommand = { kind: 'open', ttlMs: TTL_MS };

function keepAlive(id: number): SessionsCommand {
  return { kind: 'keep-alive', id };
}

function close(id: number): SessionsCommand {
  return { kind: 'close', id };
}

/** How the keeper reaches the cluster. */
export interface SessionHost {
  /** A command without a session; with no deadline unless one is given. */
  submit(machine: string, body: unknown, timeoutMs: number): Promise<Reply>;
  onOpened(): void;
  /** No session can be had, for a reason that waiting does not cure. */
  onFailed(error: StoreError): void;
}

/** Opens the client's session when the first command needs it, keeps it alive, and replaces it when it expired. */
export class SessionKeeper {
  readonly #host: SessionHost;
  readonly #capacity: number;
  #session: Session | undefined;
  #opening = false;
  #closed = false;
  #usedMs = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(host: SessionHost, capacity: number) {
    this.#host = host;
    this.#capacity = capacity;
  }

  /** The open session; if there is none, one is asked for, and `onOpened` tells when it is there. */
  current(): Session | undefined {
    if (this.#session === undefined && !this.#opening && !this.#closed) void this.#open();
    return this.#session;
  }

  /** A command of the session was sent. */
  touch(): void {
    this.#usedMs = performance.now();
  }

  /** The cluster has forgotten this session. */
  expire(session: Session): void {
    if (this.#session !== session) return;
    this.#session = undefined;
    clearInterval(this.#timer);
  }

  /** Closes the session in the cluster, if that can be done within the time. */
  async close(timeoutMs: number): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    const session = this.#session;
    this.#session = undefined;
    if (session === undefined) return;
    // A session that stays behind expires by itself.
    await this.#host.submit(MACHINE, close(session.id), timeoutMs).catch(() => undefined);
  }

  async #open(): Promise<void> {
    this.#opening = true;
    try {
      const { result } = await this.#host.submit(MACHINE, OPEN, Infinity);
      const id = sessionId(result);
      if (this.#closed) return;
      this.#opening = false;
      this.#session = new Session(id, this.#capacity);
      this.touch();
      this.#timer = setInterval(() => this.#keepAlive(), TTL_MS / 6);
      this.#timer.unref();
      this.#host.onOpened();
    } catch (error) {
      this.#opening = false;
      if (!this.#closed) this.#host.onFailed(error instanceof StoreError ? error : sessionError(error));
    }
  }

  #keepAlive(): void {
    const session = this.#session;
    if (session === undefined || performance.now() - this.#usedMs < TTL_MS / 6) return;
    this.#host.submit(MACHINE, keepAlive(session.id), TTL_MS / 3).then(
      () => this.touch(),
      (error: unknown) => {
        if (error instanceof StoreError && error.code === 'SESSION_EXPIRED') this.expire(session);
      },
    );
  }
}

function sessionId(result: unknown): number {
  const id = typeof result === 'object' && result !== null && 'id' in result ? result.id : undefined;
  if (typeof id !== 'number') throw sessionError(result);
  return id;
}

function sessionError(cause: unknown): StoreError {
  return new StoreError('PROTOCOL_VIOLATION', 'the cluster did not open a session as asked', { cause });
}
