import type { NodeId } from '../../../src/base/flavor.ts';
import type { Random } from '../../../src/base/random.ts';
import type { FakedClock } from '../../../cluster/faults/faked-clock.ts';
import type { FaultNetwork, Link } from '../../../cluster/faults/fault-network.ts';
import type { InjectedDisk } from '../../../cluster/faults/injected-disk.ts';
import type { LoopDisk } from '../../../cluster/faults/loop-disk.ts';
import type { LocalCluster } from '../../../cluster/local-cluster.ts';
import type { Newcomer } from '../arena.ts';
import type { Watchers } from '../workloads/watchers.ts';

/** What faults are done to. */
export interface Field {
  readonly cluster: LocalCluster;
  readonly network: FaultNetwork;
  /** By node; empty where this machine has no loop-mounted disks. */
  readonly disks: ReadonlyMap<NodeId, LoopDisk>;
  readonly clocks: ReadonlyMap<NodeId, FakedClock>;
  /** By node; empty where disks can be made slow, full and faulty from outside. */
  readonly injected: ReadonlyMap<NodeId, InjectedDisk>;
  readonly watchers: Watchers | undefined;
  /** Nodes whose process or disk has a fault already: a second one would hide the first. */
  readonly taken: Set<NodeId>;
  /** Starts one more node, which joins, and is taken from the start; returns its id. */
  readonly join: (newcomer: Omit<Newcomer, 'onNamed'>) => Promise<NodeId>;
  /** Ends and forgets a node that is no member any more. */
  readonly dismiss: (id: NodeId) => Promise<void>;
  /** Who led when it was last looked. */
  readonly leader: () => NodeId | undefined;
}

/** A fault in force. */
export interface Struck {
  /** For people: what happened to whom. */
  readonly tells: string;
  /** Whom it is drawn at in the timeline. */
  readonly nodes: readonly NodeId[];
  /** Ends it. */
  heal(): Promise<void> | void;
  /** How often it did something; for good after it was healed. */
  fired(): number;
  /** It stays a little longer if it could not do anything so far. */
  readonly lingers?: boolean;
}

export interface FaultKind {
  readonly name: string;
  /** `node`: it takes nodes for itself, some of them; `all`: it takes all; `network`: it takes none. */
  readonly scope: 'network' | 'node' | 'all';
  /** How long it lasts, in ms: the least and the most. */
  readonly lastsMs: readonly [min: number, max: number];
  /** Strikes; undefined if there is nobody left to strike. */
  strike(field: Field, random: Random): Promise<Struck | undefined> | Struck | undefined;
}

/** Takes a node that has no fault yet: the leader, more often than others. */
export function take(field: Field, random: Random): NodeId | undefined {
  const free = field.cluster.ids.filter((id) => !field.taken.has(id));
  const prefersLeader = random.chance(0.4);
  const place = random.integer(0, 1_000_000);
  const leader = field.leader();
  const id =
    prefersLeader && leader !== undefined && free.includes(leader) ? leader : free[place % free.length];
  if (id !== undefined) field.taken.add(id);
  return id;
}

/** Takes every node; undefined if one of them has a fault already. */
export function takeAll(field: Field): readonly NodeId[] | undefined {
  if (field.taken.size > 0) return undefined;
  for (const id of field.cluster.ids) field.taken.add(id);
  return field.cluster.ids;
}

/** Starts nodes, and waits until they are up: they are healed no sooner. */
export async function startAgain({ cluster }: Field, ids: readonly NodeId[]): Promise<void> {
  await cluster.start(ids);
  await Promise.all(ids.map((id) => cluster.waitUntilAnswering(id)));
}

export function release(field: Field, ids: readonly NodeId[]): void {
  for (const id of ids) field.taken.delete(id);
}

/** Every link between two nodes. */
export function allLinks({ cluster: { ids } }: Field): readonly Link[] {
  return ids.flatMap((from) => ids.filter((to) => to !== from).map((to): Link => [from, to]));
}

/** The links to and from a node. */
export function linksOf(field: Field, id: NodeId): readonly Link[] {
  return allLinks(field).filter((link) => link.includes(id));
}

/** Of all clients. */
export function clientLinks({ cluster: { ids } }: Field): readonly Link[] {
  return ids.map((id): Link => ['client', id]);
}

/** A whole number between two, each order of magnitude as likely as the other. */
export function logarithmic(random: Random, min: number, max: number): number {
  const share = random.integer(0, 1_000_000) / 1_000_000;
  return Math.round(min * (max / min) ** share);
}
