/** Does to a cluster what an action says, and undoes it when its time is over. */
import type { NodeId } from '../base/flavor.ts';
import type { SeededRandom } from '../base/seeded-random.ts';
import type { FaultAction, Target } from './actions.ts';
import type { SimulatedClient } from './client.ts';
import type { EventQueue } from './event-queue.ts';
import type { Marks } from './marks.ts';
import type { SimulatedNetwork } from './network.ts';
import type { SimulatedNode } from './node.ts';
import { type Link, linksBetween, linksOf } from './links.ts';
import type { Watcher } from './watcher.ts';

export interface NemesisSurroundings {
  readonly events: EventQueue;
  readonly marks: Marks;
  readonly network: SimulatedNetwork;
  readonly nodes: readonly SimulatedNode[];
  readonly clients: readonly SimulatedClient[];
  readonly watchers: readonly Watcher[];
  readonly leader: SimulatedNode | undefined;
  readonly calmed: boolean;
  drift(node: SimulatedNode, rate: number): void;
}

export class Nemesis {
  readonly #around: NemesisSurroundings;
  readonly #random: SeededRandom;
  readonly #stateless = new Set<NodeId>();

  constructor(around: NemesisSurroundings, random: SeededRandom) {
    this.#around = around;
    this.#random = random;
  }

  perform(action: FaultAction): void {
    switch (action.kind) {
      case 'crash':
        return this.#crash(this.#aim(action.target), action.downMs, { losesState: false });
      case 'lose-state':
        return this.#crash(this.#aim(action.target), action.downMs, { losesState: true });
      case 'power-cut':
        return this.#cutPower(action.downMs);
      case 'pause':
      case 'stall': {
        const bunched = action.kind === 'stall';
        const resume = (node: SimulatedNode): void => node.resume({ bunched });
        return this.#during(action.lastsMs, this.#aim(action.target), (node) => node.pause(), resume);
      }
      case 'slow-disk': {
        const slow = (node: SimulatedNode): void => node.slowDisk(action.times);
        return this.#during(action.lastsMs, this.#aim(action.target), slow, (node) => node.slowDisk(1));
      }
      case 'drift': {
        const { drift } = this.#around;
        const begin = (node: SimulatedNode): void => drift(node, action.rate);
        return this.#during(action.lastsMs, this.#aim(action.target), begin, (node) => drift(node, 1));
      }
      case 'clock-jump':
        this.#aim(action.target).clock.jumpWall(action.byMs);
        return;
      case 'client-crash':
        this.#around.clients[action.client % this.#around.clients.length]?.crash();
        return;
      default:
        return this.#partition(action);
    }
  }

  #partition(
    action: Extract<FaultAction, { readonly kind: 'partition' | 'isolate' | 'half-dead' | 'swizzle' }>,
  ): void {
    const ids = this.#around.nodes.map(({ id }) => id);
    switch (action.kind) {
      case 'partition':
        return this.#cut(action.links, action.lastsMs);
      case 'isolate':
        return this.#cut(linksOf(ids, this.#aim(action.target).id, action.direction), action.lastsMs);
      case 'half-dead': {
        const leader = this.#aim('leader').id;
        return this.#cut(linksBetween(leader, this.#aim(action.other).id), action.lastsMs);
      }
      case 'swizzle':
        return this.#swizzle(action.order, action.stepMs, action.lastsMs);
    }
  }

  /** Nodes are cut off one after another, and let back one after another, in the same order. */
  #swizzle(order: readonly NodeId[], stepMs: number, lastsMs: number): void {
    const ids = this.#around.nodes.map(({ id }) => id);
    for (const [at, id] of order.entries()) {
      this.#around.events.after(at * stepMs * 1000, () => {
        if (!this.#around.calmed) this.#cut(linksOf(ids, id, 'both'), lastsMs);
      });
    }
  }

  #aim(target: Target): SimulatedNode {
    const { leader, nodes } = this.#around;
    const [first] = nodes;
    const aimed = target === 'leader' ? leader : nodes[Math.min(target, nodes.length) - 1];
    const found = aimed ?? first;
    if (found === undefined) throw new RangeError('a cluster has a node');
    return found;
  }

  #cutPower(downMs: number): void {
    for (const node of this.#around.nodes) {
      this.#crash(node, downMs * (1 + this.#random.integer(0, 10) / 10), { losesState: false });
    }
  }

  #crash(node: SimulatedNode, downMs: number, { losesState }: { readonly losesState: boolean }): void {
    const { marks, nodes, watchers, events } = this.#around;
    const raft = node.replica?.inspect();
    if (raft === undefined) return;
    if (raft.role === 'leader') {
      marks.count('leader crashed');
      if (raft.commitIndex < raft.base.index + raft.entries.length)
        marks.count('leader crashed with uncommitted entries');
    }
    node.crash();
    this.#updateStateless();
    // Of nodes without their state there may be fewer than half: the others must have it all.
    if (losesState && 2 * (this.#stateless.size + 1) < nodes.length) {
      node.disk.state.lose();
      this.#stateless.add(node.id);
      marks.count('stored state lost');
    }
    for (const watcher of watchers) watcher.nodeDown(node.id);
    const { life } = node;
    events.after(downMs * 1000, () => {
      if (!node.up && node.life === life) node.start();
    });
  }

  /** A node has its state back once that is stored up to what was ever compacted. */
  #updateStateless(): void {
    for (const { id, disk } of this.#around.nodes) {
      if (disk.stateIndex > 0 && disk.stateIndex >= disk.base.index) this.#stateless.delete(id);
    }
  }

  #during(
    lastsMs: number,
    node: SimulatedNode,
    begin: (node: SimulatedNode) => void,
    end: (node: SimulatedNode) => void,
  ): void {
    begin(node);
    this.#around.events.after(lastsMs * 1000, () => end(node));
  }

  #cut(links: readonly Link[], lastsMs: number): void {
    const { network, events } = this.#around;
    for (const [from, to] of links) network.cut(from, to);
    events.after(lastsMs * 1000, () => {
      for (const [from, to] of links) network.join(from, to);
    });
  }
}
