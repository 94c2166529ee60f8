/**
 * Progress while faults go on: as long as a quorum is up, healthy and fully connected, the cluster
 * must go on committing, whatever happens to everyone else (openraft #2080; Cloudflare, 2020-11-02).
 */
import type { NodeId } from '../base/flavor.ts';
import type { Call } from './calls.ts';
import type { SimulatedNode } from './node.ts';
import { isQuorum } from './properties/property.ts';
import { claim } from './violation.ts';
import type { World } from './world.ts';

const NAME = 'progress of a connected quorum';
/** In election timeouts: a cluster that was quiet for so long is asked for something… */
const QUIET_MAX = 10;
/** …and must have committed something after so many more. */
const PROGRESS_MAX = 20;
/** Links that lose or delay more are faulty. */
const DROP_MAX = 0.05;
const RATE_MAX = 1.25;

const PROBE: Call = { kind: 'command', machine: 'sessions', body: { kind: 'open', ttlMs: 1000 } };

export class ProgressWatch {
  readonly #world: World;
  readonly #timeoutMs: number;
  #quorum: readonly NodeId[] = [];
  /** Since then the quorum holds, or the cluster was last seen to commit something. */
  #sinceUs = 0;
  #lastIndex = 0;
  #actions = 0;

  constructor(world: World) {
    this.#world = world;
    this.#timeoutMs = world.swarm.electionTicksMax * world.swarm.tickMs;
  }

  /** Looks again and again, until the faults stop. */
  start(): void {
    const { dropChance, largeDropChance, tailChance, corruptChance } = this.#world.swarm.network;
    if (dropChance > DROP_MAX || largeDropChance > 0 || tailChance > 0 || corruptChance > DROP_MAX) return;
    this.#schedule();
  }

  #schedule(): void {
    this.#world.events.after(this.#timeoutMs * 1000, () => {
      if (this.#world.calmed) return;
      this.#look();
      this.#schedule();
    });
  }

  #look(): void {
    const { events, safety, marks } = this.#world;
    const { lastIndex } = safety.ledger;
    const isDisturbed = this.#actions !== this.#world.memberActions;
    if (lastIndex > this.#lastIndex || isDisturbed || !this.#holds()) {
      if (this.#quorum.length > 0 && lastIndex > this.#lastIndex)
        marks.count('progress of a connected quorum');
      this.#lastIndex = lastIndex;
      this.#actions = this.#world.memberActions;
      this.#quorum = this.#find();
      this.#sinceUs = events.nowUs;
      return;
    }
    const timeouts = (events.nowUs - this.#sinceUs) / 1000 / this.#timeoutMs;
    if (timeouts >= QUIET_MAX) this.#probe();
    claim(
      timeouts < QUIET_MAX + PROGRESS_MAX,
      NAME,
      () =>
        `nodes ${this.#quorum.join(', ')} are connected and well, and nothing was committed for ${PROGRESS_MAX} election timeouts`,
    );
  }

  #probe(): void {
    for (const { id, up } of this.#world.nodes) {
      if (up) this.#world.ask(id, PROBE, (caller) => ({ kind: 'command', caller, command: COMMAND }), ignore);
    }
  }

  #holds(): boolean {
    const { nodes } = this.#world;
    return this.#quorum.length > 0 && this.#isConnected(this.#quorum.flatMap((id) => nodes[id - 1] ?? []));
  }

  /** The healthy nodes, if they are all connected and a quorum; else some of them that are. */
  #find(): readonly NodeId[] {
    const healthy = this.#world.nodes.filter((node) => this.#isWell(node));
    for (let left = healthy.length; left > 0; left--) {
      for (const leftOut of healthy.length === left ? [undefined] : healthy) {
        const some = healthy.filter((node) => node !== leftOut);
        if (this.#isConnected(some)) return some.map(({ id }) => id);
      }
      // Of those that lack more than one, the others will do.
      if (left < healthy.length) break;
    }
    return [];
  }

  /** All of them are well, reach each other, and are a quorum, by whatever anyone takes for the configuration. */
  #isConnected(nodes: readonly SimulatedNode[]): boolean {
    const { network } = this.#world;
    const ids = nodes.map(({ id }) => id);
    if (!nodes.every((node) => this.#isWell(node))) return false;
    if (!this.#world.configurations().every((each) => each.voters.length === 0 || isQuorum(each, ids)))
      return false;
    return ids.every((from) => ids.every((to) => from === to || !network.isCut(from, to)));
  }

  #isWell({ replica, paused, clock, isDiskSlow }: SimulatedNode): boolean {
    if (replica === undefined || paused || isDiskSlow) return false;
    if (clock.rate > RATE_MAX || clock.rate < 1 / RATE_MAX) return false;
    const raft = replica.inspect();
    // It would need a snapshot first, which takes as long as it takes.
    const isBehind = this.#world.nodes.some(
      (other) => (other.replica?.inspect().base.index ?? 0) > raft.lastIndex,
    );
    return !isBehind && raft.appliedIndex >= raft.base.index && replica.status().damagedTo === undefined;
  }
}

const ignore = (): void => undefined;

const COMMAND = { machine: 'sessions', body: { kind: 'open', ttlMs: 1000 }, session: undefined } as const;
