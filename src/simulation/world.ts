/**
 * A whole cluster in one thread, under a virtual clock: the real replicas, simulated links and
 * disks, clients and watchers. One seed fixes everything that happens.
 */
import { assert, present } from '../base/assert.ts';
import type { Codec } from '../base/codec.ts';
import type { NodeId, Revision } from '../base/flavor.ts';
import { SeededRandom } from '../base/seeded-random.ts';
import { FIRST_VERSION, PROTOCOL_VERSION } from '../base/version.ts';
import type { Root } from '../machine/root.ts';
import { bootstrapConfiguration, type Configuration, NO_CONFIGURATION } from '../raft/configuration.ts';
import type { Message } from '../raft/message.ts';
import type { ReplicaConfig } from '../replica/config.ts';
import type { CallerId, Input, WatchId } from '../replica/input.ts';
import type { Output, Reply } from '../replica/output.ts';
import { driftRate, type FaultAction } from './actions.ts';
import type { Call, CallRecord } from './calls.ts';
import { SimulatedClient } from './client.ts';
import { EventQueue } from './event-queue.ts';
import { EventRate } from './event-rate.ts';
import { Marks } from './marks.ts';
import { Nemesis } from './nemesis.ts';
import { SimulatedNetwork } from './network.ts';
import { type NodeSurroundings, SimulatedNode } from './node.ts';
import { nodeConfig } from './node-config.ts';
import type { ClusterView } from './properties/property.ts';
import { ReadPromises } from './read-promises.ts';
import { Safety } from './safety.ts';
import type { Swarm } from './swarm.ts';
import { Trace } from './trace.ts';
import { Watcher } from './watcher.ts';

export interface WorldOptions {
  readonly seed: number;
  readonly swarm: Swarm;
  readonly root: Root;
  readonly codec: Codec;
}

interface Asking {
  readonly call: CallRecord['call'];
  /** When it reached the node; virtual time. */
  readonly askedUs: number;
  readonly answer: (reply: Reply) => void;
}

/** Stands for what is asked of a node beside commands and queries. */
const ADMINISTRATION: Call = { kind: 'command', machine: 'members', body: null };

export class World {
  readonly events: EventQueue = new EventQueue();
  readonly marks: Marks = new Marks();
  readonly trace: Trace = new Trace();
  readonly swarm: Swarm;
  /** Everyone there ever was, by id. */
  readonly nodes: SimulatedNode[] = [];
  /** Those whom clients may ask. */
  readonly endpoints: NodeId[] = [];
  readonly network: SimulatedNetwork;
  readonly clients: readonly SimulatedClient[];
  readonly watchers: readonly Watcher[];
  readonly safety: Safety;
  readonly calls: CallRecord[] = [];
  /** How often someone meddled with the members or the leader. */
  memberActions = 0;
  readonly #rate = new EventRate();
  readonly #random: SeededRandom;
  readonly #around: NodeSurroundings;
  readonly #ids: NodeId[] = [];
  /** The cluster as it was to begin with. */
  readonly #formed: Configuration;
  readonly #askers = new Map<CallerId, Asking>();
  readonly #watches = new Map<WatchId, Watcher>();
  readonly #nemesis: Nemesis;
  readonly #readPromises: ReadPromises;
  /** Some nodes begin with an older release, and have a later one when they come back. */
  readonly #isUpgraded: boolean;
  #calmed = false;
  /** Requests on their way that no client makes. */
  administering = 0;
  #nextCaller: CallerId = 1;
  #nextWatch: WatchId = 1;

  constructor({ seed, swarm, root, codec }: WorldOptions) {
    this.swarm = swarm;
    this.#random = new SeededRandom(seed);
    this.#isUpgraded = new SeededRandom(seed).fork().chance(0.2);
    const { events, marks } = this;
    this.network = new SimulatedNetwork(swarm.network, events, this.#random.fork(), marks, (message) =>
      this.#deliver(message),
    );
    const members = Array.from({ length: swarm.nodes }, (_, at) => at + 1);
    const configuration = bootstrapConfiguration(
      members.map((id) => ({ id, address: `node-${id}`, incarnation: '' })),
    );
    this.#around = {
      events,
      swarm,
      marks,
      codec,
      root,
      started: (node: SimulatedNode): void => this.#started(node),
      turned: (node: SimulatedNode, inputs: readonly Input[], output: Output): void =>
        this.#turned(node, inputs, output),
      failed: (node: SimulatedNode): void => this.#failed(node),
      lost: (node: SimulatedNode): void => this.retire(node),
      say: (node: SimulatedNode, output: Output): void => this.#say(node, output),
    };
    this.#formed = configuration;
    for (const id of members) this.#makeNode(id, configuration);
    const cluster: ClusterView = {
      members: this.#ids,
      durable: (id) => this.node(id).disk,
      raft: (id) => this.node(id).replica?.inspect(),
      holdsLease: (id) => this.node(id).holdsLease,
      nowMs: (id) => this.node(id).clock.now(events.nowUs).monotonicMs,
    };
    this.#readPromises = new ReadPromises(this.nodes, swarm, events, marks);
    const areClocksBound = (): boolean => this.#readPromises.areClocksBound;
    this.safety = new Safety({ nodes: this.nodes, cluster, root, codec, marks, areClocksBound });
    this.clients = this.#makeClients();
    this.watchers = this.#makeWatchers();
    this.#nemesis = new Nemesis(this, this.#random.fork());
  }

  /** Starts a node with an empty disk, that knows nothing of the cluster, if there is none of this id yet. */
  addNode(id: NodeId): void {
    if (id <= this.nodes.length) return;
    const node = this.#makeNode(id, NO_CONFIGURATION);
    this.#readPromises.clockAdded(node.clock);
    node.start();
  }

  #makeNode(id: NodeId, configuration: Configuration): SimulatedNode {
    assert(id === this.nodes.length + 1, 'ids are given in order');
    // Those who join a cluster later have the later release.
    const isOld = this.#isUpgraded && id % 2 === 1 && configuration !== NO_CONFIGURATION;
    const config = (start: number): ReplicaConfig =>
      nodeConfig(id, this.swarm, isOld && start === 1 ? FIRST_VERSION : PROTOCOL_VERSION);
    const node = new SimulatedNode(id, config, this.#around, this.#random.fork(), configuration);
    this.nodes.push(node);
    this.endpoints.push(id);
    this.#ids.push(id);
    return node;
  }

  /** For good: it was removed, or has lost its disk. */
  retire(node: SimulatedNode): void {
    node.retire();
    const at = this.endpoints.indexOf(node.id);
    if (at >= 0 && this.endpoints.length > 1) this.endpoints.splice(at, 1);
    for (const watcher of this.watchers) watcher.nodeDown(node.id);
  }

  /** Every configuration that may count: the last that is committed, and those of the nodes. */
  configurations(): readonly Configuration[] {
    const known = this.nodes.flatMap(({ replica }) => (replica === undefined ? [] : [replica.configuration]));
    return [this.safety.reference.configuration ?? this.#formed, ...known];
  }

  /** Asks a node for something that no client asks for. */
  administer(id: NodeId, makeInput: (caller: CallerId) => Input, answer: (reply: Reply) => void): void {
    this.ask(id, ADMINISTRATION, makeInput, answer);
  }

  /** Starts all nodes and watchers. */
  start(): void {
    const { faults, driftsBeyond, clockDriftMax } = this.swarm;
    for (const node of this.nodes) {
      // No two quartzes are alike.
      if (faults.enabled.includes('drift') && !driftsBeyond && clockDriftMax > 0)
        this.drift(node, driftRate(this.#random, this.swarm));
      node.start();
    }
    for (const watcher of this.watchers)
      this.events.after(this.#random.integer(0, 1_000_000), () => watcher.connect());
  }

  /** Lets so much virtual time pass. */
  run(forMs: number): void {
    const untilUs = this.events.nowUs + forMs * 1000;
    while (this.events.step(untilUs));
  }

  /** Lets time pass until the condition holds; false if it does not within the limit. */
  runUntil(condition: () => boolean, limitMs: number): boolean {
    const untilUs = this.events.nowUs + limitMs * 1000;
    while (!condition()) {
      if (!this.events.step(untilUs)) return condition();
      this.#rate.count(this.events.nowUs);
    }
    return true;
  }

  node(id: NodeId): SimulatedNode {
    return present(this.nodes[id - 1], 'a node of this id exists');
  }

  /** Of the highest term, of those that are up. */
  get leader(): SimulatedNode | undefined {
    let leader: SimulatedNode | undefined;
    let term = 0;
    for (const node of this.nodes) {
      const raft = node.replica?.inspect();
      if (raft?.role !== 'leader' || raft.term <= term) continue;
      leader = node;
      term = raft.term;
    }
    return leader;
  }

  perform(action: FaultAction): void {
    this.marks.count(`fault: ${action.kind}`);
    this.trace.note(this.events.nowUs, action.kind);
    if (action.kind === 'membership' || action.kind === 'rolling-restart') this.memberActions++;
    this.#nemesis.perform(action);
  }

  /** Faults have stopped. */
  get calmed(): boolean {
    return this.#calmed;
  }

  /** What is on its way when the faults stop takes at most so long. */
  get lateMs(): number {
    const disksFreeUs = Math.max(...this.nodes.map((node) => node.diskFreeUs));
    return (this.swarm.network.tailMaxUs + Math.max(0, disksFreeUs - this.events.nowUs)) / 1000;
  }

  /** Faults stop: links are whole, nodes run, clocks and disks are normal. */
  calm(): void {
    this.#calmed = true;
    this.network.calm();
    for (const node of this.nodes) {
      node.resume({ bunched: false });
      node.slowDisk(1);
      node.setRoom('ample');
      node.disk.heal();
      this.drift(node, 1);
      if (!node.up) node.start();
    }
  }

  #deliver(message: Message): void {
    this.node(message.to).give({ kind: 'message', message });
  }

  #started(node: SimulatedNode): void {
    this.trace.note(this.events.nowUs, `start ${node.id}`);
    this.safety.started(node);
    this.events.after(0, () => this.#introduce(node));
  }

  /** As the hello does, with which nodes meet: who came says which version it understands, and so do the others. */
  #introduce(node: SimulatedNode): void {
    if (node.protocol < PROTOCOL_VERSION) this.marks.count('node of an older release started');
    for (const other of this.nodes) {
      if (other === node || !other.up) continue;
      other.give({ kind: 'peer-version', peer: node.id, version: node.protocol });
      node.give({ kind: 'peer-version', peer: other.id, version: other.protocol });
    }
  }

  #turned(node: SimulatedNode, inputs: readonly Input[], output: Output): void {
    this.trace.turn(this.events.nowUs, node, inputs, output);
    this.safety.turned(node, inputs, output);
  }

  #say(node: SimulatedNode, output: Output): void {
    for (const message of output.send) {
      assert(
        message.from === node.id && message.to !== node.id,
        'a node sends in its own name, and to others',
      );
      this.network.send(message);
    }
    for (const reply of output.replies) this.#reply(node, reply);
    if (output.removed && !node.gone) this.#removed(node);
    for (const told of output.watches) {
      const watches = told.kind === 'events' ? told.watches : [told.watch];
      if (watches.length > 1) this.marks.count('watches told together');
      for (const watch of watches) this.#watches.get(watch)?.take(watch, told);
    }
  }

  /** As a supervisor does that starts a process again. */
  #failed(node: SimulatedNode): void {
    this.marks.count('node stopped by a disk error');
    node.crash();
    for (const watcher of this.watchers) watcher.nodeDown(node.id);
    const { life } = node;
    this.events.after(this.#random.integer(1, 2_000_000), () => {
      if (!node.up && node.life === life) node.start();
    });
  }

  /** A node that learns that it was removed stops, or goes on for a while and must keep quiet. */
  #removed(node: SimulatedNode): void {
    if (!this.#calmed && this.#random.chance(0.9)) return;
    this.marks.count('removed node stopped');
    this.events.after(0, () => this.retire(node));
  }

  /** From now on one second of virtual time takes `rate` seconds on the node's clock. */
  drift: (node: SimulatedNode, rate: number) => void = (node, rate) => {
    node.clock.drift(this.events.nowUs, rate);
    this.#readPromises.clockChanged();
  };

  #reply(node: SimulatedNode, given: Reply): void {
    const asking = this.#askers.get(given.caller);
    assert(asking !== undefined, 'a caller is answered once');
    this.#askers.delete(given.caller);
    const reply = this.#readPromises.judge(node, asking.call, asking.askedUs, given);
    const aborted =
      reply.kind === 'error' && asking.call.kind === 'query' && this.events.nowUs > asking.askedUs;
    if (aborted && reply.code !== 'TOO_BUSY')
      this.marks.count('read given up by a node that no longer leads');
    this.safety.answered(asking.call, reply);
    const { latencyMinUs, latencyMaxUs, dropChance } = this.swarm.network;
    if (!this.#calmed && this.#random.chance(dropChance / 2)) return;
    this.events.after(this.#random.integer(latencyMinUs, latencyMaxUs), () => asking.answer(reply));
  }

  /** A request on its way to a node, and back. One to a node that is down is refused at once. */
  ask(
    id: NodeId,
    call: CallRecord['call'],
    makeInput: (caller: CallerId) => Input,
    answer: (reply: Reply) => void,
  ): void {
    const { latencyMinUs, latencyMaxUs, dropChance, tailChance, tailMaxUs } = this.swarm.network;
    if (!this.#calmed && this.#random.chance(dropChance / 2)) return;
    const caller = this.#nextCaller++;
    const lateUs =
      !this.#calmed && this.#random.chance(tailChance / 2) ? this.#random.integer(0, tailMaxUs) : 0;
    if (call === ADMINISTRATION) this.administering++;
    this.events.after(this.#random.integer(latencyMinUs, latencyMaxUs) + lateUs, () => {
      if (call === ADMINISTRATION) this.administering--;
      const node = this.node(id);
      if (!node.up) {
        const message = `node ${id} is down`;
        answer({ kind: 'error', caller, code: 'UNREACHABLE', message, leader: undefined });
        return;
      }
      this.#askers.set(caller, { call, askedUs: this.events.nowUs, answer });
      node.give(makeInput(caller));
    });
  }

  #makeClients(): readonly SimulatedClient[] {
    const around = {
      events: this.events,
      marks: this.marks,
      endpoints: this.endpoints,
      timeoutMs: this.swarm.clients.timeoutMs,
      sessionTtlMs: this.swarm.clients.sessionTtlMs,
      doubleChance: this.swarm.network.duplicateChance / 4,
      ask: this.ask.bind(this),
      settled: (record: CallRecord): void => {
        this.calls.push(record);
        this.#readPromises.settled(record);
      },
    };
    const { clients } = this.swarm.clients;
    return Array.from(
      { length: clients },
      (_, at) => new SimulatedClient(at + 1, around, this.#random.fork()),
    );
  }

  #makeWatchers(): readonly Watcher[] {
    const around = {
      events: this.events,
      marks: this.marks,
      endpoints: this.endpoints,
      tell: (id: NodeId, input: Input): boolean => {
        this.node(id).give(input);
        return this.node(id).up;
      },
      newWatchId: (watcher: Watcher): WatchId => {
        const id = this.#nextWatch++;
        this.#watches.set(id, watcher);
        return id;
      },
      compactedRevision: (): Revision => this.safety.reference.compactedRevision,
      calmed: (): boolean => this.#calmed,
    };
    const { watches, keys } = this.swarm.clients;
    return Array.from({ length: watches }, (_, at) => {
      // Few to choose from: watches of one selection are served together.
      const prefix = this.#random.chance(0.7);
      const key = prefix ? this.#random.pick(['', 'k']) : `k${this.#random.integer(1, keys)}`;
      const selection = { machine: 'kv', key, prefix };
      return new Watcher(`watch ${at + 1}`, selection, around, this.#random.fork());
    });
  }
}
