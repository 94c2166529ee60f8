import type { NodeId } from '../../src/base/flavor.ts';
import { SeededRandom } from '../../src/base/seeded-random.ts';
import { PROTOCOL_VERSION } from '../../src/base/version.ts';
import { createKv } from '../../src/machine/kv/kv.ts';
import type { AnyMachine } from '../../src/machine/machine.ts';
import { RecordTree } from '../../src/machine/record-tree.ts';
import { createRoot } from '../../src/machine/root.ts';
import {
  bootstrapConfiguration,
  type Configuration,
  NO_CONFIGURATION,
} from '../../src/raft/configuration.ts';
import type { Entry, HardState, Position } from '../../src/raft/entry.ts';
import type { Message } from '../../src/raft/message.ts';
import type { LogWrite } from '../../src/raft/ready.ts';
import type { ReplicaConfig } from '../../src/replica/config.ts';
import type { Consistency, Input } from '../../src/replica/input.ts';
import type { Output, Reply, WatchOutput } from '../../src/replica/output.ts';
import { Replica } from '../../src/replica/replica.ts';
import { msgpackCodec } from '../../src/wire/msgpack-codec.ts';
import { sha256Digest } from '../../src/wire/sha256-digest.ts';
import { PACKING } from '../contract/stored-records.ts';

export const members: readonly NodeId[] = [1, 2, 3];

const FORMED: Configuration = bootstrapConfiguration(
  members.map((member) => ({ id: member, address: `node-${member}`, incarnation: '' })),
);

function configOf(id: NodeId, protocol: number): ReplicaConfig {
  return {
    raft: {
      id,
      electionTicksMin: 10,
      electionTicksMax: 20,
      heartbeatTicks: 3,
      tickMs: 10,
      clockDriftMax: 0.1,
      holdsNews: false,
      appendEntriesMax: 100,
      appendBytesMax: 10_000,
      inflightAppendsMax: 8,
      uncommittedBytesMax: 100_000,
      logPackEntries: 3,
      committedBytesMax: 100_000,
      pendingReadsMax: 100,
      readTicksMax: 40,
      promoteLagEntriesMax: 10,
      diskStallTicks: 10,
    },
    protocol,
    pendingCommandsMax: 100,
    pendingQueriesMax: 100,
    watchesMax: 10,
    watchBytesPerTurnMax: 10_000,
    stateBytesMax: 1_000_000,
    auditTicks: 20,
    auditRecordsPerTick: 64,
    stateWriteTicks: 3,
    stateWriteEntriesMax: 100,
    logEntriesMax: 50,
    logBytesMax: 1_000_000,
    logEntriesKept: 5,
    stateWriteChangesMax: 1000,
    stateOpenRecordsMax: 8,
    stateWriteBytesMax: 1_000_000,
    snapshotChunkBytes: 200,
    snapshotWindowChunks: 4,
    snapshotBytesPerSecond: 1_000_000,
    snapshotBytesPerTurn: 1000,
    snapshotRetryTicks: 5,
  };
}

/** A machine with a command that the release before does not know. */
const growing: AnyMachine = {
  name: 'growing',
  parseCommand: (value) => ({ kind: 'parsed', value }),
  parseQuery: (value) => ({ kind: 'parsed', value }),
  apply: () => ({ result: null, events: [] }),
  query: () => null,
  since: (command) => (command === 'new' ? 2 : 1),
};

/** A node with a disk that is as fast as its processor, and the answers it gave. */
export class TestNode {
  replica: Replica;
  readonly replies: Reply[] = [];
  readonly watches: WatchOutput[] = [];
  #hardState: HardState = { term: 0, vote: undefined };
  #base: Position = { index: 0, term: 0 };
  #entries: Entry[] = [];
  #applied: Position = { index: 0, term: 0 };
  readonly #records = new Map<string, unknown>();
  readonly #staged = new Map<string, Uint8Array>();

  /** Who is to be talked to, as it was told last. */
  talksTo: readonly NodeId[] = [];
  removed = false;
  outdated = false;

  /** The latest version that it understands, from its next start on. */
  protocol: number;

  /** @param configuration - that of the cluster when it was formed; nobody's for one that joins */
  constructor(id: NodeId, configuration: Configuration = FORMED, protocol: number = PROTOCOL_VERSION) {
    this.protocol = protocol;
    this.replica = this.#start(id, configuration);
  }

  /** The process died, and starts again with what its disk held. */
  restart(configuration: Configuration = FORMED): void {
    this.replica = this.#start(this.replica.status().id, configuration);
  }

  #start(id: NodeId, configuration: Configuration): Replica {
    return new Replica({
      config: configOf(id, this.protocol),
      root: createRoot([createKv(), growing]),
      codec: msgpackCodec,
      digest: sha256Digest,
      random: new SeededRandom(id),
      restored: {
        hardState: this.#hardState,
        base: this.#base,
        entries: [...this.#entries],
        tree: this.#tree(),
        applied: this.#applied,
        configuration,
      },
    });
  }

  #tree(): RecordTree {
    const tree = RecordTree.untracked(PACKING);
    for (const [key, value] of this.#records) tree.put(key, value);
    return tree;
  }

  /** Takes turns until there is nothing to do; returns what is to be sent. */
  run(inputs: readonly Input[], nowMs: number): Message[] {
    const send: Message[] = [];
    let next = inputs;
    do {
      const output = this.replica.turn(next, { monotonicMs: nowMs, wallMs: nowMs });
      send.push(...output.send);
      this.replies.push(...output.replies);
      this.watches.push(...output.watches);
      if (output.configuration !== undefined) this.talksTo = [...output.configuration.members.keys()];
      this.removed = output.removed;
      this.outdated = output.outdated;
      next = this.#store(output);
    } while (next.length > 0 || this.replica.hasMore);
    return send;
  }

  #store(output: Output): Input[] {
    const done: Input[] = [];
    for (const { key, value } of output.state?.changes ?? []) {
      if (value === undefined) this.#records.delete(key);
      else this.#records.set(key, value);
    }
    if (output.state !== undefined) this.#applied = output.state.applied;
    for (const step of output.stage) {
      if (step.kind === 'discard') {
        this.#staged.clear();
        continue;
      }
      for (const { key, encoded } of step.changes) {
        if (encoded === undefined) this.#staged.delete(key);
        else this.#staged.set(key, encoded);
      }
      done.push({ kind: 'staged', id: step.id });
    }
    if (output.replaceState !== undefined) {
      this.#records.clear();
      for (const [key, encoded] of this.#staged) this.#records.set(key, msgpackCodec.decode(encoded));
      this.#staged.clear();
      this.#applied = output.replaceState.applied;
    }
    if (output.write !== undefined) {
      this.#writeLog(output.write);
      done.push({ kind: 'written', write: output.write.id });
    }
    if (output.syncState) done.push({ kind: 'state-synced', index: this.#applied.index });
    return done;
  }

  #writeLog(write: LogWrite): void {
    if (write.hardState !== undefined) this.#hardState = write.hardState;
    if (write.reset !== undefined) {
      this.#base = write.reset;
      this.#entries = [];
    }
    const { truncateFrom, compactTo } = write;
    if (truncateFrom !== undefined) this.#entries = this.#entries.filter(({ index }) => index < truncateFrom);
    this.#entries.push(...write.entries);
    if (compactTo !== undefined) {
      const last = this.#entries.find(({ index }) => index === compactTo)!;
      this.#base = { index: last.index, term: last.term };
      this.#entries = this.#entries.filter(({ index }) => index > compactTo);
    }
  }

  /** What the disk holds, to be compared with what the replica holds. */
  get stored(): { hardState: HardState; base: Position; entries: Entry[]; records: Map<string, unknown> } {
    return { hardState: this.#hardState, base: this.#base, entries: this.#entries, records: this.#records };
  }
}

const versionOf = ({ replica }: TestNode): Input => {
  const { id: peer, protocol: version } = replica.status();
  return { kind: 'peer-version', peer, version };
};

export class TestCluster {
  readonly nodes: Map<NodeId, TestNode>;
  readonly cut: Set<NodeId> = new Set();
  #nowMs = 0;
  #caller = 0;

  /** @param protocols - the version that each node understands to begin with, if it is not that of this build */
  constructor(protocols: readonly number[] = []) {
    this.nodes = new Map(members.map((id, at) => [id, new TestNode(id, FORMED, protocols[at])]));
    for (const id of members) this.introduce(id);
  }

  /** As the hello does, with which nodes meet: this one says which version it understands, and so do the others. */
  introduce(id: NodeId): void {
    for (const [other, node] of this.nodes) {
      if (other === id) continue;
      this.turn(node, versionOf(this.node(id)));
      this.turn(this.node(id), versionOf(node));
    }
  }

  node(id: NodeId): TestNode {
    return this.nodes.get(id)!;
  }

  get leader(): TestNode {
    return [...this.nodes.values()].find(({ replica }) => replica.status().serving)!;
  }

  give(node: TestNode, ...inputs: Input[]): void {
    let messages = node.run(inputs, this.#nowMs);
    while (messages.length > 0) messages = messages.flatMap((message) => this.#deliver(message));
  }

  /** The turns of one node; the messages that it sends are not delivered. */
  turn(node: TestNode, ...inputs: readonly Input[]): Message[] {
    return node.run(inputs, this.#nowMs);
  }

  #deliver(message: Message): Message[] {
    if (this.cut.has(message.from) || this.cut.has(message.to)) return [];
    return this.node(message.to).run([{ kind: 'message', message }], this.#nowMs);
  }

  tick(times: number): void {
    for (let n = 0; n < times; n++) {
      this.#nowMs += 10;
      for (const node of this.nodes.values()) this.give(node, { kind: 'tick' });
    }
  }

  /** A node with an empty disk that knows of nobody. */
  join(id: NodeId): TestNode {
    const node = new TestNode(id, NO_CONFIGURATION);
    this.nodes.set(id, node);
    this.introduce(id);
    return node;
  }

  /** An input that is answered, and the answers of that node to it so far. */
  ask(node: TestNode, makeInput: (caller: number) => Input): () => readonly Reply[] {
    const caller = ++this.#caller;
    this.give(node, makeInput(caller));
    return () => node.replies.filter((reply) => reply.caller === caller);
  }

  command(
    machine: string,
    body: unknown,
    session?: { id: number; sequence: number; ackedBelow: number },
  ): Reply {
    const caller = ++this.#caller;
    const { leader } = this;
    this.give(leader, { kind: 'command', caller, command: { machine, session, body } });
    return leader.replies.find((reply) => reply.caller === caller)!;
  }

  /** Time passes, and no timer fires: every process is stopped. */
  stop(ms: number): void {
    this.#nowMs += ms;
  }

  query(node: TestNode, key: string, consistency: Consistency, maxStaleMs?: number): Reply | undefined {
    const caller = ++this.#caller;
    const body = { kind: 'get', key };
    this.give(node, { kind: 'query', caller, machine: 'kv', body, consistency, maxStaleMs });
    return node.replies.find((reply) => reply.caller === caller);
  }

  open(): number {
    const reply = this.command('sessions', { kind: 'open', ttlMs: 60_000 });
    if (reply.kind !== 'result') throw new Error(reply.message);
    return reply.index;
  }
}

/** Three nodes of which one leads. */
export function started(): TestCluster {
  const cluster = new TestCluster();
  cluster.tick(60);
  return cluster;
}

export const put = (key: string): unknown => ({ kind: 'put', key, value: new Uint8Array([1, 2, 3]) });
