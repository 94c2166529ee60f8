import { present } from '../../src/base/assert.ts';
import type { SeededRandom } from '../../src/base/seeded-random.ts';
import { decodeConfiguration } from '../../src/raft/configuration-codec.ts';
import type { Configuration, MemberChange } from '../../src/raft/configuration.ts';
import type { Entry } from '../../src/raft/entry.ts';
import type { Message } from '../../src/raft/message.ts';
import type { Raft } from '../../src/raft/raft.ts';
import type { Cluster, Disk, Member } from './cluster.ts';
import type { Witness } from './witness.ts';

/** How often what goes wrong. */
export interface Weather {
  readonly loss: number;
  readonly repeat: number;
  readonly reorder: number;
  readonly crash: number;
  readonly partition: number;
  readonly propose: number;
  /** Of each entry, when its node starts again. */
  readonly rot?: number;
  /** Changes of the members, and handovers; none by default. */
  readonly change?: number;
  readonly transfer?: number;
}

/** Nodes beyond this join no more. */
const MEMBERS_MAX = 7;

/** Random things that happen to a cluster, one at a time, and then the calm in which it must recover. */
export class Storm {
  readonly #cluster: Cluster;
  readonly #random: SeededRandom;
  readonly #weather: Weather;
  readonly #witness: Witness;
  /** Links that lose everything, as `from>to`. */
  readonly #cuts = new Set<string>();

  constructor(cluster: Cluster, random: SeededRandom, weather: Weather, witness: Witness) {
    this.#cluster = cluster;
    this.#random = random;
    this.#weather = weather;
    this.#witness = witness;
  }

  step(): void {
    const random = this.#random;
    const member = random.pick(this.#cluster.members);
    if (random.chance(this.#weather.partition)) this.#partition();
    if (!member.isUp) {
      if (random.chance(0.05)) this.#restart(member);
    } else if (random.chance(this.#weather.crash)) {
      // A part of what was on its way is on the disk, though nobody was told.
      for (const write of member.writes.splice(0, random.integer(0, member.writes.length)))
        member.disk.apply(write);
      member.crash();
    } else {
      this.#use(member);
      for (let n = 0; n < 3; n++) this.#deliverOne();
      if (random.chance(0.5)) member.complete(random.integer(0, member.writes.length));
      if (random.chance(0.7)) this.#cluster.turn(member);
    }
  }

  /** No more faults: everything is delivered and written. */
  calm(): void {
    const { members, network } = this.#cluster;
    for (const member of members) if (!member.isUp) this.#restart(member);
    for (let round = 0; round < 400; round++) {
      for (const member of members) {
        if (round % 4 === 0) member.raft.tick();
        // A snapshot may have been lost before the calm.
        if (round % 100 === 0) for (const { config } of members) member.raft.snapshotFailed(config.id);
        member.complete(member.writes.length);
        if (member.raft.hasReady) this.#cluster.turn(member);
      }
      for (const message of network.splice(0)) this.#cluster.deliver(message);
    }
  }

  #use(member: Member): void {
    const { raft, disk } = member;
    const random = this.#random;
    if (random.chance(0.15)) raft.tick();
    if (random.chance(this.#weather.propose)) raft.propose([new Uint8Array(random.integer(0, 40))]);
    if (this.#weather.change !== undefined) {
      raft.recordConfiguration();
      if (random.chance(this.#weather.change)) this.#change(raft);
    }
    if (random.chance(this.#weather.transfer ?? 0)) {
      const to = random.integer(0, this.#cluster.members.length);
      raft.transferLeadership(to === 0 ? undefined : to);
    }
    if (random.chance(0.02)) raft.readIndex(this.#witness.readAsked());
    if (random.chance(0.02)) raft.snapshotFailed(random.integer(1, this.#cluster.members.length));
    if (random.chance(0.01) && !this.#isAnyDamaged(member))
      raft.compact(Math.max(0, disk.applied.index - random.integer(0, 3)));
  }

  /** Entries go from one log to another, but out of a state only with a snapshot, which only a leader sends. */
  #isAnyDamaged(except: Member): boolean {
    return this.#cluster.members.some((member) => member !== except && member.disk.lost.size > 0);
  }

  /** Asks for something that makes sense more often than not. */
  #change(raft: Raft): void {
    const random = this.#random;
    if (raft.role !== 'leader') return;
    const { configuration } = raft;
    const { nextId } = configuration;
    const ids = [...configuration.members.keys()];
    const changes = Array.from({ length: random.integer(1, 3) }, (): MemberChange => {
      const kind = random.pick([
        'add-learner',
        'add-voter',
        'promote',
        'promote',
        'demote',
        'remove',
      ] as const);
      if (kind !== 'add-learner' && kind !== 'add-voter') return { kind, id: random.pick(ids) };
      return { kind, member: { id: nextId, address: '', incarnation: '' } };
    });
    if (nextId > MEMBERS_MAX && changes.some(({ kind }) => kind.startsWith('add'))) return;
    if (nextId > this.#cluster.members.length) this.#cluster.join();
    raft.changeMembers({ changes, transition: random.pick(['auto', 'joint']) });
  }

  #deliverOne(): void {
    const random = this.#random;
    const { network } = this.#cluster;
    if (network.length === 0) return;
    const at = random.chance(this.#weather.reorder) ? random.integer(0, network.length - 1) : 0;
    const message: Message = present(network[at], 'the network holds the message');
    if (!random.chance(this.#weather.repeat)) network.splice(at, 1);
    if (random.chance(this.#weather.loss) || this.#cuts.has(`${message.from}>${message.to}`)) return;
    this.#cluster.deliver(message);
  }

  #restart(member: Member): void {
    const { members } = this.#cluster;
    // One of three may lose its state: the others hold what is committed, and can lead.
    const isFixed = this.#weather.change === undefined;
    if (isFixed && members.length >= 3 && member === members[0] && this.#random.chance(0.3))
      member.loseState();
    this.#rot(member);
    member.restart();
  }

  /** Entries are lost, but none that no other node holds: that is all that can be asked for. */
  #rot({ disk }: Member): void {
    const { rot = 0 } = this.#weather;
    // Whom the node will ask: by the newest configuration in front of the first entry that is lost.
    let { members } = disk.configuration;
    let isWhole = true;
    for (const entry of disk.entries) {
      if (this.#isElsewhere(disk, entry, members) && this.#random.chance(rot)) disk.lost.add(entry.index);
      isWhole &&= !disk.lost.has(entry.index);
      const counts = entry.kind === 'configuration' && entry.index > disk.configurationIndex;
      if (isWhole && counts) ({ members } = decodeConfiguration(entry.data));
    }
  }

  #isElsewhere(own: Disk, { index, term }: Entry, members: Configuration['members']): boolean {
    return this.#cluster.members.some(({ config, disk }) => {
      if (disk === own || !members.has(config.id)) return false;
      return disk.entries[index - disk.base.index - 1]?.term === term && !disk.lost.has(index);
    });
  }

  /** Cuts some links and heals the others, in one direction or in both. */
  #partition(): void {
    this.#cuts.clear();
    const rate = this.#random.pick([0, 0.2, 0.5]);
    for (const { config: one } of this.#cluster.members) {
      for (const { config: other } of this.#cluster.members) {
        if (!this.#random.chance(rate)) continue;
        this.#cuts.add(`${one.id}>${other.id}`);
        if (this.#random.chance(0.7)) this.#cuts.add(`${other.id}>${one.id}`);
      }
    }
  }
}
