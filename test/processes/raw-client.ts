import { once } from 'node:events';
import { WebSocket } from 'ws';
import { decodeServerFrames } from '../../src/wire/server-codec.ts';
import { encodeClientFrames } from '../../src/wire/client-codec.ts';
import type { ClientFrame, RequestId, ServerFrame } from '../../src/wire/client-frames.ts';

/**
 * One connection to one node, which it does not leave: unlike the real client it follows no leader
 * and sends nothing twice. So it shows what that very node answers.
 */
export class RawClient {
  readonly #socket: WebSocket;
  readonly #frames: ServerFrame[] = [];

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data: Buffer) => this.#frames.push(...decodeServerFrames(data)));
    socket.on('error', () => undefined); // a connection that is gone shows by the answers that are not there
  }

  static async connect(address: string): Promise<RawClient> {
    const socket = new WebSocket(`ws://${address}/client`, { perMessageDeflate: false });
    const client = new RawClient(socket);
    await once(socket, 'open');
    client.send({ kind: 'hello', clusterId: undefined, client: 'raw' });
    return client;
  }

  send(frame: ClientFrame): void {
    this.#socket.send(encodeClientFrames([frame]));
  }

  /** The answer to a request, if there is one by now. */
  answerTo(request: RequestId): ServerFrame | undefined {
    return this.#frames.find((frame) => 'request' in frame && frame.request === request);
  }

  close(): void {
    this.#socket.terminate();
  }
}
