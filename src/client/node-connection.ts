import type { NodeId } from '../base/flavor.ts';
import { StoreError } from '../base/errors.ts';
import type { ClientFrame, ServerFrame, WelcomeFrame } from '../wire/client-frames.ts';
import { Backoff } from './backoff.ts';
import type { CallLinks } from './calls.ts';
import { Link } from './link.ts';
import type { LinkHandler } from './link.ts';
import type { ClientSettings } from './options.ts';

/** A node by its id, or whichever answers first, the leader last: it has enough to do. */
export type ReadTarget = 'any' | NodeId;

/** Where nodes are. */
export interface NodeDirectory {
  /** Addresses by id, as far as they are known. */
  readonly members: ReadonlyMap<NodeId, string>;
  readonly leader: Link | undefined;
  readonly clusterId: string | undefined;
  /** Finds out; someone waits for it. */
  open(): void;
}

export interface NodeConnectionHandler {
  onSwitch(): void;
  onFrames(frames: readonly ServerFrame[]): void;
  onDrain(): void;
  onRefused(frame: ClientFrame, error: StoreError): void;
}

/** A connection for reads alone: to one node, or to the nearest one. */
export class NodeConnection implements CallLinks {
  readonly #target: ReadTarget;
  readonly #directory: NodeDirectory;
  readonly #settings: ClientSettings;
  readonly #handler: NodeConnectionHandler;
  readonly #linkHandler: LinkHandler;
  readonly #backoff: Backoff;
  readonly #dialling = new Set<Link>();
  #current: Link | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Attempts that failed since one succeeded. */
  #failures = 0;
  #resting = false;
  #closed = false;
  lastFailure: StoreError | undefined;

  constructor(
    target: ReadTarget,
    directory: NodeDirectory,
    settings: ClientSettings,
    handler: NodeConnectionHandler,
  ) {
    this.#target = target;
    this.#directory = directory;
    this.#settings = settings;
    this.#handler = handler;
    this.#backoff = new Backoff(settings.backoffMinMs, settings.backoffMaxMs);
    this.#linkHandler = {
      onWelcome: (link, welcome) => this.#onWelcome(link, welcome),
      onFrames: (_link, frames) => this.#handler.onFrames(frames),
      onDrain: () => this.#handler.onDrain(),
      onRefused: (_link, frame, error) => this.#handler.onRefused(frame, error),
      onDown: (link, error) => this.#onDown(link, error),
    };
  }

  get current(): Link | undefined {
    return this.#current;
  }

  /** To reads one node is as good as another, but for a while after it could not answer. */
  get leader(): Link | undefined {
    return this.#resting ? undefined : this.#current;
  }

  get endpoints(): readonly string[] {
    const { members } = this.#directory;
    if (this.#target === 'any') return [...members.values()];
    const address = members.get(this.#target);
    return address === undefined ? [] : [address];
  }

  open(): void {
    if (this.#closed || this.#current !== undefined || this.#dialling.size > 0) return;
    if (this.#timer === undefined) this.#dial();
  }

  /** The node cannot answer now: it is asked again later, or another one. */
  disown(): void {
    if (this.#current === undefined || this.#closed) return;
    this.#resting = true;
    this.#rest();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    const links = [...this.#dialling, ...(this.#current === undefined ? [] : [this.#current])];
    this.#current = undefined;
    this.#dialling.clear();
    await Promise.all(links.map((link) => link.close()));
  }

  #dial(): void {
    const addresses = this.#candidates();
    if (addresses.length === 0) {
      this.#directory.open();
      if (this.#directory.members.size > 0)
        this.lastFailure = new StoreError('MEMBER_UNKNOWN', `the cluster has no node ${this.#target}`);
      this.#rest();
      return;
    }
    for (const address of addresses) {
      this.#dialling.add(new Link(address, this.#settings, this.#linkHandler));
    }
  }

  /** Not the leader, unless the others have just failed. */
  #candidates(): readonly string[] {
    const all = this.endpoints;
    if (this.#target !== 'any' || this.#failures % 2 === 1) return all;
    const leader = this.#directory.leader?.endpoint;
    const others = all.filter((address) => address !== leader);
    return others.length === 0 ? all : others;
  }

  #rest(): void {
    if (this.#closed || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#again();
    }, this.#backoff.nextMs());
    this.#timer.unref();
  }

  /** The one node is asked again; of several perhaps another one can answer. */
  #again(): void {
    this.#resting = false;
    const link = this.#current;
    if (link !== undefined && this.#target !== 'any') {
      this.#handler.onDrain();
      return;
    }
    if (link !== undefined) {
      this.#current = undefined;
      void link.close();
      this.#handler.onSwitch();
    }
    this.#dial();
  }

  #onWelcome(link: Link, welcome: WelcomeFrame): void {
    const wrong = this.#wrongWith(link, welcome);
    if (wrong !== undefined) {
      void link.close();
      this.#onDown(link, wrong);
      return;
    }
    this.#dialling.delete(link);
    for (const other of this.#dialling) void other.close();
    this.#dialling.clear();
    this.#current = link;
    this.#resting = false;
    this.#failures = 0;
    this.#backoff.reset();
    this.lastFailure = undefined;
    this.#handler.onSwitch();
  }

  #wrongWith({ endpoint }: Link, { nodeId, clusterId }: WelcomeFrame): StoreError | undefined {
    const expected = this.#directory.clusterId;
    if (clusterId !== expected)
      return new StoreError('CLUSTER_MISMATCH', `the node is of cluster ${clusterId}, not ${expected}`);
    if (this.#target !== 'any' && nodeId !== this.#target)
      return new StoreError('NODE_MISMATCH', `node ${nodeId} answers at ${endpoint}`);
    return undefined;
  }

  #onDown(link: Link, error: StoreError): void {
    if (this.#closed) return;
    this.#dialling.delete(link);
    if (link === this.#current) {
      this.#current = undefined;
      this.#handler.onSwitch();
    }
    if (this.#dialling.size === 0 && this.#current === undefined) this.#failed(error);
  }

  #failed(error: StoreError): void {
    this.lastFailure = error;
    this.#failures++;
    this.#rest();
  }
}
