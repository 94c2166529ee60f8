import { assert, present } from '../../src/base/assert.ts';
import type { NodeId } from '../../src/base/flavor.ts';
import type { Random } from '../../src/base/random.ts';
import type { RaftConfig } from '../../src/raft/config.ts';
import type { Configuration, ConfigurationChange, MemberChange } from '../../src/raft/configuration.ts';
import type { Message } from '../../src/raft/message.ts';
import type { RaftInspection } from '../../src/raft/inspection.ts';
import type { Raft } from '../../src/raft/raft.ts';
import type { ChangeAnswer } from '../../src/raft/reconfiguration.ts';
import { Cluster } from './cluster.ts';

/** A cluster in which everything settles unless it is cut off; time passes only when told. */
export class Play {
  readonly cluster: Cluster;
  readonly #cuts = new Set<string>();
  readonly #slow = new Set<NodeId>();
  /** Kinds of messages that are lost. */
  readonly lost: Set<Message['kind']> = new Set();

  constructor(size: number, config: Partial<RaftConfig> = {}) {
    this.cluster = new Cluster(size, () => LATEST, config);
  }

  /** A cluster that node 1 leads, in term 1, with its first entry committed. */
  static led(size: number, config: Partial<RaftConfig> = {}): Play {
    const play = new Play(size, config);
    play.elect(1);
    return play;
  }

  raft(id: NodeId): Raft {
    return this.cluster.member(id).raft;
  }

  /** The node as it is now, for a test to compare. */
  look(
    id: NodeId,
  ): Omit<RaftInspection, 'matchOf' | 'entries' | 'lastIndex' | 'entryAt' | 'termAt' | 'holdsLeaseAt'> {
    const raft = this.raft(id).inspect();
    const { role, term, vote, leader, commitIndex, appliedIndex, stableIndex } = raft;
    const { base, holdsLease, configuration, configurationIndex } = raft;
    const place = { commitIndex, appliedIndex, stableIndex, base };
    return { id, role, term, vote, leader, ...place, holdsLease, configuration, configurationIndex };
  }

  configuration(id: NodeId): Pick<Configuration, 'voters' | 'outgoing' | 'learners'> {
    const { voters, outgoing, learners } = this.raft(id).configuration;
    return { voters, outgoing, learners };
  }

  get leader(): Raft {
    const leaders = this.cluster.members.filter(({ raft, isUp }) => isUp && raft.role === 'leader');
    const newest = leaders.toSorted((one, other) => other.raft.term - one.raft.term)[0];
    return present(newest, 'somebody leads').raft;
  }

  elect(id: NodeId): void {
    this.raft(id).campaign();
    this.settle();
    assert(this.raft(id).role === 'leader', `node ${id} is elected`);
  }

  /** A node with an empty disk, which the leader takes as a learner. */
  addLearner(): NodeId {
    const { nextId } = this.leader.configuration;
    while (this.cluster.members.length < nextId) this.cluster.join();
    this.mustChange({ kind: 'add-learner', member: memberOf(nextId) });
    return nextId;
  }

  change(
    changes: readonly MemberChange[],
    transition: ConfigurationChange['transition'] = 'auto',
  ): ChangeAnswer {
    const answer = this.leader.changeMembers({ changes, transition });
    this.settle();
    return answer;
  }

  mustChange(...changes: readonly MemberChange[]): void {
    const answer = this.change(changes);
    assert(answer.kind === 'accepted', `the change is taken: ${JSON.stringify(answer)}`);
  }

  propose(id: NodeId, count = 1): string {
    const proposed = this.raft(id).propose(Array.from({ length: count }, () => new Uint8Array(1)));
    this.settle();
    return proposed.kind === 'accepted' ? 'accepted' : proposed.code;
  }

  crash(id: NodeId): void {
    this.cluster.member(id).crash();
  }

  restart(id: NodeId): void {
    this.cluster.member(id).restart();
    this.settle();
  }

  isolate(id: NodeId): void {
    for (const { config } of this.cluster.members) this.cut(id, config.id);
  }

  cut(one: NodeId, other: NodeId): void {
    if (one !== other) this.#cuts.add(`${one}>${other}`).add(`${other}>${one}`);
  }

  heal(): void {
    this.#cuts.clear();
    this.settle();
  }

  /** The node's writes stay on their way. */
  stallDisk(id: NodeId): void {
    this.#slow.add(id);
  }

  freeDisk(id: NodeId): void {
    this.#slow.delete(id);
    this.settle();
  }

  tick(times: number, ids: readonly NodeId[] = this.cluster.members.map(({ config }) => config.id)): void {
    for (let n = 0; n < times; n++) {
      for (const id of ids) if (this.cluster.member(id).isUp) this.raft(id).tick();
      this.settle();
    }
  }

  settle(): void {
    for (let round = 0; round < 1_000; round++) {
      let isQuiet = true;
      for (const message of this.cluster.network.splice(0)) {
        isQuiet = false;
        const isLost = this.#cuts.has(`${message.from}>${message.to}`) || this.lost.has(message.kind);
        if (!isLost) this.cluster.deliver(message);
      }
      for (const member of this.cluster.members) {
        const isStalled = this.#slow.has(member.config.id);
        const writes = isStalled ? 0 : member.writes.length;
        if (!member.isUp || (writes === 0 && !member.raft.hasReady)) continue;
        isQuiet = false;
        member.complete(writes);
        this.cluster.turn(member);
      }
      if (isQuiet) return;
    }
    throw new Error('the cluster does not settle');
  }
}

export function memberOf(id: NodeId): {
  readonly id: NodeId;
  readonly address: string;
  readonly incarnation: string;
} {
  return { id, address: `node-${id}`, incarnation: `i${id}` };
}

/** The longest waits always; who is to campaign is told to. */
const LATEST: Random = {
  integer: (_min, max) => max,
  chance: () => false,
  pick: (items) => present(items[0], 'there is an item to pick'),
};
