import type { NodeId } from '../base/flavor.ts';
import { StoreError } from '../base/errors.ts';
import type { ClusterFrame } from '../wire/admin-frames.ts';
import type { ClientFrame, MemberAddress, ServerFrame, WelcomeFrame } from '../wire/client-frames.ts';
import { Backoff } from './backoff.ts';
import { Link } from './link.ts';
import type { LinkHandler } from './link.ts';
import type { ClientSettings } from './options.ts';

/** A node that did not answer within this time gets company: the next one is asked as well. */
const HEDGE_MS = 300;
/** A leader that is disowned sooner than this after the last one makes the client wait. */
const CALM_MS = 200;
/** A node that does not know the leader has this long to learn and tell, before others are asked. */
const TOLD_MS = 50;

/** Whom the connection tells. */
export interface ConnectionHandler {
  /** `connection.current` is another link now; what was sent on an earlier one gets no answer. */
  onSwitch(): void;
  /** The node of the current link leads again: what was sent on it is still on its way. */
  onLeading(): void;
  /** Whether someone waits for a connection; nobody's waiting keeps no process alive. */
  isWanted(): boolean;
  onFrames(frames: readonly ServerFrame[]): void;
  onDrain(): void;
  onRefused(frame: ClientFrame, error: StoreError): void;
}

/**
 * Keeps one connection to the leader: asks the known nodes in turn, follows what they say about who
 * leads, and starts over when the leader goes. In between it holds on to some other node, which is
 * good enough for stale reads, and tells when it hears of a leader.
 */
export class Connection {
  readonly #settings: ClientSettings;
  readonly #handler: ConnectionHandler;
  readonly #linkHandler: LinkHandler;
  readonly #backoff: Backoff;
  readonly #members = new Map<NodeId, string>();
  readonly #dialling = new Set<Link>();
  /** Asked since the last wait; each node is asked once between two waits. */
  readonly #tried = new Set<string>();
  #clusterId: string | undefined;
  #current: Link | undefined;
  #leading = false;
  #disownedMs = -Infinity;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  /** Why no node can be reached, if none can. */
  lastFailure: StoreError | undefined;

  constructor(settings: ClientSettings, handler: ConnectionHandler) {
    this.#settings = settings;
    this.#handler = handler;
    this.#backoff = new Backoff(settings.backoffMinMs, settings.backoffMaxMs);
    this.#linkHandler = {
      onWelcome: (link, welcome) => this.#onWelcome(link, welcome),
      onFrames: (link, frames) => {
        if (link !== this.#current) return;
        this.#handler.onFrames(frames);
        for (const frame of frames) if (frame.kind === 'cluster') this.#onCluster(link, frame);
      },
      onDrain: (link) => {
        if (link === this.#current) this.#handler.onDrain();
      },
      onRefused: (_link, frame, error) => this.#handler.onRefused(frame, error),
      onDown: (link, error) => this.#onDown(link, error),
    };
  }

  /** A link to any node. */
  get current(): Link | undefined {
    return this.#current;
  }

  /** The link to the leader. */
  get leader(): Link | undefined {
    return this.#leading ? this.#current : undefined;
  }

  /** Of the first node that was met. */
  get clusterId(): string | undefined {
    return this.#clusterId;
  }

  /** Addresses of the nodes, as the last one that was met named them. */
  get members(): ReadonlyMap<NodeId, string> {
    return this.#members;
  }

  /** Endpoints learnt and given: the members may all be others by now than those that were given. */
  get endpoints(): readonly string[] {
    return [...new Set([...this.#members.values(), ...this.#settings.endpoints])];
  }

  /** Begins to connect, if that was not done yet. Someone waits, so the process must live on. */
  open(): void {
    if (this.#closed || this.#leading) return;
    if (this.#timer === undefined && this.#dialling.size === 0) this.#seek();
    else this.#timer?.ref();
  }

  /** The current node does not lead; perhaps it said who does. */
  disown(leader: NodeId | undefined): void {
    if (!this.#leading || this.#closed) return;
    this.#leading = false;
    const nowMs = performance.now();
    const calm = nowMs - this.#disownedMs > CALM_MS;
    this.#disownedMs = nowMs;
    const address = this.#addressOfOther(leader);
    if (!calm) this.#rest();
    else if (address === undefined) this.#arm(TOLD_MS, () => this.#seek());
    else this.#dial(address);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#leading = false;
    clearTimeout(this.#timer);
    const links = this.#current === undefined ? [...this.#dialling] : [this.#current, ...this.#dialling];
    this.#current = undefined;
    this.#dialling.clear();
    await Promise.all(links.map((link) => link.close()));
  }

  /** Asks the next node, or waits when all were asked. */
  #seek(): void {
    if (this.#closed || this.#leading) return;
    const next = this.endpoints.find((endpoint) => !this.#tried.has(endpoint));
    if (next !== undefined) this.#dial(next);
    else if (this.#dialling.size === 0) this.#rest();
  }

  #rest(): void {
    this.#arm(this.#backoff.nextMs(), () => {
      this.#tried.clear();
      this.#seek();
    });
  }

  #dial(endpoint: string): void {
    this.#tried.add(endpoint);
    this.#dialling.add(new Link(endpoint, this.#settings, this.#linkHandler));
    this.#arm(HEDGE_MS, () => this.#seek());
  }

  #arm(delayMs: number, action: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      action();
    }, delayMs);
    if (!this.#handler.isWanted()) this.#timer.unref();
  }

  #onWelcome(link: Link, welcome: WelcomeFrame): void {
    if (this.#isForeign(welcome)) {
      void link.close();
      const message = `the node is of cluster ${welcome.clusterId}, not ${this.#clusterId}`;
      this.#onDown(link, new StoreError('CLUSTER_MISMATCH', message));
      return;
    }
    this.#dialling.delete(link);
    this.#learn(welcome.members);
    if (welcome.leader === welcome.nodeId) {
      this.#adopt(link, { leading: true });
      return;
    }
    // A follower is held only for want of something better; the one that was first will do.
    if (this.#current === undefined) this.#adopt(link, { leading: false });
    else void link.close();
    const address = welcome.leader === undefined ? undefined : this.#members.get(welcome.leader);
    if (address !== undefined && !this.#tried.has(address)) this.#dial(address);
    else this.#seek();
  }

  /** The node that is held tells of a change: of the members, or of the leader. */
  #onCluster(link: Link, { members, leader }: ClusterFrame): void {
    if (link !== this.#current) return;
    this.#learn(members);
    if (leader === undefined) return;
    if (leader === link.nodeId) {
      if (!this.#leading) this.#lead(link);
      return;
    }
    this.#leading = false;
    const address = this.#members.get(leader);
    if (address === undefined) return this.#seek();
    if ([...this.#dialling].some(({ endpoint }) => endpoint === address)) return;
    this.#dial(address);
  }

  #learn(members: readonly MemberAddress[]): void {
    this.#members.clear();
    for (const { id, address } of members) this.#members.set(id, address);
  }

  /** Where a leader is found, if it is known and is not the node that is held. */
  #addressOfOther(leader: NodeId | undefined): string | undefined {
    return leader === undefined || leader === this.#current?.nodeId ? undefined : this.#members.get(leader);
  }

  /**
   * The client stays with the first cluster that it met, even if another one answers at the same
   * addresses later: a session of the one means something else in the other.
   */
  #isForeign({ clusterId }: WelcomeFrame): boolean {
    this.#clusterId ??= clusterId;
    return this.#clusterId !== clusterId;
  }

  #adopt(link: Link, { leading }: { leading: boolean }): void {
    const previous = this.#current;
    this.#current = link;
    this.#leading = leading;
    this.lastFailure = undefined;
    if (leading) this.#settle();
    if (previous !== undefined) void previous.close();
    this.#settings.onConnection({ kind: 'connected', endpoint: link.endpoint, leader: leading });
    this.#handler.onSwitch();
  }

  /** The node that is held says that it leads. */
  #lead(link: Link): void {
    this.#leading = true;
    this.#settle();
    this.#settings.onConnection({ kind: 'connected', endpoint: link.endpoint, leader: true });
    this.#handler.onLeading();
  }

  /** The leader is found: nobody else is asked. */
  #settle(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#tried.clear();
    this.#backoff.reset();
    for (const other of this.#dialling) void other.close();
    this.#dialling.clear();
  }

  #onDown(link: Link, error: StoreError): void {
    if (this.#closed) return;
    const { endpoint } = link;
    this.lastFailure = error;
    if (link === this.#current) {
      this.#current = undefined;
      this.#leading = false;
      this.#tried.add(endpoint);
      this.#settings.onConnection({ kind: 'disconnected', endpoint, reason: error.message });
      this.#handler.onSwitch();
    } else {
      this.#dialling.delete(link);
      this.#settings.onConnection({ kind: 'unreachable', endpoint, reason: error.message });
    }
    this.#seek();
  }
}
