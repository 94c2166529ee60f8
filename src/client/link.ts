import { WebSocket } from 'ws';
import { BufferPool, type Room } from '../base/buffer-pool.ts';
import { StoreError } from '../base/errors.ts';
import type { ErrorCode } from '../base/errors.ts';
import type { NodeId } from '../base/flavor.ts';
import type { ClientFrame, ServerFrame, WelcomeFrame } from '../wire/client-frames.ts';
import { encodeClientFrames } from '../wire/client-codec.ts';
import { decodeServerFrames } from '../wire/server-codec.ts';
import type { ClientSettings } from './options.ts';

/** So many frames leave at once: the node works on them while this end makes the next. */
const BATCH_FRAMES = 64;
/** A message is closed above this many bytes, unless one frame alone is larger. */
const BATCH_BYTES = 512 * 1_024;
/** A frame above this many bytes is refused here: a node would close the connection for it. */
const FRAME_BYTES_MAX = 8 * 1_024 * 1_024;
/** No more is handed to the socket while it holds this many bytes. */
const BUFFERED_BYTES_MAX = 8 * 1_024 * 1_024;
const POOL_BYTES_MAX = 8 * 1_024 * 1_024;
/** How long a closing handshake may take, in ms. */
const CLOSE_MS = 200;

/** Whom a link tells. Nothing is told after `onDown`, which comes at most once, and never after `close`. */
export interface LinkHandler {
  onWelcome(link: Link, welcome: WelcomeFrame): void;
  onFrames(link: Link, frames: readonly ServerFrame[]): void;
  /** The socket can take more again. */
  onDrain(link: Link): void;
  /** This frame cannot be sent on any link. */
  onRefused(link: Link, frame: ClientFrame, error: StoreError): void;
  onDown(link: Link, error: StoreError): void;
}

/**
 * One WebSocket to one node: says hello, sends the frames of one turn of the event loop in few
 * messages, and gives the connection up when the node was silent for too long.
 */
export class Link {
  readonly endpoint: string;
  /** Of the node, once it has said welcome. */
  nodeId: NodeId | undefined;
  readonly #settings: ClientSettings;
  readonly #handler: LinkHandler;
  readonly #socket: WebSocket;
  /** For what is sent. */
  readonly #pool: BufferPool = new BufferPool(POOL_BYTES_MAX);
  #outbox: ClientFrame[] = [];
  #isFlushDue = false;
  #full = false;
  #frameBytes = 256;
  #state: 'greeting' | 'open' | 'down' = 'greeting';
  #heardMs: number = performance.now();
  #timer: NodeJS.Timeout | undefined;
  /** What the node or the socket said before it went. */
  #reason: StoreError | undefined;

  constructor(endpoint: string, settings: ClientSettings, handler: LinkHandler) {
    this.endpoint = endpoint;
    this.#settings = settings;
    this.#handler = handler;
    this.#socket = new WebSocket(`ws://${endpoint}/client`, {
      perMessageDeflate: false,
      handshakeTimeout: settings.handshakeTimeoutMs,
      maxPayload: settings.payloadBytesMax,
      skipUTF8Validation: true,
      followRedirects: false,
      // A mask of zeros: masking protects proxies from the scripts of web pages, and this is none of those.
      generateMask: () => undefined,
    });
    this.#socket.binaryType = 'nodebuffer';
    this.#socket.on('open', () => this.#onOpen());
    this.#socket.on('message', (data, isBinary) => this.#onMessage(data, isBinary));
    this.#socket.on('error', (error) => this.#onError(error));
    this.#socket.on('close', (code) => this.#onClose(code));
  }

  /** Whether more may be sent; otherwise `onDrain` will tell. */
  get writable(): boolean {
    return this.#state === 'open' && !this.#full;
  }

  /** Queues a frame; it leaves with those that follow in this turn of the event loop. */
  send(frame: ClientFrame): void {
    if (this.#state === 'down') return;
    this.#outbox.push(frame);
    if (this.#outbox.length >= BATCH_FRAMES) return this.#flush();
    if (this.#isFlushDue) return;
    this.#isFlushDue = true;
    setImmediate(() => {
      this.#isFlushDue = false;
      this.#flush();
    });
  }

  /** Ends the connection; the handler hears no more. Settles when the socket is gone. */
  close(): Promise<void> {
    this.#flush();
    this.#state = 'down';
    clearInterval(this.#timer);
    const socket = this.#socket;
    if (socket.readyState === WebSocket.CLOSED) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(() => socket.terminate(), CLOSE_MS);
      socket.once('close', () => {
        clearTimeout(timer);
        resolve();
      });
      if (socket.readyState === WebSocket.CONNECTING) socket.terminate();
      else socket.close(1000);
    });
  }

  #onOpen(): void {
    if (this.#state === 'down') return;
    const { clusterId, name, pingIntervalMs } = this.#settings;
    this.#heardMs = performance.now();
    this.#timer = setInterval(() => this.#beat(), pingIntervalMs);
    this.#timer.unref();
    this.#socket.send(encodeClientFrames([{ kind: 'hello', clusterId, client: name }]));
  }

  /** Pings, and gives up a silent node; looks twice, lest a stall of this process be taken for one of the node. */
  #beat(): void {
    if (this.#isSilent()) {
      setImmediate(() => {
        if (this.#isSilent())
          this.#down('UNREACHABLE', `no sign of life for ${this.#settings.silenceMaxMs} ms`);
      });
    } else if (this.#state === 'open') {
      this.send({ kind: 'ping' });
    }
  }

  #isSilent(): boolean {
    return this.#state !== 'down' && performance.now() - this.#heardMs >= this.#settings.silenceMaxMs;
  }

  #flush(): void {
    const frames = this.#outbox;
    if (frames.length === 0 || this.#socket.readyState !== WebSocket.OPEN) return;
    this.#outbox = [];
    const batch = Math.max(1, Math.floor(BATCH_BYTES / this.#frameBytes));
    for (let from = 0; from < frames.length; from += batch) {
      this.#write(frames.length <= batch ? frames : frames.slice(from, from + batch));
    }
  }

  #write(frames: readonly ClientFrame[]): void {
    const encoded = encode(frames, this.#pool.take);
    if (encoded instanceof StoreError) {
      const only = frames.length === 1 ? frames[0] : undefined;
      if (only !== undefined) {
        this.#handler.onRefused(this, only, encoded);
        return;
      }
      const half = frames.length >>> 1;
      this.#write(frames.slice(0, half));
      this.#write(frames.slice(half));
      return;
    }
    this.#frameBytes = Math.max(64, (this.#frameBytes + encoded.length / frames.length) / 2);
    this.#socket.send(encoded, () => this.#onSent(encoded));
    if (this.#socket.bufferedAmount > BUFFERED_BYTES_MAX) this.#full = true;
  }

  #onSent({ buffer }: Uint8Array<ArrayBuffer>): void {
    this.#pool.give(buffer);
    if (!this.#full || this.#socket.bufferedAmount > BUFFERED_BYTES_MAX / 2) return;
    this.#full = false;
    if (this.#state === 'open') this.#handler.onDrain(this);
  }

  #onMessage(data: unknown, isBinary: boolean): void {
    if (this.#state === 'down') return;
    this.#heardMs = performance.now();
    if (!isBinary || !(data instanceof Uint8Array)) {
      this.#down('PROTOCOL_VIOLATION', 'a text message instead of frames');
      return;
    }
    let frames: readonly ServerFrame[];
    try {
      frames = decodeServerFrames(data);
    } catch (error) {
      this.#reason = error instanceof StoreError ? error : undefined;
      this.#down('PROTOCOL_VIOLATION', `what came is not a message of a node: ${String(error)}`);
      return;
    }
    this.#onFrames(frames);
  }

  #onFrames(frames: readonly ServerFrame[]): void {
    const first = frames[0];
    const last = frames.at(-1);
    if (last?.kind === 'goodbye') this.#reason = new StoreError(last.code, last.message);
    if (this.#state === 'open') {
      this.#handler.onFrames(this, frames);
    } else if (first?.kind === 'welcome') {
      const open = this.#welcome(first);
      if (frames.length > 1 && open) this.#handler.onFrames(this, frames.slice(1));
    } else if (first?.kind !== 'goodbye') {
      this.#down('PROTOCOL_VIOLATION', 'the node did not begin with a welcome');
    }
  }

  /** Whether this is a node to talk to. */
  #welcome(welcome: WelcomeFrame): boolean {
    const { clusterId } = this.#settings;
    if (clusterId !== undefined && clusterId !== welcome.clusterId) {
      this.#down('CLUSTER_MISMATCH', `the node is of cluster ${welcome.clusterId}, not ${clusterId}`);
      return false;
    }
    this.#state = 'open';
    this.nodeId = welcome.nodeId;
    this.#handler.onWelcome(this, welcome);
    return true;
  }

  #onError(error: Error): void {
    this.#reason ??= new StoreError('UNREACHABLE', describe(error), { cause: error });
  }

  #onClose(code: number): void {
    this.#down('UNREACHABLE', `the connection was closed (${code})`);
  }

  #down(code: ErrorCode, message: string): void {
    if (this.#state === 'down') return;
    this.#state = 'down';
    clearInterval(this.#timer);
    this.#socket.terminate();
    this.#handler.onDown(this, this.#reason ?? new StoreError(code, message));
  }
}

/** One message, or why these frames cannot be one. */
function encode(frames: readonly ClientFrame[], room: Room): Uint8Array<ArrayBuffer> | StoreError {
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = encodeClientFrames(frames, room);
  } catch (error) {
    return new StoreError('BAD_REQUEST', `the request is not a plain value: ${String(error)}`, {
      cause: error,
    });
  }
  const bytesMax = frames.length === 1 ? FRAME_BYTES_MAX : BATCH_BYTES * 2;
  if (bytes.length <= bytesMax) return bytes;
  return new StoreError(
    'FRAME_TOO_LARGE',
    `a request of ${bytes.length} bytes; at most ${bytesMax} can be sent`,
  );
}

function describe(error: Error): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ECONNREFUSED') return 'connection refused';
  return error.message === '' ? (code ?? error.name) : error.message;
}
