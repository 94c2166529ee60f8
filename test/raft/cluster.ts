import { assert, present } from '../../src/base/assert.ts';
import type { Index, NodeId } from '../../src/base/flavor.ts';
import type { Random } from '../../src/base/random.ts';
import { type AroundState, aroundState } from '../../src/node/damaged-log.ts';
import type { RaftConfig } from '../../src/raft/config.ts';
import { decodeConfiguration, encodeConfiguration } from '../../src/raft/configuration-codec.ts';
import {
  bootstrapConfiguration,
  type Configuration,
  NO_CONFIGURATION,
} from '../../src/raft/configuration.ts';
import type { Entry, HardState, Position } from '../../src/raft/entry.ts';
import type { Message } from '../../src/raft/message.ts';
import { Raft } from '../../src/raft/raft.ts';
import type { LogWrite, Ready, ReadyRead } from '../../src/raft/ready.ts';

/** Timings that are easy to count: an election after 10 to 19 ticks, a heartbeat each tick. No leases. */
export const RAFT_CONFIG: Omit<RaftConfig, 'id'> = {
  electionTicksMin: 10,
  electionTicksMax: 19,
  heartbeatTicks: 1,
  tickMs: 10,
  clockDriftMax: 0,
  holdsNews: false,
  appendEntriesMax: 100,
  appendBytesMax: 1_000,
  inflightAppendsMax: 4,
  uncommittedBytesMax: 1_000,
  logPackEntries: 3,
  committedBytesMax: 1_000,
  pendingReadsMax: 10,
  readTicksMax: 30,
  promoteLagEntriesMax: 5,
  diskStallTicks: 10,
};

/** A configuration in which all of them vote. */
export function votersOnly(ids: readonly NodeId[]): Configuration {
  return bootstrapConfiguration(ids.map((id) => ({ id, address: '', incarnation: '' })));
}

/** What a node's disk holds: exactly the writes that were applied to it. */
export class Disk {
  hardState: HardState = { term: 0, vote: undefined };
  base: Position = { index: 0, term: 0 };
  entries: Entry[] = [];
  /** Of the state; kept in memory by the nodes, and here as if it were always stored. */
  applied: Position = { index: 0, term: 0 };
  /** Of the state, like `applied`. */
  configuration: Configuration;
  configurationIndex: Index = 0;

  constructor(configuration: Configuration) {
    this.configuration = configuration;
  }

  /** Entries that cannot be read any more. */
  readonly lost: Set<Index> = new Set();

  get lastIndex(): Index {
    return this.base.index + this.entries.length;
  }

  /** What a node finds, given what its state reflects. */
  open(): AroundState {
    const { hardState, base, lost, applied } = this;
    const held = this.entries.filter(({ index }) => !lost.has(index));
    const gap = this.entries.findIndex(({ index }) => lost.has(index));
    if (gap < 0) return { contents: { hardState, base, entries: held }, rebase: undefined };
    const starts = [base, ...this.entries].filter(({ term }, at, all) => all[at - 1]?.term !== term);
    const { index, term } = present(this.entries.at(-1), 'there is a gap');
    const damage = {
      first: base.index + gap + 1,
      anchor: { index, term },
      beyond: held.slice(gap),
      terms: starts,
      what: '',
    };
    return aroundState({ hardState, base, entries: held.slice(0, gap), damage }, applied);
  }

  apply(write: LogWrite): void {
    if (write.hardState !== undefined) this.hardState = write.hardState;
    const { reset } = write;
    if (reset !== undefined) {
      const kept = write.fills === true ? this.entries.filter(({ index }) => index > reset.index) : [];
      this.base = reset;
      this.entries = kept;
    }
    if (write.truncateFrom !== undefined) {
      assert(write.truncateFrom > this.base.index, 'a truncation is behind the base');
      assert(write.truncateFrom <= this.lastIndex, 'a truncation cuts something');
      this.entries.length = write.truncateFrom - this.base.index - 1;
    }
    for (const entry of write.entries) {
      this.lost.delete(entry.index);
      if (write.fills === true) {
        assert(entry.index <= this.lastIndex, 'what is filled lies within the log');
        assert(this.entries[entry.index - this.base.index - 1]?.term === entry.term, 'it is what was lost');
        this.entries[entry.index - this.base.index - 1] = entry;
        continue;
      }
      assert(entry.index === this.lastIndex + 1, 'a write leaves no gap on the disk');
      this.entries.push(entry);
    }
    if (write.compactTo !== undefined) {
      const dropped = this.entries.splice(0, write.compactTo - this.base.index);
      const last = present(dropped.at(-1), 'a compaction drops something');
      assert(last.index === write.compactTo, 'a compaction ends at an entry');
      this.base = { index: last.index, term: last.term };
    }
    for (const index of this.lost) {
      if (index <= this.base.index || index > this.lastIndex) this.lost.delete(index);
    }
  }
}

/** One member: a `Raft`, its disk, and the writes that are on their way there. */
export class Member {
  readonly config: RaftConfig;
  readonly disk: Disk;
  /** Handed out by `ready`, not on the disk yet. */
  writes: LogWrite[] = [];
  raft: Raft;
  isUp = true;
  /** What the state has taken in since the node was made, snapshots included as their place. */
  applied: (Entry | { readonly snapshot: Position })[] = [];
  reads: ReadyRead[] = [];
  abortedReads: number[] = [];
  #clockMs = 0;
  readonly #randoms: () => Random;
  readonly #core: typeof Raft;

  constructor(config: RaftConfig, configuration: Configuration, randoms: () => Random, core: typeof Raft) {
    this.config = config;
    this.disk = new Disk(configuration);
    this.#randoms = randoms;
    this.#core = core;
    this.raft = this.#start();
  }

  /** The memory is gone, and every write that did not complete. */
  crash(): void {
    this.isUp = false;
    this.writes = [];
  }

  /** The state is gone, the log is not. */
  loseState(): void {
    this.disk.applied = { index: 0, term: 0 };
  }

  /** Its clock goes on; from now on it knows the time by it, not by its ticks. */
  pass(ms: number): void {
    this.raft.tellTime(this.#clockMs);
    this.#clockMs += ms;
    this.raft.tellTime(this.#clockMs);
  }

  restart(): void {
    this.raft = this.#start();
    this.isUp = true;
  }

  /** Completes the `count` oldest writes. */
  complete(count: number): void {
    for (const write of this.writes.splice(0, count)) {
      this.disk.apply(write);
      this.raft.written(write.id);
    }
  }

  /** The state leaves everything behind and begins with `snapshot`. */
  install(snapshot: Position, configuration: Configuration): void {
    this.applied.push({ snapshot });
    this.disk.applied = snapshot;
    this.disk.configuration = configuration;
    this.disk.configurationIndex = snapshot.index;
    this.raft.installSnapshot(snapshot, configuration);
  }

  #start(): Raft {
    const { contents, rebase } = this.disk.open();
    if (rebase !== undefined) this.disk.apply({ id: 0, reset: rebase, fills: true, entries: [] });
    const { hardState, base, entries, damage } = contents;
    const { applied, configuration } = this.disk;
    const held = applied.index === base.index ? base : entries[applied.index - base.index - 1];
    const isAhead = applied.index > base.index && held?.term !== applied.term;
    const appliedIndex = isAhead ? base.index : applied.index;
    const restored = {
      hardState,
      base,
      entries,
      appliedIndex,
      configuration,
      configurationIndex: Math.min(this.disk.configurationIndex, appliedIndex),
      ...(damage === undefined ? {} : { damage }),
    };
    const raft = new this.#core(this.config, this.#randoms(), restored);
    if (isAhead) raft.installSnapshot(applied, configuration);
    return raft;
  }
}

/**
 * Members and the messages between them. Nothing moves by itself: a test decides what is delivered,
 * written and lost, and when.
 */
export class Cluster {
  readonly members: Member[];
  network: Message[] = [];
  readonly #join: () => Member;

  /** @param randoms - one for each start of a member. */
  constructor(
    size: number,
    randoms: () => Random,
    config: Partial<RaftConfig> = {},
    core: typeof Raft = Raft,
  ) {
    const ids = Array.from({ length: size }, (_, n) => n + 1);
    const configuration = votersOnly(ids);
    this.members = ids.map(
      (id) => new Member({ ...RAFT_CONFIG, ...config, id }, configuration, randoms, core),
    );
    this.#join = () => {
      const id = this.members.length + 1;
      return new Member({ ...RAFT_CONFIG, ...config, id }, NO_CONFIGURATION, randoms, core);
    };
  }

  /** One more node, with an empty disk, that knows of nobody; the next id. */
  join(): Member {
    const member = this.#join();
    this.members.push(member);
    return member;
  }

  member(id: NodeId): Member {
    return present(this.members[id - 1], 'the cluster has this member');
  }

  /** The end of a member's turn: what it sends is in the network, what it writes is on its way. */
  turn(member: Member): Ready {
    const ready = member.raft.ready();
    if (ready.write !== undefined) member.writes.push(ready.write);
    this.network.push(...ready.send);
    const { disk } = member;
    for (const entry of ready.committed) {
      assert(
        disk.entries[entry.index - disk.base.index - 1] === entry,
        'what is handed out is on the own disk',
      );
      assert(entry.index === member.disk.applied.index + 1, 'each entry is handed out once, in order');
      member.applied.push(entry);
      member.disk.applied = { index: entry.index, term: entry.term };
      if (entry.kind !== 'configuration') continue;
      disk.configuration = decodeConfiguration(entry.data);
      disk.configurationIndex = entry.index;
    }
    member.reads.push(...ready.reads);
    member.abortedReads.push(...ready.abortedReads);
    for (const to of ready.snapshotsWanted) {
      const envelope = { from: member.config.id, to, term: member.raft.term };
      const { applied } = member.disk;
      const data = encodeConfiguration(member.disk.configuration);
      this.network.push({
        kind: 'snapshot-request',
        ...envelope,
        snapshot: applied,
        chunk: 0,
        last: true,
        data,
      });
    }
    for (const { snapshot, data } of ready.snapshotChunks.slice(0, 1)) {
      // One that a test made up says nothing of the members.
      member.install(snapshot, data.length === 0 ? disk.configuration : decodeConfiguration(data));
    }
    return ready;
  }

  deliver(message: Message): void {
    const member = this.member(message.to);
    const contradiction = member.isUp ? member.raft.step(message) : undefined;
    assert(contradiction === undefined, contradiction?.what ?? 'a sound node contradicts nobody');
  }
}
