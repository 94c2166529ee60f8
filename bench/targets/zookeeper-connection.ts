/**
 * One session with one ZooKeeper server, for the bench: what there is on npm either builds C or knows no
 * `sync`. The requests of one turn of the event loop leave in one write, as those of Kvorum's client do.
 * The numbers and layouts are those of zookeeper.jute and ZooDefs.java.
 */
import { connect, type Socket } from 'node:net';
import { once } from 'node:events';

const SESSION_MS = 30_000;
const PING_MS = SESSION_MS / 3;
const PING_XID = -2;
const ANY_VERSION = -1;
const PERMISSIONS_ALL = 31;
const OPERATIONS = { create: 1, getData: 4, setData: 5, sync: 9, ping: 11 } as const;
const ERRORS: ReadonlyMap<number, string> = new Map([
  [-101, 'NO_NODE'],
  [-110, 'NODE_EXISTS'],
]);

/** A server said no, or is gone. */
export class ZookeeperError extends Error {
  /** `GONE`, one of those known here, or the number. */
  readonly code: string;

  constructor(code: string) {
    super(`ZooKeeper: ${code}`);
    this.name = 'ZookeeperError';
    this.code = code;
  }
}

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: ZookeeperError) => void;
}

/** Answers come in the order of the requests. */
export class ZookeeperConnection {
  readonly #socket: Socket;
  readonly #ping: NodeJS.Timeout;
  /** The first one waits for the session; those of pings are not here. */
  readonly #waiting: Waiting[] = [];
  #outbox: Buffer[] = [];
  #received: Buffer = Buffer.alloc(0);
  #next = 1;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#socket.setNoDelay();
    this.#socket.on('data', (bytes) => this.#onData(bytes));
    this.#socket.on('error', () => undefined); // followed by its end
    this.#socket.on('close', () => this.#onClose());
    this.#ping = setInterval(() => this.#queue(request(PING_XID, OPERATIONS.ping)), PING_MS);
  }

  /** @param endpoint `host:port` */
  static async open(endpoint: string): Promise<ZookeeperConnection> {
    const [host = '', port] = endpoint.split(':');
    const socket = connect(Number(port), host);
    await once(socket, 'connect');
    const connection = new ZookeeperConnection(socket);
    // Protocol version, last zxid seen, timeout, session, password.
    const hello = [
      integer(0),
      Buffer.alloc(8),
      integer(SESSION_MS),
      Buffer.alloc(8),
      buffer(Buffer.alloc(16)),
    ];
    await connection.#ask(framed(hello));
    return connection;
  }

  get isOpen(): boolean {
    return !this.#socket.destroyed;
  }

  create(path: string, data: Uint8Array): Promise<void> {
    const rights = [integer(1), integer(PERMISSIONS_ALL), text('world'), text('anyone')];
    return this.#call(OPERATIONS.create, text(path), buffer(data), ...rights, integer(0));
  }

  setData(path: string, data: Uint8Array): Promise<void> {
    return this.#call(OPERATIONS.setData, text(path), buffer(data), integer(ANY_VERSION));
  }

  /** The server catches up with the leader, then reads: without the first step it may be behind. */
  async syncAndGetData(path: string): Promise<void> {
    const synced = this.#call(OPERATIONS.sync, text(path));
    await Promise.all([synced, this.#call(OPERATIONS.getData, text(path), Buffer.of(0))]);
  }

  close(): void {
    this.#socket.destroy();
  }

  #call(operation: number, ...fields: readonly Buffer[]): Promise<void> {
    return this.#ask(request(this.#next++, operation, ...fields));
  }

  #ask(bytes: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      if (!this.isOpen) return reject(new ZookeeperError('GONE'));
      this.#waiting.push({ resolve, reject });
      this.#queue(bytes);
    });
  }

  #queue(bytes: Buffer): void {
    if (this.#outbox.push(bytes) > 1) return;
    setImmediate(() => {
      if (this.isOpen) this.#socket.write(Buffer.concat(this.#outbox));
      this.#outbox = [];
    });
  }

  #onData(bytes: Buffer): void {
    const received = this.#received.length === 0 ? bytes : Buffer.concat([this.#received, bytes]);
    let at = 0;
    while (received.length >= at + 4) {
      const end = at + 4 + received.readInt32BE(at);
      if (received.length < end) break;
      this.#onAnswer(received.subarray(at + 4, end));
      at = end;
    }
    this.#received = received.subarray(at);
  }

  /** Of the session's opening: version, timeout, session, password. Of a request: xid, zxid, error. */
  #onAnswer(answer: Buffer): void {
    const xid = answer.readInt32BE(0);
    if (xid === PING_XID) return;
    const error = xid === 0 ? 0 : answer.readInt32BE(12);
    const waiting = this.#waiting.shift();
    if (error === 0) waiting?.resolve();
    else waiting?.reject(new ZookeeperError(ERRORS.get(error) ?? String(error)));
  }

  #onClose(): void {
    clearInterval(this.#ping);
    for (const { reject } of this.#waiting.splice(0)) reject(new ZookeeperError('GONE'));
  }
}

function request(xid: number, operation: number, ...fields: readonly Buffer[]): Buffer {
  return framed([integer(xid), integer(operation), ...fields]);
}

function framed(fields: readonly Buffer[]): Buffer {
  const body = Buffer.concat(fields);
  return Buffer.concat([integer(body.length), body]);
}

function integer(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function buffer(bytes: Uint8Array): Buffer {
  return Buffer.concat([integer(bytes.length), bytes]);
}

function text(value: string): Buffer {
  return buffer(Buffer.from(value));
}
