import { StoreError } from '../base/errors.ts';
import { RisingMap } from '../base/rising-map.ts';
import type { ErrorCode } from '../base/errors.ts';
import type { NodeId } from '../base/flavor.ts';
import type { MembersFrame, PlacedFrame } from '../wire/admin-frames.ts';
import type { ClientFrame, ErrorFrame, RequestId, ResultFrame } from '../wire/client-frames.ts';
import { Backoff } from './backoff.ts';
import { asFinal, cutShort, frameOf, isForAny, isLive, isWrite, newCall } from './call.ts';
import type { Call, CallKind, Reply } from './call.ts';
import { Deadlines } from './deadlines.ts';
import type { Link } from './link.ts';
import type { CallOptions, ClientSettings } from './options.ts';
import { Queue } from './queue.ts';
import { SessionKeeper } from './session-keeper.ts';

/** Where calls go. */
export interface CallLinks {
  /** A link to any node. */
  readonly current: Link | undefined;
  /** The link to the leader. */
  readonly leader: Link | undefined;
  readonly endpoints: readonly string[];
  /** Why no node can be reached, if none can. */
  readonly lastFailure: StoreError | undefined;
  /** Begins to connect, if that was not done yet. */
  open(): void;
  /** The node cannot answer now; perhaps it said who leads. */
  disown(leader: NodeId | undefined): void;
}

/** The cluster remembers the replies to no more commands of one session. */
const SESSION_WINDOW_MAX = 4_096;
/** They may pass, but not soon: whoever asked should know, and decide. */
const FOR_OPERATORS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'LEARNER_BEHIND',
  'QUORUM_AT_RISK',
  'TRANSFER_FAILED',
]);
/** How long `close` tries to close the session as well, in ms. */
const SESSION_CLOSE_MS = 300;

/**
 * The calls of a client, from their start to their one answer. A call waits for a leader and for a
 * place in flight, is sent, and is sent again after whatever went wrong on the way, until its
 * deadline. A command keeps its session and sequence number over all attempts, so it takes effect
 * once at most (thesis, section 6.3).
 */
export class Calls {
  readonly #settings: ClientSettings;
  readonly #connection: CallLinks;
  readonly #nextRequest: () => RequestId;
  readonly #keeper: SessionKeeper;
  readonly #sent = new RisingMap<Call>();
  readonly #toSession = new Queue<Call>();
  readonly #toLeader = new Queue<Call>();
  readonly #toAny = new Queue<Call>();
  /** To be sent again at the next pump. */
  #returned: Call[] = [];
  /** To be sent again after a while. */
  #resting: Call[] = [];
  readonly #backoff: Backoff;
  #restTimer: NodeJS.Timeout | undefined;
  readonly #deadlines: Deadlines;
  #closed = false;
  #opening: Call | undefined;

  constructor(settings: ClientSettings, connection: CallLinks, nextRequest: () => RequestId) {
    this.#settings = settings;
    this.#connection = connection;
    this.#nextRequest = nextRequest;
    this.#backoff = new Backoff(settings.backoffMinMs, settings.backoffMaxMs);
    this.#deadlines = new Deadlines(() => this.#expireCalls());
    this.#keeper = new SessionKeeper(
      {
        submit: (machine, body, timeoutMs) => this.#submitForSession(machine, body, timeoutMs),
        onOpened: () => this.pump(),
        onFailed: (error) => this.#failSessionless(error),
      },
      Math.min(settings.inFlightMax, SESSION_WINDOW_MAX),
    );
  }

  /** Calls that were not answered yet, those of the session's upkeep included. */
  get size(): number {
    return this.#sent.size + this.#waiting;
  }

  /** Resolves to what `shape` makes of the reply. */
  submit<T>(
    kind: CallKind,
    machine: string,
    body: unknown,
    options: CallOptions,
    shape: (reply: Reply) => T,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const { signal, timeoutMs = this.#settings.timeoutMs } = options;
      const deadlineMs = performance.now() + timeoutMs;
      const onReply = (reply: Reply): void => {
        try {
          resolve(shape(reply));
        } catch (error) {
          reject(error);
        }
      };
      this.#start(newCall(kind, machine, body, deadlineMs, onReply, reject), signal);
    });
  }

  onResult(frame: ResultFrame): void {
    this.#onReply(frame.request, frame);
  }

  onAdminAnswer(frame: MembersFrame | PlacedFrame): void {
    this.#onReply(frame.request, { result: frame, revision: 0, index: 0 });
  }

  #onReply(request: RequestId, reply: Reply): void {
    const call = this.#sent.get(request);
    if (call === undefined) return;
    this.#sent.delete(request);
    this.#finish(call);
    call.resolve(reply);
  }

  /** Whether the error belongs to one of the calls. */
  onError(frame: ErrorFrame): boolean {
    const call = this.#sent.get(frame.request);
    if (call === undefined) return false;
    this.#sent.delete(frame.request);
    call.state = 'waiting';
    if (frame.outcome === 'unknown' && frame.code !== 'SESSION_EXPIRED') call.unsure = true;
    this.#onFailure(call, new StoreError(frame.code, frame.message, { outcome: frame.outcome }), frame);
    return true;
  }

  /** The frame cannot be sent at all. */
  onRefused(frame: ClientFrame, error: StoreError): void {
    const call = 'request' in frame ? this.#sent.get(frame.request) : undefined;
    if (call === undefined) return;
    this.#sent.delete(call.request);
    call.state = 'waiting';
    this.#fail(call, asFinal(call, error));
  }

  /** There is another connection: what was sent on the last one is sent again. */
  onSwitch(): void {
    for (const call of this.#sent.values()) {
      call.state = 'waiting';
      call.unsure = true;
      this.#returned.push(call);
    }
    this.#sent.clear();
    this.pump();
  }

  /** Sends what can be sent. */
  pump(): void {
    if (this.#returned.length > 0) this.#requeue();
    const { leader, current } = this.#connection;
    if (current !== undefined) this.#pump(this.#toAny, current);
    if (leader !== undefined) {
      this.#pump(this.#toLeader, leader);
      this.#pump(this.#toSession, leader);
    } else if (this.#waiting > 0) {
      this.#connection.open();
    }
  }

  /** Fails every call with CLOSED; settles when the session is closed, as far as that can be done. */
  async close(): Promise<void> {
    this.#failAll();
    if (this.#connection.leader !== undefined) await this.#keeper.close(SESSION_CLOSE_MS);
    this.#closed = true;
    this.#failAll();
    clearTimeout(this.#restTimer);
    this.#deadlines.close();
    await this.#keeper.close(0);
  }

  get #waiting(): number {
    return (
      this.#toSession.length +
      this.#toLeader.length +
      this.#toAny.length +
      this.#returned.length +
      this.#resting.length
    );
  }

  #start(call: Call, signal: AbortSignal | undefined): void {
    if (this.#closed) {
      call.reject(cutShort(call, 'CLOSED', 'the client is closed'));
    } else if (signal?.aborted === true) {
      call.reject(cutShort(call, 'ABORTED', 'the call was aborted before it began', signal.reason));
    } else if (this.#waiting >= this.#settings.queueMax) {
      call.reject(new StoreError('TOO_BUSY', `${this.#settings.queueMax} calls are waiting already`));
    } else {
      if (signal !== undefined) this.#listen(call, signal);
      this.#deadlines.add(call.deadlineMs);
      this.#queueOf(call).push(call);
      this.pump();
    }
  }

  #listen(call: Call, signal: AbortSignal): void {
    const onAbort = (): void => {
      const error = cutShort(call, 'ABORTED', 'the call was aborted', signal.reason);
      this.#sent.delete(call.request);
      this.#fail(call, error);
      this.pump();
    };
    signal.addEventListener('abort', onAbort, { once: true });
    call.unlisten = () => signal.removeEventListener('abort', onAbort);
  }

  #queueOf(call: Call): Queue<Call> {
    if (call.kind === 'session-command') return this.#toSession;
    return isForAny(call) ? this.#toAny : this.#toLeader;
  }

  #pump(queue: Queue<Call>, link: Link): void {
    while (link.writable && this.#sent.size < this.#settings.inFlightMax) {
      const call = queue.peek();
      if (call === undefined) return;
      if (call.state !== 'done' && !this.#send(call, link)) return;
      queue.shift();
    }
  }

  /** Sends one call, unless it must wait for its session. */
  #send(call: Call, link: Link): boolean {
    if (call.kind === 'ready') {
      this.#finish(call);
      call.resolve({ result: undefined, revision: 0, index: 0 });
      return true;
    }
    if (call.kind === 'session-command') {
      if (call.session === undefined) {
        const session = this.#keeper.current();
        if (session?.hasRoom !== true) return false;
        call.session = session;
        call.sequence = session.take();
      }
      this.#keeper.touch();
    }
    call.request = this.#nextRequest();
    call.state = 'sent';
    this.#sent.set(call.request, call);
    link.send(frameOf(call));
    return true;
  }

  #onFailure(call: Call, error: StoreError, frame: ErrorFrame): void {
    call.lastError = error;
    switch (error.code) {
      case 'NOT_LEADER':
      case 'NO_LEADER':
      case 'LEADERSHIP_LOST':
      case 'SHUTTING_DOWN':
        this.#connection.disown(frame.leader);
        if (isForAny(call)) this.#rest(call);
        else this.#returned.push(call);
        return;
      case 'SESSION_EXPIRED':
        this.#onSessionExpired(call, error);
        return;
      default:
        if (error.retryable && !FOR_OPERATORS.has(error.code)) this.#rest(call);
        else this.#fail(call, asFinal(call, error));
    }
  }

  /** A command that surely was not applied in the lost session is safe in a new one; any other is not. */
  #onSessionExpired(call: Call, error: StoreError): void {
    if (call.session !== undefined) this.#keeper.expire(call.session);
    if (call.session === undefined || call.unsure) {
      this.#fail(call, asFinal(call, error));
      return;
    }
    call.session.settle(call.sequence);
    call.session = undefined;
    this.#returned.push(call);
  }

  #rest(call: Call): void {
    this.#resting.push(call);
    this.#restTimer ??= setTimeout(() => {
      this.#restTimer = undefined;
      this.#returned.push(...this.#resting);
      this.#resting = [];
      this.pump();
    }, this.#backoff.nextMs());
  }

  #requeue(): void {
    const returned = this.#returned.filter((call) => call.state === 'waiting');
    this.#returned = [];
    for (const queue of [this.#toSession, this.#toLeader, this.#toAny]) {
      const calls = returned.filter((call) => this.#queueOf(call) === queue);
      if (calls.length > 0) queue.pushFront(calls);
    }
  }

  /** Gives the call up for good. */
  #fail(call: Call, error: StoreError): void {
    if (call.state === 'done') return;
    this.#finish(call);
    call.reject(error);
  }

  #finish(call: Call): void {
    call.state = 'done';
    call.unlisten?.();
    if (call.session !== undefined) call.session.settle(call.sequence);
    if (call.lastError === undefined) this.#backoff.reset();
  }

  #failSessionless(error: StoreError): void {
    for (const call of this.#toSession.drain()) {
      if (call.session === undefined) this.#fail(call, asFinal(call, error));
      else this.#returned.push(call);
    }
    this.pump();
  }

  #failAll(): void {
    for (const call of [...this.#sent.values(), ...this.#waitingCalls()]) {
      this.#fail(call, cutShort(call, 'CLOSED', 'the client was closed'));
    }
    this.#sent.clear();
    this.#returned = [];
    this.#resting = [];
    for (const queue of [this.#toSession, this.#toLeader, this.#toAny]) queue.drain();
  }

  #waitingCalls(): readonly Call[] {
    const queues = [this.#toSession, this.#toLeader, this.#toAny];
    return [...queues.flatMap((queue) => queue.items), ...this.#returned, ...this.#resting];
  }

  /** Fails what is due, and says when the next call is. */
  #expireCalls(): number {
    const nowMs = performance.now();
    let nextMs = Infinity;
    for (const call of [...this.#sent.values(), ...this.#waitingCalls()]) {
      if (call.state === 'done') continue;
      if (call.deadlineMs > nowMs) {
        nextMs = Math.min(nextMs, call.deadlineMs);
      } else {
        const error = this.#expired(call);
        this.#sent.delete(call.request);
        this.#fail(call, error);
      }
    }
    for (const queue of [this.#toSession, this.#toLeader, this.#toAny]) queue.filter(isLive);
    this.#resting = this.#resting.filter(isLive);
    this.pump();
    return nextMs;
  }

  /** Says what was in the way, if it is sure that the call had no effect. */
  #expired(call: Call): StoreError {
    const { current, leader, endpoints, lastFailure } = this.#connection;
    if (call.state === 'sent' || (isWrite(call) && call.unsure)) {
      return cutShort(call, 'TIMEOUT', 'no reply before the deadline', call.lastError ?? lastFailure);
    }
    if (current === undefined) {
      const code: ErrorCode = lastFailure?.retryable === false ? lastFailure.code : 'UNREACHABLE';
      const message = `no node answers at ${endpoints.join(', ')}: ${lastFailure?.message ?? 'no connection in time'}`;
      return new StoreError(code, message, { outcome: 'not-applied', cause: lastFailure });
    }
    const cause = call.lastError ?? (call.kind === 'session-command' ? this.#opening?.lastError : undefined);
    if (cause !== undefined) {
      return new StoreError(cause.code, `${cause.message} (until the deadline)`, {
        outcome: 'not-applied',
        cause,
      });
    }
    if (leader === undefined) return new StoreError('NO_LEADER', 'no leader was found before the deadline');
    return cutShort(call, 'TIMEOUT', 'the call could not be sent before the deadline');
  }

  #submitForSession(machine: string, body: unknown, timeoutMs: number): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const call = newCall('command', machine, body, performance.now() + timeoutMs, resolve, reject);
      this.#opening = call;
      this.#start(call, undefined);
    });
  }
}
