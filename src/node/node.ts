/**
 * A whole node: one port, one data directory, one replica between them.
 *
 * A node starts by reading its disk. If it is formed (see `formation.ts`) the replica starts at once,
 * otherwise when every member was met. From then on everything is a turn (see `turn-loop.ts`): what
 * sockets, timers and disks bring is gathered, the replica decides, and its output goes to the disk
 * (`disk-writer.ts`), to the peers (`src/transport`) and to the clients (`client-hub.ts`).
 *
 * Whatever goes wrong with a connection stays there. Whatever goes wrong with the disk stops the
 * node, with a reason; what contradicts our own reasoning ends the process.
 */
import type { ErrorCode } from '../base/errors.ts';
import { FIRST_VERSION } from '../base/version.ts';
import { createKv } from '../machine/kv/kv.ts';
import { registry } from '../machine/registry/registry.ts';
import { createRoot, type Root } from '../machine/root.ts';
import { shop } from '../machine/shop/shop.ts';
import { NO_CONFIGURATION } from '../raft/configuration.ts';
import type { ReplicaStatus } from '../replica/input.ts';
import type { Output } from '../replica/output.ts';
import type { Replica } from '../replica/replica.ts';
import type { Restored } from '../replica/restored.ts';
import type { Identity } from '../storage/identity.ts';
import type { MemberAddress, NodeStatus } from '../wire/client-frames.ts';
import type { ClusterView } from './admin-desk.ts';
import { formatAddress } from './address.ts';
import { ClientHub } from './client-hub.ts';
import type { NodeConfig } from './config.ts';
import { type Core, settleDisk, startCore } from './core.ts';
import { type EventLog, SILENT_LOG, withoutRepeats } from './event-log.ts';
import { handOver } from './hand-over.ts';
import { noteDivergence } from './divergence.ts';
import { Listener } from './listener.ts';
import { nodeStatus, StatusWatch } from './node-status.ts';
import { openStorages } from './open-storages.ts';
import { poll } from './poll.ts';
import { PeerGroup, type Wish } from './peer-group.ts';
import { restore, tellDamage } from './restore.ts';
import { startFields } from './start-fields.ts';
import { failureOf, outdated, type StopReason } from './stop-reason.ts';
import { type SpaceWatch, watchSpace } from './space-watch.ts';
import { closeStorages, type NodeStorages, type OpenStorages, settleIn } from './storages.ts';

export interface RunningNode {
  /** `host:port` where it listens. */
  readonly address: string;
  status(): NodeStatus;
  /** All members of the cluster, as far as this node knows. */
  readonly members: readonly MemberAddress[];
  /** What a node that joined still wants: a vote. Undefined once it has it, or if it wants none. */
  readonly wish: Wish | undefined;
  /**
   * Lets another node lead, finishes what is on its way, brings it to the disk, and closes. Fulfilled
   * when all is closed.
   */
  stop(): Promise<void>;
  /** Fulfilled when the node is closed, whoever closed it. */
  readonly stopped: Promise<StopReason>;
}

export interface NodeParts {
  readonly log?: EventLog;
  /** Another place for all that is kept: for tests. */
  readonly openStorages?: OpenStorages;
}

/**
 * Starts a node.
 *
 * @throws StoreError CONFIG_INVALID, PORT_IN_USE, DIRECTORY_LOCKED, DIRECTORY_MISMATCH, LOG_CORRUPT,
 *   AMNESIA, MEMBER_REMOVED, DISK_FULL, DISK_FAILED
 */
export async function startNode(config: NodeConfig, parts: NodeParts = {}): Promise<RunningNode> {
  const kv = createKv({ valueBytesMax: config.limits.valueBytesMax });
  const root = createRoot([kv, registry, shop, ...config.machines]);
  const log = parts.log ?? SILENT_LOG;
  const storages = await (parts.openStorages ?? openStorages)(config);
  try {
    const opening = [storages.log.open(), storages.state.open()] as const;
    // Both have come to an end before anything is closed.
    await Promise.allSettled(opening);
    const [contents, state] = await Promise.all(opening);
    const identity = await settleIn(storages);
    const restored = await restore(storages.log, contents, state, NO_CONFIGURATION);
    tellDamage(contents, state, restored, identity, log);
    const node = new Node(config, root, log, storages, identity, restored);
    await node.start();
    return node;
  } catch (error) {
    await closeStorages(storages);
    throw error;
  }
}

class Node implements RunningNode {
  readonly stopped: Promise<StopReason>;
  readonly #config: NodeConfig;
  readonly #root: Root;
  readonly #log: EventLog;
  readonly #storages: NodeStorages;
  readonly #peers: PeerGroup;
  readonly #hub: ClientHub;
  readonly #watch: StatusWatch;
  readonly #space: SpaceWatch;
  readonly #startedMs: number = performance.now();
  #restored: Restored | undefined;
  #core: Core | undefined;
  #listener: Listener | undefined;
  #ticker: NodeJS.Timeout | undefined;
  #forming = false;
  #leaving = false;
  /** As the clients were told last. */
  #leader: number | undefined;
  #stop: StopReason | undefined;
  #closed: (reason: StopReason) => void = () => undefined;

  constructor(
    config: NodeConfig,
    root: Root,
    log: EventLog,
    storages: NodeStorages,
    identity: Identity,
    restored: Restored,
  ) {
    this.#config = config;
    this.#root = root;
    this.#log = log;
    this.#storages = storages;
    this.#restored = restored;
    this.stopped = new Promise((resolve) => (this.#closed = resolve));
    this.#peers = this.#peerGroup(identity);
    this.#space = watchSpace(config, storages.log, log, (room) =>
      this.#core?.loop.push({ kind: 'room', room }),
    );
    this.#watch = new StatusWatch(log, 2 * config.electionTicksMax);
    this.#hub = this.#clientHub();
  }

  #peerGroup(identity: Identity): PeerGroup {
    return new PeerGroup({
      config: this.#config,
      identity,
      saveIdentity: (changed) => this.#storages.saveIdentity(changed),
      log: this.#log,
      clusterVersion: () => this.#replicaStatus()?.clusterVersion ?? FIRST_VERSION,
      onInput: (input) => this.#core?.loop.push(input),
      onMet: () => void this.#form(),
      onMembers: () => this.#announce(),
      onRemoved: (message) => void this.#leave(message),
      onFailure: (error) => this.#fail(failureOf(error)),
    });
  }

  #clientHub(): ClientHub {
    const { id, clusterId, limits } = this.#config;
    return new ClientHub({
      root: this.#root,
      limits,
      log: withoutRepeats(this.#log),
      clusterId,
      welcome: () => ({
        kind: 'welcome',
        clusterId,
        nodeId: id,
        members: this.members,
        leader: this.#core?.replica.leader,
      }),
      status: () => this.status(),
      refusal: () => this.#refusal(),
      leader: () => this.#core?.replica.leader,
      cluster: () => this.#clusterView(),
      onInput: (input) => this.#core?.loop.push(input),
    });
  }

  get address(): string {
    return formatAddress(this.#listener?.address ?? this.#config.listen);
  }

  get members(): readonly MemberAddress[] {
    return this.#peers.members;
  }

  get wish(): Wish | undefined {
    return this.#peers.wish;
  }

  async start(): Promise<void> {
    const config = this.#config;
    const peers = this.#peers;
    this.#listener = await Listener.open({
      listen: config.listen,
      limits: config.limits,
      originsAllowed: config.originsAllowed,
      http: {
        status: () => this.status(),
        notReady: () => this.#notReady(),
        setCut: config.allowFaults ? (cut) => peers.setCut(cut) : undefined,
      },
      onPeer: (socket, remoteAddress) => peers.accept(socket, remoteAddress),
      onClient: (socket, remoteAddress) => this.#hub.accept(socket, remoteAddress),
    });
    await this.#space.start();
    this.#log.info('node started', startFields(this.#config, this.address, this.#restored));
    if (peers.missing.length === 0) await this.#form();
    else this.#log.info('forming', { waitsFor: peers.missing.join(',') });
    peers.start();
    this.#ticker = setInterval(() => this.#tick(), config.tickMs);
  }

  status(): NodeStatus {
    return nodeStatus(
      this.#config,
      this.#replicaStatus(),
      this.#hub.connections,
      performance.now() - this.#startedMs,
      this.#space.alarm,
    );
  }

  async stop(): Promise<void> {
    if (!this.#leaving && this.#stop === undefined) {
      this.#leaving = true;
      this.#log.info('stopping');
      await this.#handOver();
      await this.#end({ kind: 'asked' });
    }
    await this.stopped;
  }

  /** Writes down who the founders are, if that was not done before, and begins to take part. */
  async #form(): Promise<void> {
    if (this.#forming) return;
    this.#forming = true;
    try {
      await this.#peers.form();
    } catch (error) {
      return this.#fail(failureOf(error));
    }
    if (this.#stop !== undefined) return;
    this.#core = this.#startCore();
    for (const [peer, version] of this.#peers.versions)
      this.#core.loop.push({ kind: 'peer-version', peer, version });
    this.#core.loop.push({ kind: 'room', room: this.#space.room });
  }

  #startCore(): Core {
    const restored = this.#restored;
    if (restored === undefined) throw new TypeError('the core starts once');
    this.#restored = undefined;
    const core = startCore({
      config: this.#config,
      root: this.#root,
      storages: this.#storages,
      restored: { ...restored, configuration: this.#peers.founding },
      onOutput: (output) => this.#carryOut(output, core.replica),
      onRefused: (replies) => this.#hub.deliver(replies, []),
      onDiskFailure: (error) => this.#fail(failureOf(error)),
    });
    this.#peers.follow(core.replica.configuration, core.replica.committedConfiguration);
    return core;
  }

  /** What a turn wants done, but for the disk's part. */
  #carryOut(output: Output, replica: Replica): void {
    const { send, replies, watches, replaceState, contradictions, removed, divergence } = output;
    if (divergence !== undefined) {
      // The others name it once they hear what it holds; nothing else that it says counts any more.
      this.#peers.send(send.filter(({ kind }) => kind === 'state-hash'));
      this.#core?.loop.stop();
      return void noteDivergence(this.#config.directory, divergence).then((reason) => this.#fail(reason));
    }
    if (output.outdated) return this.#fail(outdated(replica.status()));
    if (replaceState !== undefined)
      this.#log.info('snapshot installed', { index: replaceState.applied.index });
    this.#peers.refuse(contradictions);
    // What the others must store goes out first; what they are only told can wait for the answers.
    if (output.write === undefined) this.#hub.deliver(replies, watches);
    this.#peers.send(send);
    this.#peers.follow(replica.configuration, replica.committedConfiguration);
    if (replica.leader !== this.#leader) {
      this.#leader = replica.leader;
      this.#announce();
    }
    if (output.write !== undefined) this.#hub.deliver(replies, watches);
    if (removed) void this.#leave('the cluster has removed this node');
  }

  /** Tells the clients who the members are now, and who leads. */
  #announce(): void {
    this.#hub.announce({ kind: 'cluster', members: this.members, leader: this.#core?.replica.leader });
  }

  /** A timer that fires late fires once: after a stall there is one tick, never a bunch of them. */
  #tick(): void {
    const core = this.#core;
    if (core === undefined) return;
    core.loop.push({ kind: 'tick' });
    this.#watch.tick(core.replica.raftStatus());
    if (this.#watch.leaderless)
      this.#hub.endWatches('NO_LEADER', 'this node knows no leader: ask another one');
  }

  #refusal(): { readonly code: ErrorCode; readonly message: string } | undefined {
    if (this.#stop !== undefined) return { code: 'SHUTTING_DOWN', message: 'this node is shutting down' };
    if (this.#core === undefined && this.#peers.formed)
      return { code: 'NO_LEADER', message: 'this node is starting' };
    if (this.#core === undefined) {
      const missing = this.#peers.missing.join(', ');
      return { code: 'NO_LEADER', message: `the cluster is forming: this node waits for node ${missing}` };
    }
    return undefined;
  }

  #notReady(): string | undefined {
    if (this.#leaving) return 'this node is about to stop';
    const refusal = this.#refusal();
    return refusal === undefined ? this.#watch.notReady(this.#replicaStatus()) : refusal.message;
  }

  #replicaStatus(): ReplicaStatus | undefined {
    return this.#core?.replica.status();
  }

  #clusterView(): ClusterView | undefined {
    const replica = this.#core?.replica;
    if (replica === undefined) return undefined;
    const { configuration: active, committedConfiguration: committed } = replica;
    return { status: replica.status(), members: this.members, active, committed };
  }

  #fail(reason: Extract<StopReason, { kind: 'failed' }>): void {
    if (this.#stop?.kind === 'failed') return;
    const closes = this.#stop === undefined;
    this.#stop = reason;
    this.#log.error('node failed', { code: reason.code, message: reason.message });
    this.#core?.loop.stop();
    if (closes) void this.#close(reason);
  }

  /** The cluster has removed this node. It writes that down, lest it try again, and stops. */
  async #leave(message: string): Promise<void> {
    if (this.#stop !== undefined || this.#leaving) return;
    this.#leaving = true;
    try {
      await this.#peers.leave();
    } catch (error) {
      return this.#fail(failureOf(error));
    }
    if (this.#stop !== undefined) return;
    this.#log.error('removed', { message });
    // Nobody tells it any longer who leads, so those who wait for that had better ask another node.
    const reason: StopReason = { kind: 'failed', code: 'MEMBER_REMOVED', message };
    this.#stop = reason;
    await this.#close(reason);
  }

  async #handOver(): Promise<void> {
    const replica = this.#core?.replica;
    if (replica === undefined) return;
    await handOver({
      self: this.#config.id,
      replica,
      hub: this.#hub,
      up: () => this.#peers.up,
      isOver: () => this.#stop !== undefined,
      log: this.#log,
    });
  }

  /** Requests that are on their way may end, for a while; no others are taken. */
  async #end(reason: StopReason): Promise<void> {
    if (this.#stop !== undefined) return;
    this.#stop = reason;
    this.#listener?.close();
    const untilMs = performance.now() + this.#config.limits.drainMs;
    while (this.#hub.waiting > 0 && performance.now() < untilMs && this.#stop === reason) await poll();
    await this.#close(reason);
  }

  async #close(reason: StopReason): Promise<void> {
    clearInterval(this.#ticker);
    this.#space.stop();
    this.#core?.loop.stop();
    this.#hub.close('SHUTTING_DOWN', 'this node is shutting down');
    this.#peers.close();
    this.#listener?.close();
    try {
      const storesAll = reason.kind === 'asked' && this.#space.room === 'ample';
      if (this.#core !== undefined) await settleDisk(this.#core, storesAll);
    } catch (error) {
      this.#fail(failureOf(error));
    }
    await closeStorages(this.#storages, this.#log);
    const final = this.#stop ?? reason;
    this.#log.info('stopped', final.kind === 'asked' ? {} : { code: final.code });
    this.#closed(final);
  }
}
