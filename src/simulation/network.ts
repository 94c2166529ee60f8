import type { NodeId } from '../base/flavor.ts';
import type { Random } from '../base/random.ts';
import type { Message } from '../raft/message.ts';
import type { EventQueue } from './event-queue.ts';
import type { Marks } from './marks.ts';
import type { NetworkSwarm } from './swarm.ts';

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
    const { dropChance, duplicateChance } = this.#settings;
    if (dropChance > 0 && this.#random.chance(dropChance)) {
      this.#marks.count('message dropped');
      return;
    }
    this.#schedule(message);
    if (duplicateChance > 0 && this.#random.chance(duplicateChance)) {
      this.#marks.count('message doubled');
      this.#schedule(message);
    }
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
    this.#settings = { ...this.#settings, dropChance: 0, duplicateChance: 0, tailChance: 0 };
  }

  #schedule(message: Message): void {
    const { latencyMinUs, latencyMaxUs, tailChance, tailMaxUs, inOrder } = this.#settings;
    let delayUs = this.#random.integer(latencyMinUs, latencyMaxUs);
    if (tailChance > 0 && this.#random.chance(tailChance)) {
      this.#marks.count('message delayed');
      delayUs += this.#random.integer(0, tailMaxUs);
    }
    if (inOrder) delayUs = this.#afterLast(message, delayUs);
    this.#events.after(delayUs, () => this.#deliver(message));
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
