import type { WebSocket } from 'ws';
import { StoreError } from '../base/errors.ts';
import type { NodeId } from '../base/flavor.ts';
import type { Message } from '../raft/message.ts';
import { decodePeerFrames, encodePeerFrames } from '../wire/peer-codec.ts';
import type { PeerFrame, PeerHelloFrame } from '../wire/peer-frames.ts';
import { Liveness } from './liveness.ts';
import type { PeerLimits } from './peer-handshake.ts';

/** Whom an incoming link tells. */
export interface IncomingHandler {
  /** Answers a hello: the frame to say, and whether the peer may go on. */
  onHello(
    link: IncomingLink,
    hello: PeerHelloFrame,
  ): { readonly answer: PeerFrame | undefined; readonly accepted: boolean };
  onMessages(messages: readonly Message[]): void;
  onViolation(link: IncomingLink, error: StoreError): void;
  onClose(link: IncomingLink): void;
}

/** A connection that another node dialled: after the handshake, it sends and this end listens. */
export class IncomingLink {
  readonly remoteAddress: string;
  readonly #self: NodeId;
  readonly #socket: WebSocket;
  readonly #handler: IncomingHandler;
  readonly #timer: NodeJS.Timeout;
  readonly #liveness: Liveness;
  #hello: PeerHelloFrame | undefined;
  #closed = false;

  constructor(
    self: NodeId,
    socket: WebSocket,
    remoteAddress: string,
    handler: IncomingHandler,
    limits: PeerLimits,
  ) {
    this.remoteAddress = remoteAddress;
    this.#self = self;
    this.#socket = socket;
    this.#handler = handler;
    this.#timer = setTimeout(() => this.terminate(), limits.handshakeMs);
    this.#liveness = new Liveness(limits.pingMs, limits.missedPingsMax, {
      onInterval: () => undefined,
      onSilence: () => this.terminate(),
    });
    socket.on('message', (data: Buffer) => this.#onMessage(data));
    socket.on('ping', () => this.#liveness.seen());
    socket.on('error', () => this.terminate());
    socket.on('close', () => this.#onClose());
  }

  /** Undefined until its hello is accepted. */
  get peer(): NodeId | undefined {
    return this.#hello?.nodeId;
  }

  /** What the peer said of itself; undefined until that is accepted. */
  get hello(): PeerHelloFrame | undefined {
    return this.#hello;
  }

  /** Says why, then closes; cuts the connection if the other end does not close in time. */
  close(code: StoreError['code'], message: string): void {
    if (this.#closed) return;
    this.#socket.send(encodePeerFrames([{ kind: 'peer-goodbye', code, message }]));
    this.#socket.close();
    setTimeout(() => this.#socket.terminate(), 1000).unref();
    this.#onClose();
  }

  terminate(): void {
    this.#socket.terminate();
    this.#onClose();
  }

  #onMessage(data: Buffer): void {
    if (this.#closed) return;
    this.#liveness.seen();
    try {
      for (const frame of decodePeerFrames(data)) this.#onFrame(frame);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      this.#handler.onViolation(this, error);
      this.close(error.code, error.message);
    }
  }

  #onFrame(frame: PeerFrame): void {
    if (this.#closed) return;
    if (frame.kind === 'peer-goodbye') return this.terminate();
    if (frame.kind === 'peer-hello') {
      if (this.#hello !== undefined) throw new StoreError('PROTOCOL_VIOLATION', 'a second peer-hello');
      return this.#onHello(frame);
    }
    const { peer } = this;
    if (peer === undefined) throw new StoreError('PROTOCOL_VIOLATION', 'the first frame must be peer-hello');
    for (const { from, to } of frame.messages) {
      if (from !== peer || to !== this.#self) {
        throw new StoreError('NODE_MISMATCH', `node ${peer} sent a message from ${from} to ${to}`);
      }
    }
    this.#handler.onMessages(frame.messages);
  }

  #onHello(hello: PeerHelloFrame): void {
    const { answer, accepted } = this.#handler.onHello(this, hello);
    if (answer === undefined) return this.terminate();
    if (!accepted) {
      if (answer.kind === 'peer-goodbye') this.close(answer.code, answer.message);
      return;
    }
    clearTimeout(this.#timer);
    this.#hello = hello;
    this.#socket.send(encodePeerFrames([answer]));
  }

  #onClose(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#liveness.stop();
    this.#handler.onClose(this);
  }
}
