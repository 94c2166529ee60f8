import { assert, present } from '../../src/base/assert.ts';
import type { Index, NodeId } from '../../src/base/flavor.ts';
import type { RaftConfig } from '../../src/raft/config.ts';
import type { Configuration } from '../../src/raft/configuration.ts';
import type { Entry, Position } from '../../src/raft/entry.ts';
import type { Message } from '../../src/raft/message.ts';
import type { Raft } from '../../src/raft/raft.ts';
import type { LogWrite, Ready } from '../../src/raft/ready.ts';
import { Disk } from '../raft/cluster.ts';

/** An entry in one number, equal for equal entries: its term, and what it holds. */
export type EntryCode = number;

/** More than any content of an entry here: 0 is a noop, 1 to 6 a command of that node, 7 a configuration. */
const CONTENTS = 8;

export function codeOf({ term, kind, data }: Entry): EntryCode {
  const content = kind === 'noop' ? 0 : kind === 'command' ? (data[0] ?? 0) : CONTENTS - 1;
  return term * CONTENTS + content;
}

export function termOf(code: EntryCode): number {
  return Math.floor(code / CONTENTS);
}

/** A node as it is copied and compared: the core, its disk, and what is on its way there. */
export interface LocalNode {
  readonly raft: Raft;
  readonly disk: Disk;
  /** Handed out, not on the disk yet. */
  readonly writes: LogWrite[];
  /** What the state machine took in, from the first entry on: the state itself, in a way. On the disk as soon as it is taken in. */
  readonly state: EntryCode[];
}

/** A node that starts with what is on this disk. */
export function startNode(core: typeof Raft, config: RaftConfig, disk: Disk, state: EntryCode[]): LocalNode {
  const { hardState, base, entries, applied, configuration, configurationIndex } = disk;
  const raft = new core(config, LONGEST, {
    hardState,
    base,
    entries,
    appliedIndex: applied.index,
    configuration,
    configurationIndex,
  });
  return { raft, disk, writes: [], state };
}

/** A node on whose disk is this. */
export function diskWith(
  configuration: Configuration,
  term: number,
  vote: NodeId | undefined,
  entries: readonly Entry[],
  applied: Index,
): Disk {
  const disk = new Disk(configuration);
  disk.hardState = { term, vote };
  disk.entries = [...entries];
  disk.applied = { index: applied, term: entries[applied - 1]?.term ?? 0 };
  return disk;
}

/** Who campaigns, and when, is a choice of the explorer: no timer runs out by itself. */
export const LONGEST = {
  integer: (_min: number, max: number): number => max,
  chance: (): boolean => false,
  pick: <T>(items: readonly T[]): T => present(items[0], 'there is an item to pick'),
};

/** Ends a turn, if there is anything to do: gives what is sent. Checks that what is promised is on the disk. */
export function endTurn(node: LocalNode): readonly Message[] {
  const sent: Message[] = [];
  // Taking in what was committed, or a snapshot, may leave more to do.
  for (let round = 0; node.raft.hasReady; round++) {
    assert(round < 10, 'a node comes to rest');
    const ready = node.raft.ready();
    if (ready.write !== undefined) node.writes.push(ready.write);
    for (const message of ready.send) checkPromise(node, message);
    sent.push(...ready.send);
    apply(node, ready);
    for (const to of ready.snapshotsWanted) sent.push(snapshotFor(node, to));
  }
  return sent;
}

function apply({ raft, disk, state }: LocalNode, { committed, snapshotChunks }: Ready): void {
  for (const entry of committed) {
    assert(entry.index === state.length + 1, 'each entry is handed out once, in order');
    state.push(codeOf(entry));
    disk.applied = { index: entry.index, term: entry.term };
  }
  const chunk = snapshotChunks[0];
  if (chunk === undefined) return;
  state.length = 0;
  state.push(...chunk.data);
  disk.applied = chunk.snapshot;
  raft.installSnapshot(chunk.snapshot, disk.configuration);
}

/** The whole state in one chunk. */
function snapshotFor({ raft, disk, state }: LocalNode, to: NodeId): Message {
  const envelope = { from: raft.inspect().id, to, term: raft.term };
  const data = Uint8Array.from(state);
  return { kind: 'snapshot-request', ...envelope, snapshot: disk.applied, chunk: 0, last: true, data };
}

/** What another node builds on is on the disk before it leaves (Raft paper, figure 2). */
function checkPromise({ disk }: LocalNode, message: Message): void {
  const { term, vote } = disk.hardState;
  switch (message.kind) {
    case 'vote-request':
      assert(term === message.term && vote === message.from, 'a candidate has its own vote on the disk');
      return;
    case 'vote-response':
      if (message.granted)
        assert(term === message.term && vote === message.to, 'a vote is on the disk before it is told');
      return;
    case 'append-accepted':
      assert(term >= message.term, 'a term is on the disk before its entries are acknowledged');
      assert(disk.lastIndex >= message.matchIndex, 'what is acknowledged is on the disk');
      return;
    default:
  }
}

/** The oldest write is on the disk. */
export function completeWrite({ raft, disk, writes }: LocalNode): void {
  const write = present(writes.shift(), 'a write is on its way');
  applyWrite(disk, write);
  raft.written(write.id);
}

export function applyWrite(disk: Disk, write: LogWrite): void {
  const { term, vote } = disk.hardState;
  disk.apply(write);
  assert(disk.hardState.term >= term, 'the term on a disk never goes back');
  const isSame = disk.hardState.term > term || vote === undefined || disk.hardState.vote === vote;
  assert(isSame, 'a vote on a disk stays for its term');
}

/** Crash and restart: the `kept` oldest of the writes on their way are on the disk, the others are lost. */
export function reboot(core: typeof Raft, config: RaftConfig, node: LocalNode, kept: number): LocalNode {
  const { disk, writes, state } = node;
  for (const write of writes.slice(0, kept)) applyWrite(disk, write);
  const { base, applied } = disk;
  const at: Position | undefined =
    applied.index === base.index ? base : disk.entries[applied.index - base.index - 1];
  if (applied.index <= base.index || at?.term === applied.term) return startNode(core, config, disk, state);
  // The snapshot is on the disk, the log is not behind it yet.
  const raft = new core(config, LONGEST, {
    hardState: disk.hardState,
    base,
    entries: disk.entries,
    appliedIndex: base.index,
    configuration: disk.configuration,
    configurationIndex: Math.min(disk.configurationIndex, base.index),
  });
  raft.installSnapshot(applied, disk.configuration);
  return { raft, disk, writes: [], state };
}

/**
 * Numbers the writes anew, so that none but those on their way count: two nodes that differ only in how
 * much they have written so far are the same.
 */
export function renumberWrites({ raft, writes }: LocalNode): void {
  const { writer, outbox } = (raft as unknown as OpenRaft).$state;
  const written = writer.$lastWritten;
  assert(written !== undefined && writer.$outstanding !== undefined, 'the core is opened');
  if (written === 0) return;
  writer.$lastWritten = 0;
  writer.$lastIssued -= written;
  writer.$hardStateWrite = Math.max(0, writer.$hardStateWrite - written);
  for (const outstanding of writer.$outstanding) outstanding.id -= written;
  outbox.$held = outbox.$held.map((held) => ({ ...held, afterWrite: held.afterWrite - written }));
  for (const [at, write] of writes.entries()) writes[at] = { ...write, id: write.id - written };
}

/** The few private fields that hold the numbers of writes. */
interface OpenRaft {
  readonly $state: {
    readonly writer: {
      $lastWritten: number;
      $lastIssued: number;
      $hardStateWrite: number;
      readonly $outstanding: { id: number }[];
    };
    readonly outbox: { $held: readonly { readonly afterWrite: number }[] };
  };
}
