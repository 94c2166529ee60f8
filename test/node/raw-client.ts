/** A client that says exactly what a test tells it to, over a real socket. */
import { WebSocket } from 'ws';
import type { ClientFrame, ServerFrame } from '../../src/wire/client-frames.ts';
import { encodeClientFrames } from '../../src/wire/client-codec.ts';
import { decodeServerFrames } from '../../src/wire/server-codec.ts';

const DEADLINE_MS = 10_000;

/** Waits until `probe` gives something. */
export async function until<T>(
  what: string,
  probe: () => T | undefined | Promise<T | undefined>,
): Promise<T> {
  const deadlineMs = performance.now() + DEADLINE_MS;
  for (;;) {
    const found = await probe();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > deadlineMs) throw new Error(`not within ${DEADLINE_MS} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

export class RawClient {
  readonly frames: ServerFrame[] = [];
  readonly socket: WebSocket;
  closed: { readonly code: number } | undefined;
  #request = 0;

  constructor(address: string, path = '/client') {
    this.socket = new WebSocket(`ws://${address}${path}`, { perMessageDeflate: false });
    this.socket.on('message', (data: Buffer) => this.frames.push(...decodeServerFrames(data)));
    this.socket.on('close', (code) => (this.closed = { code }));
    this.socket.on('error', () => undefined);
  }

  static async open(address: string): Promise<RawClient> {
    const client = new RawClient(address);
    await client.opened();
    client.send({ kind: 'hello', clusterId: undefined, client: 'raw' });
    await client.next('welcome');
    return client;
  }

  async opened(): Promise<void> {
    await until('the socket is open', () => this.socket.readyState !== WebSocket.CONNECTING || undefined);
  }

  send(...frames: readonly ClientFrame[]): void {
    this.socket.send(encodeClientFrames(frames));
  }

  sendBytes(bytes: Uint8Array): void {
    this.socket.send(bytes);
  }

  /** The next frame of this kind, removed from `frames`. */
  next<K extends ServerFrame['kind']>(kind: K): Promise<Extract<ServerFrame, { kind: K }>> {
    return until(`a ${kind} frame, after ${JSON.stringify(this.frames).slice(0, 500)}`, () => {
      const at = this.frames.findIndex((frame) => frame.kind === kind);
      return at < 0 ? undefined : (this.frames.splice(at, 1)[0] as Extract<ServerFrame, { kind: K }>);
    });
  }

  /** The answer to a command or query. */
  async ask(
    frame:
      | Omit<Extract<ClientFrame, { kind: 'command' }>, 'request'>
      | Omit<Extract<ClientFrame, { kind: 'query' }>, 'request'>,
  ): Promise<Extract<ServerFrame, { kind: 'result' | 'error' }>> {
    const request = ++this.#request;
    this.send({ ...frame, request });
    return until(`an answer to ${frame.kind} ${request}`, () => {
      const at = this.frames.findIndex(
        (answer) => (answer.kind === 'result' || answer.kind === 'error') && answer.request === request,
      );
      return at < 0
        ? undefined
        : (this.frames.splice(at, 1)[0] as Extract<ServerFrame, { kind: 'result' | 'error' }>);
    });
  }

  async end(): Promise<{ readonly code: number }> {
    return until('the connection is closed', () => this.closed);
  }

  close(): void {
    this.socket.terminate();
  }
}
