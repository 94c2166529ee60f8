import { WebSocket } from 'ws';
import { BufferPool } from '../base/buffer-pool.ts';
import { StoreError } from '../base/errors.ts';
import type { NodeId } from '../base/flavor.ts';
import type { Message } from '../raft/message.ts';
import type { MemberAddress } from '../wire/client-frames.ts';
import { decodePeerFrames, encodePeerFrames } from '../wire/peer-codec.ts';
import type { PeerFrame } from '../wire/peer-frames.ts';
import { Liveness } from './liveness.ts';
import { messageBatches } from './message-batches.ts';
import {
  HANDSHAKE_BYTES_MAX,
  type PeerEvents,
  type PeerHandshake,
  type PeerLimits,
} from './peer-handshake.ts';

const POOL_BYTES_MAX = 8 * 1024 * 1024;

/** One try to reach the peer, from dialling it to losing it. */
interface Attempt {
  readonly socket: WebSocket;
  readonly timer: NodeJS.Timeout;
  liveness: Liveness | undefined;
  up: boolean;
  reason: string;
}

/**
 * The connection on which this node sends to one other member. It dials again, for ever, with a
 * back-off; what is sent while it is down, or faster than the peer takes it, is dropped.
 */
export class OutgoingLink {
  readonly peer: NodeId;
  readonly address: string;
  readonly #handshake: PeerHandshake;
  readonly #events: PeerEvents;
  readonly #limits: PeerLimits;
  /** For what is sent. */
  readonly #pool: BufferPool = new BufferPool(POOL_BYTES_MAX);
  #attempt: Attempt | undefined;
  #redial: NodeJS.Timeout | undefined;
  #redialMs: number;
  #stopped = true;
  #refusal = '';

  constructor(member: MemberAddress, handshake: PeerHandshake, events: PeerEvents, limits: PeerLimits) {
    this.peer = member.id;
    this.address = member.address;
    this.#handshake = handshake;
    this.#events = events;
    this.#limits = limits;
    this.#redialMs = limits.redialMsMin;
  }

  get up(): boolean {
    return this.#attempt?.up ?? false;
  }

  start(): void {
    if (!this.#stopped) return;
    this.#stopped = false;
    this.#dial();
  }

  /** Cuts the connection at once and dials no more until `start`. */
  stop(reason: string): void {
    this.#stopped = true;
    clearTimeout(this.#redial);
    this.#giveUp(reason);
  }

  /** The peer is known to be there: no use in waiting any longer. */
  wake(): void {
    if (this.#stopped || this.#attempt !== undefined) return;
    clearTimeout(this.#redial);
    this.#redialMs = this.#limits.redialMsMin;
    this.#dial();
  }

  send(messages: readonly Message[]): void {
    const attempt = this.#attempt;
    if (attempt === undefined || !attempt.up) return;
    for (const batch of messageBatches(messages, this.#limits.peerBatchBytesMax)) {
      if (attempt.socket.bufferedAmount > this.#limits.peerBufferedBytesMax) return;
      const bytes = encodePeerFrames([{ kind: 'peer-messages', messages: batch }], this.#pool.take);
      attempt.socket.send(bytes, () => this.#pool.give(bytes.buffer));
    }
  }

  #dial(): void {
    // Who dials is said in its hello; here it is for what stands between, such as a fault proxy.
    const { nodeId } = this.#handshake.helloTo(this.peer);
    const socket = new WebSocket(`ws://${this.address}/peer?from=${nodeId}`, {
      perMessageDeflate: false,
      maxPayload: HANDSHAKE_BYTES_MAX,
      handshakeTimeout: this.#limits.handshakeMs,
      followRedirects: false,
      // A mask of zeros: masking protects proxies from browsers, which no peer is.
      generateMask: () => undefined,
    });
    const timer = setTimeout(() => this.#giveUp('the handshake took too long'), this.#limits.handshakeMs);
    const attempt: Attempt = {
      socket,
      timer,
      liveness: undefined,
      up: false,
      reason: 'the connection was closed',
    };
    this.#attempt = attempt;
    socket.on('open', () => send(socket, this.#handshake.helloTo(this.peer)));
    socket.on('message', (data: Buffer) => this.#onMessage(attempt, data));
    socket.on('pong', () => attempt.liveness?.seen());
    socket.on('error', (error) => (attempt.reason = error.message || 'the connection failed'));
    socket.on('close', () => this.#onClose(attempt));
  }

  #onMessage(attempt: Attempt, data: Buffer): void {
    if (attempt !== this.#attempt) return;
    attempt.liveness?.seen();
    try {
      for (const frame of decodePeerFrames(data)) this.#onFrame(attempt, frame);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      this.#refused(error.code, error.message);
      this.#giveUp(error.message);
    }
  }

  #onFrame(attempt: Attempt, frame: PeerFrame): void {
    switch (frame.kind) {
      case 'peer-hello':
        return attempt.up ? undefined : this.#onHello(attempt, frame);
      case 'peer-goodbye':
        attempt.reason = frame.message;
        if (frame.code === 'AMNESIA') this.#events.onAmnesia(frame.message);
        else if (frame.code === 'MEMBER_REMOVED') this.#events.onRemoved(frame.message);
        else if (frame.code !== 'SHUTTING_DOWN') this.#refused(frame.code, frame.message);
        return this.#giveUp(frame.message);
      default:
        throw new StoreError('PROTOCOL_VIOLATION', `a ${frame.kind} frame came on a link that only sends`);
    }
  }

  #onHello(attempt: Attempt, hello: Extract<PeerFrame, { kind: 'peer-hello' }>): void {
    const verdict = this.#handshake.judgeAnswer(this.peer, hello);
    switch (verdict.kind) {
      case 'accept':
        clearTimeout(attempt.timer);
        attempt.up = true;
        attempt.liveness = new Liveness(this.#limits.pingMs, this.#limits.missedPingsMax, {
          onInterval: () => attempt.socket.ping(),
          onSilence: () => this.#giveUp('the peer was silent for too long'),
        });
        this.#redialMs = this.#limits.redialMsMin;
        this.#refusal = '';
        return this.#events.onUp(this.peer);
      case 'refuse':
        send(attempt.socket, { kind: 'peer-goodbye', code: verdict.code, message: verdict.message });
        this.#refused(verdict.code, verdict.message);
        attempt.reason = verdict.message;
        return attempt.socket.close();
      default:
        this.#events.onAmnesia(verdict.message);
        return this.#giveUp(verdict.message);
    }
  }

  #refused(code: StoreError['code'], message: string): void {
    if (this.#refusal === message) return;
    this.#refusal = message;
    this.#events.onRefused(this.peer, code, message);
  }

  #giveUp(reason: string): void {
    const attempt = this.#attempt;
    if (attempt === undefined) return;
    attempt.reason = reason;
    attempt.socket.terminate();
    this.#onClose(attempt);
  }

  #onClose(attempt: Attempt): void {
    clearTimeout(attempt.timer);
    attempt.liveness?.stop();
    if (attempt !== this.#attempt) return;
    this.#attempt = undefined;
    if (!this.#stopped) this.#redialLater();
    if (attempt.up) this.#events.onDown(this.peer, attempt.reason);
  }

  /** Waits half of the back-off at least, so that nodes that lost each other do not dial in step. */
  #redialLater(): void {
    const delayMs = this.#redialMs * (0.5 + Math.random() / 2);
    this.#redialMs = Math.min(this.#redialMs * 2, this.#limits.redialMsMax);
    this.#redial = setTimeout(() => this.#dial(), delayMs);
  }
}

function send(socket: WebSocket, frame: PeerFrame): void {
  socket.send(encodePeerFrames([frame]));
}
