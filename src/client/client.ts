/**
 * A client of a Kvorum cluster.
 *
 * It needs the addresses of some nodes, finds the leader by itself, follows it when it moves, and
 * retries until a call's deadline. A write is numbered, so the cluster applies it once however often
 * it was sent; when the outcome of one is not known, the error says so.
 */
import type { NodeId } from '../base/flavor.ts';
import type { StoreEvent } from '../machine/command.ts';
import type { MemberAddress, NodeStatus } from '../wire/client-frames.ts';
import { Courier } from './courier.ts';
import { KvClient } from './kv-client.ts';
import { KvEvent } from './key-value.ts';
import { MachineClient, watchTarget } from './machine-client.ts';
import type { WatchKeys } from './machine-client.ts';
import { LeaderClient, MembersClient } from './members-client.ts';
import { clientSettings } from './options.ts';
import type { CallOptions, ClientOptions } from './options.ts';
import { RegistryClient } from './registry-client.ts';
import { ShopClient } from './shop-client.ts';
import type { Watch } from './watch.ts';
import type { WatchOptions } from './watches.ts';

/** How one node stands, or why it does not say. */
export type NodeReport =
  | { readonly endpoint: string; readonly status: NodeStatus }
  | { readonly endpoint: string; readonly error: unknown };

export class Client implements AsyncDisposable {
  readonly #courier: Courier;
  readonly kv: KvClient;
  readonly registry: RegistryClient;
  readonly shop: ShopClient;
  /** For operators: who makes up the cluster, and who leads it. */
  readonly members: MembersClient;
  readonly leader: LeaderClient;

  /** Connects when it is first used. */
  constructor(options: ClientOptions) {
    this.#courier = new Courier(clientSettings(options));
    this.kv = new KvClient(this.#courier);
    this.registry = new RegistryClient(this.#courier);
    this.shop = new ShopClient(this.#courier);
    this.members = new MembersClient(this.#courier);
    this.leader = new LeaderClient(this.#courier);
  }

  /** Settles when the leader is found. */
  ready(options: CallOptions = {}): Promise<void> {
    return this.#courier.ready(options);
  }

  /**
   * Every change of a key, or of all keys with a prefix: in order, each once, over every failure on the
   * way. Watches of the same keys are handed the same objects, so their bytes are not to be changed.
   */
  watch(options: WatchKeys & WatchOptions): Watch<KvEvent> {
    return this.#courier.watch(watchTarget('kv', options), options, kvEvent);
  }

  /** A machine of your own, by its name. */
  machine(name: string): MachineClient {
    return new MachineClient(this.#courier, name);
  }

  /** How one node stands, leader or not. */
  async status(endpoint: string, options: CallOptions = {}): Promise<NodeStatus> {
    const { status } = await this.#courier.probe(endpoint, options);
    return status;
  }

  /** How every node stands: those that were given, and those that they name. */
  async statusAll(options: CallOptions = {}): Promise<readonly NodeReport[]> {
    const reports = new Map<string, NodeReport>();
    let wave: readonly string[] = this.#courier.endpoints;
    while (wave.length > 0) {
      const probes = await Promise.all(wave.map((endpoint) => this.#report(endpoint, options)));
      for (const { report } of probes) reports.set(report.endpoint, report);
      const known = new Set([...reports.values()].map(nodeOf));
      const named = probes.flatMap(({ members }) => members);
      wave = [
        ...new Set(
          named
            .filter(({ id, address }) => !known.has(id) && !reports.has(address))
            .map(({ address }) => address),
        ),
      ];
    }
    return [...reports.values()];
  }

  async #report(
    endpoint: string,
    options: CallOptions,
  ): Promise<{ readonly report: NodeReport; readonly members: readonly MemberAddress[] }> {
    try {
      const { status, members } = await this.#courier.probe(endpoint, options);
      return { report: { endpoint, status }, members };
    } catch (error) {
      return { report: { endpoint, error }, members: [] };
    }
  }

  /** Ends every call with CLOSED and every watch, and leaves no timer and no connection behind. */
  close(): Promise<void> {
    return this.#courier.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** A client of the cluster that has nodes at these endpoints: `host:port`, or several of them. */
export function connect(
  endpoints: string | readonly string[],
  options: Omit<ClientOptions, 'endpoints'> = {},
): Client {
  return new Client({ ...options, endpoints });
}

function kvEvent(event: StoreEvent): KvEvent {
  return new KvEvent(event);
}

function nodeOf(report: NodeReport): NodeId | undefined {
  return 'status' in report ? report.status.nodeId : undefined;
}
