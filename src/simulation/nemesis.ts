/** Does to a cluster what an action says, and undoes it when its time is over. */
import type { NodeId } from '../base/flavor.ts';
import type { SeededRandom } from '../base/seeded-random.ts';
import type { FaultAction, Target } from './actions.ts';
import type { SimulatedClient } from './client.ts';
import { type Configuration, isJoint } from '../raft/configuration.ts';
import type { EventQueue } from './event-queue.ts';
import { MemberNemesis, type MemberNemesisSurroundings } from './member-nemesis.ts';
import type { SimulatedNetwork } from './network.ts';
import type { SimulatedNode } from './node.ts';
import { type Link, linksBetween, linksOf } from './links.ts';
import type { Watcher } from './watcher.ts';

export interface NemesisSurroundings extends MemberNemesisSurroundings {
  /** Requests on their way that may change who the members are. */
  readonly administering: number;
  readonly events: EventQueue;
  readonly network: SimulatedNetwork;
  readonly nodes: readonly SimulatedNode[];
  readonly clients: readonly SimulatedClient[];
  readonly watchers: readonly Watcher[];
  readonly calmed: boolean;
  drift(node: SimulatedNode, rate: number): void;
  retire(node: SimulatedNode): void;
  /** Every configuration that may count: the last that is committed, and those of the nodes. */
  configurations(): readonly Configuration[];
}

const LOOK_EVERY_MS = 10;

export class Nemesis {
  readonly #around: NemesisSurroundings;
  readonly #random: SeededRandom;
  readonly #members: MemberNemesis;
  readonly #stateless = new Set<NodeId>();
  /** Their logs may lack something. */
  readonly #damaged = new Set<NodeId>();

  constructor(around: NemesisSurroundings, random: SeededRandom) {
    this.#around = around;
    this.#random = random;
    this.#members = new MemberNemesis(around, random, (next) => isMinority(this.#lost(), next));
  }

  perform(action: FaultAction): void {
    switch (action.kind) {
      case 'crash':
        return this.#crash(this.#aim(action.target), action.downMs, {
          losesState: false,
          keepsWrites: false,
        });
      case 'crash-loop':
        return this.#crashOverAndOver(this.#aim(action.target), action);
      case 'lose-state':
        return this.#crash(this.#aim(action.target), action.downMs, { losesState: true, keepsWrites: false });
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
      case 'stalled-disk':
        return this.#aim(action.target).stallDisk(action.lastsMs);
      case 'full-disk': {
        const fill = (node: SimulatedNode): void => node.setRoom(action.room);
        return this.#during(action.lastsMs, this.#aim(action.target), fill, (node) => node.setRoom('ample'));
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
      case 'membership':
        return this.#members.perform(action);
      case 'rolling-restart':
        return this.#restartAll(action.stepMs, action.downMs);
      case 'rot':
        return this.#rot(this.#aim(action.target), action);
      case 'disk-error': {
        const node = this.#aim(action.target);
        if (node.up) node.disk.failSoon();
        return;
      }
      case 'wipe':
        return this.#wipe(this.#aim(action.target));
      default:
        return this.#partition(action);
    }
  }

  #partition(
    action: Extract<
      FaultAction,
      { readonly kind: 'partition' | 'isolate' | 'half-dead' | 'dying-leader' | 'swizzle' | 'depose' }
    >,
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
      case 'dying-leader':
        return this.#loseLinks(action);
      case 'swizzle':
        return this.#swizzle(action.order, action.stepMs, action.lastsMs);
      case 'depose':
        return this.#depose(action, action.times);
    }
  }

  #loseLinks({
    other,
    afterMs,
    downMs,
    lastsMs,
  }: Extract<FaultAction, { readonly kind: 'dying-leader' }>): void {
    const { nodes, events } = this.#around;
    const leader = this.#aim('leader');
    const first = this.#aim(other);
    this.#cut(linksBetween(leader.id, first.id), lastsMs);
    events.after(afterMs * 1000, () => {
      if (this.#around.calmed) return;
      const ids = nodes.map(({ id }) => id);
      this.#cut(linksOf(ids, leader.id, 'both'), lastsMs - afterMs);
      for (const node of nodes) {
        if (downMs === undefined || node === leader || node === first) continue;
        this.#crash(node, downMs, { losesState: false, keepsWrites: false });
      }
    });
  }

  /** The next one is cut off before this one is back: it hears of the new term from others alone. */
  #depose(action: Extract<FaultAction, { readonly kind: 'depose' }>, times: number): void {
    const { leader, nodes, network, events } = this.#around;
    if (leader === undefined || times === 0) return;
    const links = linksOf(
      nodes.map(({ id }) => id),
      leader.id,
      'both',
    );
    for (const [from, to] of links) network.cut(from, to);
    if (action.stallsDisk) leader.stallDisk(action.lastsMs);
    const untilUs = events.nowUs + action.lastsMs * 1000;
    const look = (): void => {
      const isOver = this.#around.calmed || events.nowUs > untilUs;
      if (!isOver && (this.#around.leader ?? leader) === leader) {
        events.after(LOOK_EVERY_MS * 1000, look);
        return;
      }
      events.after(isOver ? 0 : action.leadsMs * 1000, () => {
        if (!isOver && !this.#around.calmed) this.#depose(action, times - 1);
        for (const [from, to] of links) network.join(from, to);
      });
    };
    look();
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

  /** Who leads hands over first, as a node does that is told to stop. */
  #restartAll(stepMs: number, downMs: number): void {
    const { nodes, events } = this.#around;
    for (const [at, node] of nodes.entries()) {
      events.after(at * stepMs * 1000, () => {
        if (this.#around.calmed || !node.up) return;
        if (node === this.#around.leader) this.#members.transfer(node, undefined);
        events.after((stepMs / 2) * 1000, () => {
          if (!this.#around.calmed) this.#crash(node, downMs, { losesState: false, keepsWrites: false });
        });
      });
    }
  }

  #rot(node: SimulatedNode, { downMs, endsAll }: FaultAction & { readonly kind: 'rot' }): void {
    if (!node.up) return;
    // Not by a power cut: of what that takes with it, the end of the log may not be told from what rots.
    for (const each of endsAll ? this.#around.nodes.filter(({ up }) => up) : [node])
      this.#crash(each, downMs, { losesState: false, keepsWrites: true });
    if (!this.#mayLose(node) || !node.disk.rot()) return;
    this.#damaged.add(node.id);
    this.#around.marks.count('bit of a log turned over');
  }

  /** A minority may lose its disks: more would lose what was acknowledged. */
  #wipe(node: SimulatedNode): void {
    const { marks, nodes, administering } = this.#around;
    // What a node that is down believes of the cluster cannot be asked, nor what it will once it reads on.
    const isKnown = nodes.every(({ up, gone, isAskedToChange }) => gone || (up && !isAskedToChange));
    if (node.gone || !isKnown || administering > 0 || !this.#mayLose(node)) return;
    marks.count('node lost its disk');
    this.#around.retire(node);
  }

  /** With it, those who lost their disk, their state or a part of their log are a minority of every configuration that may count. */
  #mayLose(node: SimulatedNode): boolean {
    const ids = this.#lost().add(node.id);
    return this.#around.configurations().every((each) => isMinority(ids, each));
  }

  #lost(): Set<NodeId> {
    this.#updateStateless();
    const gone = this.#around.nodes.filter((each) => each.gone).map(({ id }) => id);
    return new Set([...gone, ...this.#stateless, ...this.#damaged]);
  }

  #crashOverAndOver(
    node: SimulatedNode,
    { upMs, downMs, lastsMs }: Extract<FaultAction, { readonly kind: 'crash-loop' }>,
  ): void {
    const { events } = this.#around;
    const untilUs = events.nowUs + lastsMs * 1000;
    const again = (): void => {
      if (this.#around.calmed || node.gone || events.nowUs > untilUs) return;
      this.#crash(node, downMs, { losesState: false, keepsWrites: false });
      events.after((downMs + upMs) * 1000, again);
    };
    again();
  }

  #cutPower(downMs: number): void {
    for (const node of this.#around.nodes) {
      this.#crash(node, downMs * (1 + this.#random.integer(0, 10) / 10), {
        losesState: false,
        keepsWrites: false,
      });
    }
  }

  /** Where nothing is cut, the system of a process that ended tells its peers so. */
  #breakConnections(peer: NodeId): void {
    const { nodes, network } = this.#around;
    for (const node of nodes) if (!network.isCut(peer, node.id)) node.give({ kind: 'peer-lost', peer });
  }

  #crash(
    node: SimulatedNode,
    downMs: number,
    { losesState, keepsWrites }: { readonly losesState: boolean; readonly keepsWrites: boolean },
  ): void {
    const { marks, watchers, events } = this.#around;
    const raft = node.replica?.inspect();
    if (raft === undefined) return;
    if (raft.role === 'leader') {
      marks.count('leader crashed');
      if (isJoint(raft.configuration)) marks.count('leader crashed in a joint configuration');
      if (raft.commitIndex < raft.base.index + raft.entries.length)
        marks.count('leader crashed with uncommitted entries');
    }
    node.crash({ keepsWrites });
    if (losesState && this.#mayLose(node)) {
      node.disk.state.lose();
      this.#stateless.add(node.id);
      marks.count('stored state lost');
    }
    for (const watcher of watchers) watcher.nodeDown(node.id);
    this.#breakConnections(node.id);
    const { life } = node;
    events.after(downMs * 1000, () => {
      if (!node.up && node.life === life) node.start();
    });
  }

  /** A node has its state back once that is stored up to what was ever compacted. */
  #updateStateless(): void {
    for (const { id, disk, replica } of this.#around.nodes) {
      if (replica !== undefined && replica.status().damagedTo === undefined && this.#damaged.delete(id))
        this.#around.marks.count('log whole again after damage');
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

/** Fewer than half of the voters, on both sides of a joint phase. */
function isMinority(ids: ReadonlySet<NodeId>, { voters, outgoing }: Configuration): boolean {
  return [voters, outgoing].every(
    (side) => side.length === 0 || 2 * side.filter((id) => ids.has(id)).length < side.length,
  );
}
