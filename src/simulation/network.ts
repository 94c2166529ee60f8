import type { NodeId } from '../base/flavor.ts';
import type { Random } from '../base/random.ts';
import { StoreError } from '../base/errors.ts';
import type { Message } from '../raft/message.ts';
import { msgpackCodec } from '../wire/msgpack-codec.ts';
import { decodePeerFrames, encodePeerFrames } from '../wire/peer-codec.ts';
import type { EventQueue } from './event-queue.ts';
import type { Marks } from './marks.ts';
import { withDamage } from './snapshot-damage.ts';
import type { NetworkSwarm } from './swarm.ts';

const LARGE: ReadonlySet<Message['kind']> = new Set(['snapshot-request', 'snapshot-response']);

/** Links between nodes: they lose, double, delay and reorder messages, and can be cut one way or both. */
export class SimulatedNetwork {
  #settings: NetworkSwarm;
  readonly #events: EventQueue;
  readonly #random: Random;
  readonly #marks: Marks;
  readonly #deliver: (message: Message) => void;
  /** How many partitions cut each link now. */
  readonly #cut = new Map<number, number>();
  readonly #lastArrivalUs = new Map<number, number>();

  constructor(
    settings: NetworkSwarm,
    events: EventQueue,
    random: Random,
    marks: Marks,
    deliver: (message: Message) => void,
  ) {
    this.#settings = settings;
    this.#events = events;
    this.#random = random;
    this.#marks = marks;
    this.#deliver = deliver;
  }

  send(message: Message): void {
    const { from, to } = message;
    if (this.isCut(from, to)) {
      this.#marks.count('message cut off by a partition');
      return;
    }
    const { duplicateChance } = this.#settings;
    const dropChance = this.#dropChance(message);
    if (dropChance > 0 && this.#random.chance(dropChance)) {
      this.#marks.count('message dropped');
      return;
    }
    this.#schedule(this.#damaged(message));
    if (duplicateChance > 0 && this.#random.chance(duplicateChance)) {
      this.#marks.count('message doubled');
      this.#schedule(message);
    }
  }

  #dropChance(message: Message): number {
    const { dropChance, largeDropChance } = this.#settings;
    if (largeDropChance === 0) return dropChance;
    const isLarge = LARGE.has(message.kind) || ('entries' in message && message.entries.length > 0);
    return isLarge ? largeDropChance : dropChance;
  }

  isCut(from: NodeId, to: NodeId): boolean {
    return this.#cut.size > 0 && this.#cut.has(link(from, to));
  }

  get cuts(): number {
    return this.#cut.size;
  }

  /** Cuts one direction, until it is joined as often as it was cut. */
  cut(from: NodeId, to: NodeId): void {
    const key = link(from, to);
    this.#cut.set(key, (this.#cut.get(key) ?? 0) + 1);
  }

  join(from: NodeId, to: NodeId): void {
    const key = link(from, to);
    const left = (this.#cut.get(key) ?? 0) - 1;
    if (left > 0) this.#cut.set(key, left);
    else this.#cut.delete(key);
  }

  /** From here on no message is lost, doubled or late. */
  calm(): void {
    this.#cut.clear();
    this.#settings = {
      ...this.#settings,
      dropChance: 0,
      largeDropChance: 0,
      duplicateChance: 0,
      tailChance: 0,
      corruptChance: 0,
      damageChance: 0,
    };
  }

  /** Perhaps with one bit of a snapshot's records inverted: what no checksum on the way has found. */
  #damaged(message: Message): Message {
    const { damageChance } = this.#settings;
    if (message.kind !== 'snapshot-request' || damageChance === 0 || !this.#random.chance(damageChance)) {
      return message;
    }
    const data = withDamage(msgpackCodec, message.data, this.#random);
    if (data === undefined) return message;
    this.#marks.count('snapshot chunk damaged');
    return { ...message, data };
  }

  #schedule(message: Message): void {
    const { latencyMinUs, latencyMaxUs, tailChance, tailMaxUs, inOrder } = this.#settings;
    let delayUs = this.#random.integer(latencyMinUs, latencyMaxUs);
    if (tailChance > 0 && this.#random.chance(tailChance)) {
      this.#marks.count('message delayed');
      delayUs += this.#random.integer(0, tailMaxUs);
    }
    if (inOrder) delayUs = this.#afterLast(message, delayUs);
    if (!this.#settings.encodes) {
      this.#events.after(delayUs, () => this.#deliver(message));
      return;
    }
    const bytes = encodePeerFrames([{ kind: 'peer-messages', messages: [message] }]);
    const corrupts = this.#settings.corruptChance > 0 && this.#random.chance(this.#settings.corruptChance);
    const arriving = corrupts ? this.#corrupted(bytes) : bytes;
    this.#events.after(delayUs, () => this.#receive(arriving));
  }

  /** As a peer link does: what cannot be read is refused, and nothing of it is applied. */
  #receive(bytes: Uint8Array): void {
    let frames;
    try {
      frames = decodePeerFrames(bytes);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      this.#marks.count('corrupted message refused');
      return;
    }
    for (const frame of frames) {
      if (frame.kind !== 'peer-messages') continue;
      for (const message of frame.messages) this.#deliver(message);
    }
  }

  /** Some bits turned over, or the end cut off. */
  #corrupted(bytes: Uint8Array): Uint8Array {
    this.#marks.count('message corrupted');
    if (this.#random.chance(0.3)) return bytes.subarray(0, this.#random.integer(0, bytes.length - 1));
    const copy = bytes.slice();
    const first = this.#random.integer(0, 8 * copy.length - 1);
    // A burst of up to three bits is always seen by the checksum, and so is any single one.
    const end = first + this.#random.integer(1, 3);
    for (let bit = first; bit < end; bit++) {
      const at = bit >> 3;
      copy[at] = (copy[at] ?? 0) ^ (1 << (bit & 7));
    }
    return copy;
  }

  #afterLast({ from, to }: Message, delayUs: number): number {
    const { nowUs } = this.#events;
    const arrivalUs = Math.max(nowUs + delayUs, this.#lastArrivalUs.get(link(from, to)) ?? 0);
    this.#lastArrivalUs.set(link(from, to), arrivalUs);
    return arrivalUs - nowUs;
  }
}

function link(from: NodeId, to: NodeId): number {
  return from * 1024 + to;
}
