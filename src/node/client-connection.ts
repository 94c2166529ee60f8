import type { WebSocket } from 'ws';
import { unreachable } from '../base/assert.ts';
import { type ErrorCode, StoreError } from '../base/errors.ts';
import type { WatchId } from '../replica/input.ts';
import { Liveness } from '../transport/liveness.ts';
import { decodeClientFrames } from '../wire/client-codec.ts';
import type { ClientFrame, HelloFrame, RequestId, ServerFrame } from '../wire/client-frames.ts';
import { encodeServerFrames } from '../wire/server-codec.ts';
import type { ClientLimits } from './config.ts';
import { frameBatches } from './frame-batches.ts';
import { stages } from './stage-histograms.ts';

/** A frame that asks for something. */
export type RequestFrame = Exclude<ClientFrame, { readonly kind: 'hello' | 'ping' }>;

/** Whom a connection tells. */
export interface ConnectionHandler {
  /** The answer to a hello; throws a StoreError to refuse it. */
  onHello(hello: HelloFrame): ServerFrame;
  /** @param bytes about what the frame measured */
  onRequest(connection: ClientConnection, frame: RequestFrame, bytes: number): void;
  /** The reader of these watches is slow, or is no longer. */
  onSlow(watches: Iterable<WatchId>, slow: boolean): void;
  /** `error` is undefined if the client closed it. */
  onClose(connection: ClientConnection, error: StoreError | undefined): void;
}

/** How long a closing connection may take, in ms. */
const CLOSE_MS = 1_000;

/**
 * One client. It bounds what the client may cost: how long it takes to say hello, how large its
 * frames are, how much is in flight for it, and how much waits for it to read. Whatever is wrong
 * with a client closes its own connection and nothing else.
 */
export class ClientConnection {
  readonly remoteAddress: string;
  /** Requests that wait for their answer, watches apart. */
  inFlight = 0;
  /** The request of each open watch. */
  readonly watches: Map<RequestId, WatchId> = new Map();
  readonly #socket: WebSocket;
  readonly #handler: ConnectionHandler;
  readonly #limits: ClientLimits;
  readonly #helloTimer: NodeJS.Timeout;
  readonly #liveness: Liveness;
  #outbox: ServerFrame[] = [];
  #greeted = false;
  #slow = false;
  #closed = false;

  constructor(socket: WebSocket, remoteAddress: string, handler: ConnectionHandler, limits: ClientLimits) {
    this.remoteAddress = remoteAddress;
    this.#socket = socket;
    this.#handler = handler;
    this.#limits = limits;
    this.#helloTimer = setTimeout(() => this.close('TIMEOUT', 'no hello in time'), limits.helloMs);
    this.#liveness = new Liveness(limits.clientPingMs, Math.floor(limits.idleMs / limits.clientPingMs), {
      onInterval: () => socket.ping(),
      onSilence: () => this.close('TIMEOUT', `nothing was heard for ${limits.idleMs} ms`),
    });
    socket.on('message', (data: Buffer) => this.#onMessage(data));
    socket.on('pong', () => this.#liveness.seen());
    socket.on('ping', () => this.#liveness.seen());
    socket.on('error', (error) => this.#end(socketError(error)));
    socket.on('close', () => this.#end(undefined));
  }

  /** Its hello was accepted. */
  get greeted(): boolean {
    return this.#greeted;
  }

  get slow(): boolean {
    return this.#slow;
  }

  /** Leaves with the next `flush`. */
  push(frame: ServerFrame): void {
    if (!this.#closed) this.#outbox.push(frame);
  }

  /** Sends what was pushed, in as few WebSocket messages as the limits of one allow. */
  flush(): void {
    if (this.#closed || this.#outbox.length === 0) return;
    const frames = this.#outbox;
    this.#outbox = [];
    for (const batch of frameBatches(frames, this.#limits)) {
      if (this.#socket.bufferedAmount > this.#limits.bufferedBytesMax) {
        return this.close('TOO_BUSY', `more than ${this.#limits.bufferedBytesMax} bytes wait to be read`);
      }
      this.#socket.send(encodeServerFrames(batch), () => this.#onSent());
    }
    if (this.#socket.bufferedAmount > this.#limits.bufferedBytesLow) this.#setSlow(true);
  }

  /** Says why, then closes. */
  close(code: ErrorCode, message: string): void {
    if (this.#closed) return;
    const goodbye: ServerFrame = { kind: 'goodbye', code, message };
    this.#socket.send(encodeServerFrames([...this.#outbox, goodbye]));
    this.#outbox = [];
    if (this.#slow) this.#socket.resume();
    this.#socket.close();
    setTimeout(() => this.#socket.terminate(), CLOSE_MS).unref();
    this.#end(new StoreError(code, message));
  }

  #onMessage(data: Buffer): void {
    if (this.#closed) return;
    this.#liveness.seen();
    const sinceMs = stages.nowMs();
    try {
      if (data.length > this.#limits.clientFrameBytesMax) {
        const message = `a message of ${data.length} bytes; at most ${this.#limits.clientFrameBytesMax} are taken`;
        throw new StoreError('FRAME_TOO_LARGE', message);
      }
      const frames = decodeClientFrames(data);
      for (const frame of frames) this.#onFrame(frame, data.length / frames.length);
      stages.ended('decode', sinceMs);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      this.close(error.code, error.message);
    }
    this.flush();
  }

  #onFrame(frame: ClientFrame, bytes: number): void {
    if (this.#closed) return;
    if (!this.#greeted && frame.kind !== 'hello') {
      throw new StoreError('PROTOCOL_VIOLATION', 'the first frame must be hello');
    }
    switch (frame.kind) {
      case 'hello':
        if (this.#greeted) throw new StoreError('PROTOCOL_VIOLATION', 'a second hello');
        this.push(this.#handler.onHello(frame));
        this.#greeted = true;
        return clearTimeout(this.#helloTimer);
      case 'ping':
        return this.push({ kind: 'pong' });
      case 'command':
      case 'query':
      case 'watch':
      case 'unwatch':
      case 'status-request':
      case 'member-list':
      case 'member-change':
      case 'join':
      case 'leader-transfer':
        return this.#handler.onRequest(this, frame, bytes);
      default:
        return unreachable(frame);
    }
  }

  /** Bytes left for the client, so it reads: a sign of life, even while nothing is read from it. */
  #onSent(): void {
    this.#liveness.seen();
    if (this.#slow && this.#socket.bufferedAmount <= this.#limits.bufferedBytesLow / 2) this.#setSlow(false);
  }

  #setSlow(slow: boolean): void {
    if (this.#closed || slow === this.#slow) return;
    this.#slow = slow;
    if (slow) this.#socket.pause();
    else this.#socket.resume();
    this.#handler.onSlow(this.watches.values(), slow);
  }

  #end(error: StoreError | undefined): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#helloTimer);
    this.#liveness.stop();
    this.#handler.onClose(this, error);
  }
}

function socketError(error: Error & { readonly code?: string }): StoreError {
  if (error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') {
    return new StoreError('FRAME_TOO_LARGE', 'a message of more than twice the limit', { cause: error });
  }
  return new StoreError('PROTOCOL_VIOLATION', error.message, { cause: error });
}
