import type { WebSocket } from 'ws';
import { type ErrorCode, StoreError } from '../base/errors.ts';
import type { NodeId } from '../base/flavor.ts';
import { bootstrapConfiguration, type Configuration, NO_CONFIGURATION } from '../raft/configuration.ts';
import type { Message } from '../raft/message.ts';
import type { PeerLost, PeerMessage, PeerVersion } from '../replica/input.ts';
import type { Contradicted } from '../replica/output.ts';
import type { Identity } from '../storage/identity.ts';
import type { PeerEvents } from '../transport/peer-handshake.ts';
import { type Cut, PeerLinks } from '../transport/peer-links.ts';
import type { MemberAddress } from '../wire/client-frames.ts';
import type { NodeConfig } from './config.ts';
import { type EventLog, withoutRepeats } from './event-log.ts';
import { Formation } from './formation.ts';
import { OwnLoss } from './own-loss.ts';
import { Roster } from './roster.ts';

export interface PeerGroupOptions {
  readonly config: NodeConfig;
  readonly identity: Identity;
  readonly saveIdentity: (identity: Identity) => Promise<void>;
  readonly log: EventLog;
  /** By which version the cluster works, as far as this node knows. */
  readonly clusterVersion: () => number;
  /** What peers say, which version they understand at most, and whose connection broke. */
  readonly onInput: (input: PeerMessage | PeerVersion | PeerLost) => void;
  /** Every founder was met: the cluster can be formed. */
  readonly onMet: () => void;
  /** Who the members are, or where, is not as it was. */
  readonly onMembers: () => void;
  /** A peer says that the cluster has removed this node. */
  readonly onRemoved: (message: string) => void;
  readonly onFailure: (error: unknown) => void;
}

/** What a node that joined still wants. */
export interface Wish {
  /** The member in whose place it is to vote. */
  readonly replaces: NodeId | undefined;
}

/**
 * A node among its peers: who they are, who of them may talk to it, its links with them, and what it
 * has to remember about all this.
 */
export class PeerGroup {
  readonly #options: PeerGroupOptions;
  readonly #roster: Roster;
  readonly #formation: Formation;
  readonly #links: PeerLinks;
  #identity: Identity;
  #saving: Promise<void> = Promise.resolve();
  #active: Configuration = NO_CONFIGURATION;
  #committed: Configuration = NO_CONFIGURATION;
  /** What holds for the links: one who is removed is talked to for a while, so that it can hear of it in order. */
  #honoured: Configuration = NO_CONFIGURATION;
  #grace: NodeJS.Timeout | undefined;
  #closed = false;
  readonly #ownLoss = new OwnLoss();

  constructor(options: PeerGroupOptions) {
    const { config, identity } = options;
    this.#options = options;
    this.#identity = identity;
    this.#roster = new Roster(identity, config.address, config.members);
    this.#formation = new Formation(identity, this.#roster, options.clusterVersion);
    this.#links = new PeerLinks({
      self: config.id,
      peers: this.#roster.peers,
      handshake: this.#formation,
      events: this.#events(),
      limits: config.limits,
    });
  }

  /** All members as far as this node knows. */
  get members(): readonly MemberAddress[] {
    return this.#roster.members;
  }

  /** Whom this node can send to now. */
  get up(): readonly NodeId[] {
    return this.#links.up;
  }

  /** The latest version that each of the others understands, as it said last. */
  get versions(): ReadonlyMap<NodeId, number> {
    return this.#formation.protocols;
  }

  get formed(): boolean {
    return this.#formation.formed;
  }

  /** Founders that this node has yet to meet before it is formed. */
  get missing(): readonly NodeId[] {
    return this.#formation.missing;
  }

  get wish(): Wish | undefined {
    const { joined } = this.#identity;
    return joined?.wantsVote === true ? { replaces: joined.replaces } : undefined;
  }

  /** Who makes up the cluster until its log tells: nobody yet for one that joined. The cluster is formed. */
  get founding(): Configuration {
    const { nodeId, incarnation, peers, joined } = this.#identity;
    if (joined !== undefined) return NO_CONFIGURATION;
    return bootstrapConfiguration(
      this.#roster.founders.map(({ id, address }) => ({
        id,
        address,
        incarnation: id === nodeId ? incarnation : (peers?.get(id) ?? ''),
      })),
    );
  }

  start(): void {
    this.#links.start();
  }

  accept(socket: WebSocket, remoteAddress: string): void {
    this.#links.accept(socket, remoteAddress);
  }

  send(messages: readonly Message[]): void {
    this.#links.send(messages);
  }

  /** Cuts off those who contradict what this node knows for sure; unless it is this node that must be wrong. */
  refuse(contradictions: readonly Contradicted[]): void {
    for (const { from, what } of contradictions) this.#links.refuse(from, 'PROTOCOL_VIOLATION', what);
    const loss = this.#ownLoss.among(contradictions);
    if (loss === undefined) return;
    const { onFailure, config } = this.#options;
    const why = `${config.directory} is an older copy of itself, or its disk lost what was synced`;
    onFailure(new StoreError('AMNESIA', `${why}: ${loss}`));
  }

  setCut(cut: Cut): void {
    this.#links.setCut(cut);
  }

  /** Writes down who the founders are, if that was not done before. @throws StoreError DISK_FULL, DISK_FAILED */
  async form(): Promise<void> {
    if (this.#formation.formed) return;
    const identity = this.#formation.complete();
    await this.#save(identity);
    this.#formation.confirm(identity);
    this.#options.log.info('formed', { members: this.#roster.members.length });
  }

  /** Writes down that this node was removed, lest it try again. @throws StoreError DISK_FULL, DISK_FAILED */
  leave(): Promise<void> {
    return this.#save({ ...this.#identity, removed: true });
  }

  /** The latest configuration in the log, and the latest that is committed and applied. */
  follow(active: Configuration, committed: Configuration): void {
    if (this.#closed || (active === this.#active && committed === this.#committed)) return;
    const isKnown = active === this.#active;
    this.#active = active;
    this.#committed = committed;
    const isLeft = (id: NodeId): boolean => !committed.members.has(id) && !active.members.has(id);
    if ([...this.#honoured.members.keys()].some(isLeft)) this.#grace ??= this.#startGrace();
    else this.#honoured = committed;
    this.#update();
    this.#grantWish();
    if (isKnown) return;
    const { voters, outgoing, learners } = active;
    this.#options.log.info('members', {
      voters: listed(voters),
      outgoing: listed(outgoing),
      learners: listed(learners),
    });
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#grace);
    this.#links.close();
  }

  #startGrace(): NodeJS.Timeout {
    const { electionTicksMax, tickMs } = this.#options.config;
    return setTimeout(() => {
      this.#grace = undefined;
      this.#honoured = this.#committed;
      this.#update();
    }, electionTicksMax * tickMs).unref();
  }

  #update(): void {
    this.#roster.follow(this.#active, this.#honoured);
    this.#links.update(this.#roster.peers);
    this.#options.onMembers();
  }

  /** It has the vote that it wanted: what becomes of that later is for others to decide. */
  #grantWish(): void {
    const { joined, nodeId } = this.#identity;
    if (joined?.wantsVote !== true || !this.#committed.voters.includes(nodeId)) return;
    this.#save({ ...this.#identity, joined: { ...joined, wantsVote: false, replaces: undefined } }).catch(
      (error: unknown) => this.#options.onFailure(error),
    );
  }

  /** One after the other: the last one counts. */
  #save(identity: Identity): Promise<void> {
    this.#identity = identity;
    this.#saving = this.#saving.then(() => this.#options.saveIdentity(identity));
    return this.#saving;
  }

  #tellVersion(peer: NodeId): void {
    const version = this.#formation.protocols.get(peer);
    if (version !== undefined) this.#options.onInput({ kind: 'peer-version', peer, version });
  }

  #events(): PeerEvents {
    const { log, onInput, onMet, onRemoved, onFailure } = this.#options;
    const quiet = withoutRepeats(log);
    return {
      onMessages: (messages) => {
        for (const message of messages) onInput({ kind: 'message', message });
      },
      onUp: (peer) => {
        log.info('peer up', { peer });
        this.#tellVersion(peer);
        if (!this.formed && this.missing.length === 0) onMet();
      },
      onDown: (peer, reason) => {
        onInput({ kind: 'peer-lost', peer });
        if (!this.#closed) log.warn('peer down', { peer, reason });
      },
      onRefused: (peer: NodeId | undefined, code: ErrorCode, message: string) =>
        quiet.warn('peer refused', { peer, code, message }),
      onAmnesia: (message) => onFailure(new StoreError('AMNESIA', message)),
      onRemoved,
      onCaller: ({ nodeId, address }) => {
        this.#tellVersion(nodeId);
        if (this.#roster.heard(nodeId, address)) this.#update();
      },
      onCallerLost: (peer) => {
        if (this.#roster.gone(peer)) this.#update();
      },
    };
  }
}

function listed(ids: readonly NodeId[]): string | undefined {
  return ids.join(',') || undefined;
}
