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
import { randomInt } from 'node:crypto';
import type { ErrorCode } from '../base/errors.ts';
import { SeededRandom } from '../base/seeded-random.ts';
import { createKv } from '../machine/kv/kv.ts';
import { registry } from '../machine/registry/registry.ts';
import { createRoot, type Root } from '../machine/root.ts';
import { shop } from '../machine/shop/shop.ts';
import type { ReplicaStatus } from '../replica/input.ts';
import { Replica } from '../replica/replica.ts';
import type { Restored } from '../replica/restored.ts';
import type { PeerEvents } from '../transport/peer-handshake.ts';
import { PeerLinks } from '../transport/peer-links.ts';
import type { NodeStatus } from '../wire/client-frames.ts';
import { msgpackCodec } from '../wire/msgpack-codec.ts';
import { sha256Digest } from '../wire/sha256-digest.ts';
import { formatAddress } from './address.ts';
import { ClientHub } from './client-hub.ts';
import { initialConfiguration, type NodeConfig, replicaConfig } from './config.ts';
import { DiskWriter } from './disk-writer.ts';
import { type EventLog, SILENT_LOG, withoutRepeats } from './event-log.ts';
import { Formation } from './formation.ts';
import { Listener } from './listener.ts';
import { nodeStatus, StatusWatch } from './node-status.ts';
import { openStorages } from './open-storages.ts';
import { restore } from './restore.ts';
import { Roster } from './roster.ts';
import { failureOf, type StopReason } from './stop-reason.ts';
import type { NodeStorages, OpenStorages } from './storages.ts';
import { TurnLoop } from './turn-loop.ts';

export interface RunningNode {
  /** `host:port` where it listens. */
  readonly address: string;
  status(): NodeStatus;
  /** Finishes what is on its way, brings it to the disk, and closes. Fulfilled when all is closed. */
  stop(): Promise<void>;
  /** Fulfilled when the node is closed, whoever closed it. */
  readonly stopped: Promise<StopReason>;
}

export interface NodeParts {
  readonly log?: EventLog;
  /** Another place for all that is kept: for tests. */
  readonly openStorages?: OpenStorages;
}

/** The same line about a peer is logged once in this time. */
const REPEAT_MS = 10_000;
const DRAIN_POLL_MS = 5;

/** The running part: what there is once the node is formed. */
interface Core {
  readonly replica: Replica;
  readonly disk: DiskWriter;
  readonly loop: TurnLoop;
}

/**
 * Starts a node.
 *
 * @throws StoreError CONFIG_INVALID, PORT_IN_USE, DIRECTORY_LOCKED, DIRECTORY_MISMATCH, LOG_CORRUPT,
 *   AMNESIA, DISK_FULL, DISK_FAILED
 */
export async function startNode(config: NodeConfig, parts: NodeParts = {}): Promise<RunningNode> {
  const kv = createKv({ valueBytesMax: config.limits.valueBytesMax });
  const root = createRoot([kv, registry, shop, ...config.machines]);
  const log = parts.log ?? SILENT_LOG;
  const storages = await (parts.openStorages ?? openStorages)(config);
  try {
    const contents = await storages.log.open();
    const state = await storages.state.open();
    if (state.setAside !== undefined) log.warn('state set aside', { ...state.setAside });
    if (contents.damage !== undefined) {
      const { what, first, anchor } = contents.damage;
      log.warn('log damaged', { what, first, last: anchor.index });
    }
    const restored = await restore(storages.log, contents, state, initialConfiguration(config));
    const node = new Node(config, root, log, storages, restored);
    await node.start();
    return node;
  } catch (error) {
    await closeAll(storages);
    throw error;
  }
}

class Node implements RunningNode {
  readonly stopped: Promise<StopReason>;
  readonly #config: NodeConfig;
  readonly #root: Root;
  readonly #log: EventLog;
  readonly #storages: NodeStorages;
  readonly #roster: Roster;
  readonly #formation: Formation;
  readonly #links: PeerLinks;
  readonly #hub: ClientHub;
  readonly #watch: StatusWatch;
  readonly #startedMs: number = performance.now();
  #restored: Restored | undefined;
  #core: Core | undefined;
  #listener: Listener | undefined;
  #ticker: NodeJS.Timeout | undefined;
  #forming = false;
  #stop: StopReason | undefined;
  #closed: (reason: StopReason) => void = () => undefined;

  constructor(config: NodeConfig, root: Root, log: EventLog, storages: NodeStorages, restored: Restored) {
    this.#config = config;
    this.#root = root;
    this.#log = log;
    this.#storages = storages;
    this.#restored = restored;
    this.stopped = new Promise((resolve) => (this.#closed = resolve));
    const { id, clusterId, limits } = config;
    this.#roster = new Roster(storages.identity, config.address, config.members);
    this.#formation = new Formation(storages.identity, this.#roster);
    this.#links = new PeerLinks({
      self: id,
      peers: this.#roster.peers,
      handshake: this.#formation,
      events: this.#peerEvents(),
      limits,
    });
    this.#watch = new StatusWatch(log, 2 * config.electionTicksMax);
    this.#hub = new ClientHub({
      root,
      limits,
      log: withoutRepeats(log, REPEAT_MS),
      clusterId,
      welcome: () => ({
        kind: 'welcome',
        clusterId,
        nodeId: id,
        members: this.#roster.members,
        leader: this.#replicaStatus()?.leader,
      }),
      status: () => this.status(),
      refusal: () => this.#refusal(),
      leader: () => this.#replicaStatus()?.leader,
      onInput: (input) => this.#core?.loop.push(input),
    });
  }

  get address(): string {
    return formatAddress(this.#listener?.address ?? this.#config.listen);
  }

  async start(): Promise<void> {
    const { config, formation } = { config: this.#config, formation: this.#formation };
    this.#listener = await Listener.open({
      listen: config.listen,
      limits: config.limits,
      originsAllowed: config.originsAllowed,
      http: {
        status: () => this.status(),
        notReady: () => this.#notReady(),
        setCut: config.allowFaults ? (cut) => this.#links.setCut(cut) : undefined,
      },
      onPeer: (socket, remoteAddress) => this.#links.accept(socket, remoteAddress),
      onClient: (socket, remoteAddress) => this.#hub.accept(socket, remoteAddress),
    });
    this.#logStart();
    if (formation.missing.length === 0) await this.#form();
    else this.#log.info('forming', { waitsFor: formation.missing.join(',') });
    this.#links.start();
    this.#ticker = setInterval(() => this.#tick(), config.tickMs);
  }

  status(): NodeStatus {
    return nodeStatus(
      this.#config,
      this.#replicaStatus(),
      this.#hub.connections,
      performance.now() - this.#startedMs,
    );
  }

  async stop(): Promise<void> {
    if (this.#stop === undefined) {
      this.#stop = { kind: 'asked' };
      this.#log.info('stopping');
      this.#listener?.close();
      await this.#drain();
      await this.#close({ kind: 'asked' });
    }
    await this.stopped;
  }

  #peerEvents(): PeerEvents {
    const log = withoutRepeats(this.#log, REPEAT_MS);
    return {
      onMessages: (messages) => {
        for (const message of messages) this.#core?.loop.push({ kind: 'message', message });
      },
      onUp: (peer) => {
        this.#log.info('peer up', { peer });
        if (this.#formation.missing.length === 0 && !this.#formation.formed) void this.#form();
      },
      onDown: (peer, reason) => {
        if (this.#stop === undefined) this.#log.warn('peer down', { peer, reason });
      },
      onRefused: (peer, code, message) => log.warn('peer refused', { peer, code, message }),
      onAmnesia: (message) => this.#fail({ kind: 'failed', code: 'AMNESIA', message }),
      onRemoved: (message) => void this.#leave(message),
      onCaller: ({ nodeId, address }) => {
        if (this.#roster.heard(nodeId, address)) this.#links.update(this.#roster.peers);
      },
      onCallerLost: (peer) => {
        if (this.#roster.gone(peer)) this.#links.update(this.#roster.peers);
      },
    };
  }

  /** Writes down who the members are, if that was not done before, and begins to take part. */
  async #form(): Promise<void> {
    if (this.#forming) return;
    this.#forming = true;
    if (!this.#formation.formed) {
      const identity = this.#formation.complete();
      try {
        await this.#storages.saveIdentity(identity);
      } catch (error) {
        return this.#fail(failureOf(error));
      }
      this.#formation.confirm(identity);
      this.#log.info('formed', { members: this.#config.members.length });
    }
    if (this.#stop === undefined) this.#core = this.#startCore();
  }

  #startCore(): Core {
    const restored = this.#restored;
    if (restored === undefined) throw new TypeError('the core starts once');
    this.#restored = undefined;
    const random = new SeededRandom(randomInt(2 ** 47));
    const replica = new Replica({
      config: replicaConfig(this.#config),
      root: this.#root,
      codec: msgpackCodec,
      digest: sha256Digest,
      random,
      restored,
    });
    const disk = new DiskWriter({
      log: this.#storages.log,
      state: this.#storages.state,
      applied: restored.applied,
      onInput: (input) => loop.push(input),
      onFailure: (error) => this.#fail(failureOf(error)),
    });
    const loop = new TurnLoop({
      replica,
      disk,
      limits: this.#config.limits,
      onOutput: ({ send, replies, watches, replaceState }) => {
        if (replaceState !== undefined)
          this.#log.info('snapshot installed', { index: replaceState.applied.index });
        this.#links.send(send);
        this.#hub.deliver(replies, watches);
      },
      onRefused: (replies) => this.#hub.deliver(replies, []),
    });
    return { replica, disk, loop };
  }

  /** A timer that fires late fires once: after a stall there is one tick, never a bunch of them. */
  #tick(): void {
    const core = this.#core;
    if (core === undefined) return;
    core.loop.push({ kind: 'tick' });
    this.#watch.tick(core.replica.status());
    if (this.#watch.leaderless)
      this.#hub.endWatches('NO_LEADER', 'this node knows no leader: ask another one');
  }

  #refusal(): { readonly code: ErrorCode; readonly message: string } | undefined {
    if (this.#stop !== undefined) return { code: 'SHUTTING_DOWN', message: 'this node is shutting down' };
    if (this.#core === undefined) {
      const missing = this.#formation.missing.join(', ');
      return { code: 'NO_LEADER', message: `the cluster is forming: this node waits for node ${missing}` };
    }
    return undefined;
  }

  #notReady(): string | undefined {
    const refusal = this.#refusal();
    return refusal === undefined ? this.#watch.notReady(this.#replicaStatus()) : refusal.message;
  }

  #replicaStatus(): ReplicaStatus | undefined {
    return this.#core?.replica.status();
  }

  #fail(reason: Extract<StopReason, { kind: 'failed' }>): void {
    if (this.#stop?.kind === 'failed') return;
    const closes = this.#stop === undefined;
    this.#stop = reason;
    this.#log.error('node failed', { code: reason.code, message: reason.message });
    this.#core?.loop.stop();
    if (closes) void this.#close(reason);
  }

  /** The cluster has removed this node: it says so to itself, lest it try again, and stops. */
  async #leave(message: string): Promise<void> {
    if (this.#stop !== undefined) return;
    try {
      await this.#storages.saveIdentity({ ...this.#storages.identity, removed: true });
    } catch (error) {
      return this.#fail(failureOf(error));
    }
    this.#fail({ kind: 'failed', code: 'MEMBER_REMOVED', message });
  }

  /** Requests that are on their way may end, for a while; no others are taken. */
  async #drain(): Promise<void> {
    const untilMs = performance.now() + this.#config.limits.drainMs;
    while (this.#hub.waiting > 0 && performance.now() < untilMs && this.#stop?.kind === 'asked') {
      await new Promise((resolve) => setTimeout(resolve, DRAIN_POLL_MS));
    }
  }

  async #close(reason: StopReason): Promise<void> {
    clearInterval(this.#ticker);
    this.#core?.loop.stop();
    this.#hub.close('SHUTTING_DOWN', 'this node is shutting down');
    this.#links.close();
    this.#listener?.close();
    try {
      await this.#core?.disk.settle();
      if (reason.kind === 'asked' && this.#core !== undefined) await this.#storages.state.sync();
    } catch (error) {
      this.#fail(failureOf(error));
    }
    await closeAll(this.#storages, this.#log);
    const final = this.#stop ?? reason;
    this.#log.info('stopped', final.kind === 'asked' ? {} : { code: final.code });
    this.#closed(final);
  }

  #logStart(): void {
    const { id, clusterId, version, directory, members } = this.#config;
    const { hardState, base, entries, applied } = this.#restored ?? {};
    this.#log.info('node started', {
      node: id,
      cluster: clusterId,
      version,
      pid: process.pid,
      address: this.address,
      members: members.map((member) => `${member.id}=${member.address}`).join(','),
      directory,
      term: hardState?.term,
      lastIndex: entries?.at(-1)?.index ?? base?.index,
      appliedIndex: applied?.index,
    });
  }
}

/** Closes what can be closed; a storage that failed may fail again. */
async function closeAll(storages: NodeStorages, log: EventLog = SILENT_LOG): Promise<void> {
  for (const close of [() => storages.log.close(), () => storages.state.close(), () => storages.release()]) {
    try {
      await close();
    } catch (error) {
      log.warn('close failed', { message: error instanceof Error ? error.message : String(error) });
    }
  }
}
