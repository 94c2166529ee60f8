import { StoreError } from '../base/errors.ts';
import type { NodeId } from '../base/flavor.ts';

/** What the client notices about its connection, for logs and for people. */
export type ConnectionEvent =
  | { readonly kind: 'connected'; readonly endpoint: string; readonly leader: boolean }
  | { readonly kind: 'disconnected'; readonly endpoint: string; readonly reason: string }
  | { readonly kind: 'unreachable'; readonly endpoint: string; readonly reason: string };

/** Settings of a client. Every limit has a default that suits a service of its own. */
export interface ClientOptions {
  /** `host:port` of some nodes; the others are learnt from them. */
  readonly endpoints: string | readonly string[];
  /** Refuse nodes of any other cluster. */
  readonly clusterId?: string;
  /** Shown in the nodes' logs. */
  readonly name?: string;
  /** Deadline of a call that names none, in ms, over all its retries. */
  readonly timeoutMs?: number;
  /** How long a node may take to accept a connection, in ms. */
  readonly handshakeTimeoutMs?: number;
  /** A ping is sent this often, in ms… */
  readonly pingIntervalMs?: number;
  /** …and a connection that was silent for this long is given up, in ms. */
  readonly silenceMaxMs?: number;
  /** First and longest wait between two attempts to connect or to send again, in ms. */
  readonly backoffMinMs?: number;
  readonly backoffMaxMs?: number;
  /** Calls that wait for their reply at the same time. */
  readonly inFlightMax?: number;
  /** Calls that wait to be sent; one more is refused with TOO_BUSY. */
  readonly queueMax?: number;
  /** Largest message that a node may send, in bytes. */
  readonly payloadBytesMax?: number;
  /** Events that a watch holds for a slow reader before it asks the node to stop. */
  readonly watchBufferMax?: number;
  readonly onConnection?: (event: ConnectionEvent) => void;
}

/**
 * What a query is promised.
 *
 * - `linearizable`, the default: it sees everything that was acknowledged before it was sent. The leader
 *   asks a majority whether it still leads; whatever clocks, networks and processes do, it holds.
 * - `lease`: the same without asking, while the leader holds a lease. It holds as long as the monotonic
 *   clocks of the nodes keep within `clockDriftMax` of each other and no virtual machine is suspended;
 *   a leader without a lease asks as above.
 * - `stale`: what the node knows, at once, perhaps out of date; with `maxStaleMs`, by no more than that.
 */
export type ReadConsistency = 'linearizable' | 'lease' | 'stale';

/** What every method takes. */
export interface CallOptions {
  /** Gives the call up with ABORTED. A write that was already sent may still take effect. */
  readonly signal?: AbortSignal;
  /** Deadline over all retries, in ms. */
  readonly timeoutMs?: number;
}

export interface ReadOptions extends CallOptions {
  readonly consistency?: ReadConsistency;
  /** With `stale`: the answer sees everything that was acknowledged so many ms before it was asked. */
  readonly maxStaleMs?: number;
  /**
   * Who answers: the leader (the default, but for stale queries: those go wherever there is a
   * connection), any node, preferably another one than the leader, or the node of this id.
   * Whoever it is, the consistency is the same: it asks the leader if need be.
   */
  readonly from?: 'leader' | 'any' | NodeId;
}

/** The read options with what is left out filled in; `connected`: wherever there is a connection. */
export interface ReadChoice {
  readonly consistency: ReadConsistency;
  readonly maxStaleMs: number | undefined;
  readonly from: 'leader' | 'connected' | 'any' | NodeId;
}

/** @throws StoreError BAD_REQUEST */
export function readChoice({ consistency = 'linearizable', maxStaleMs, from }: ReadOptions): ReadChoice {
  if (maxStaleMs !== undefined) {
    if (consistency !== 'stale') throw new StoreError('BAD_REQUEST', 'maxStaleMs is for stale reads');
    if (!Number.isSafeInteger(maxStaleMs) || maxStaleMs < 0)
      throw new StoreError('BAD_REQUEST', `maxStaleMs must be a whole number of ms, not ${maxStaleMs}`);
  }
  if (typeof from === 'number' && !(Number.isSafeInteger(from) && from > 0))
    throw new StoreError('BAD_REQUEST', `from must be a node's id, not ${from}`);
  return { consistency, maxStaleMs, from: from ?? (consistency === 'stale' ? 'connected' : 'leader') };
}

/** The options with every default filled in. */
export interface ClientSettings extends Required<
  Omit<ClientOptions, 'endpoints' | 'clusterId' | 'onConnection'>
> {
  readonly endpoints: readonly string[];
  readonly clusterId: string | undefined;
  readonly onConnection: (event: ConnectionEvent) => void;
}

const DEFAULTS = {
  clusterId: undefined,
  name: 'kvorum-client',
  timeoutMs: 5_000,
  handshakeTimeoutMs: 1_500,
  pingIntervalMs: 750,
  silenceMaxMs: 2_500,
  backoffMinMs: 20,
  backoffMaxMs: 500,
  inFlightMax: 1_024,
  queueMax: 65_536,
  payloadBytesMax: 64 * 1_024 * 1_024,
  watchBufferMax: 8_192,
  onConnection: (): void => undefined,
} as const;

/** Throws CONFIG_INVALID when a setting makes no sense. */
export function clientSettings(options: ClientOptions): ClientSettings {
  const endpoints = parseEndpoints(options.endpoints);
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const settings: ClientSettings = { ...DEFAULTS, ...given, endpoints };
  for (const [name, value] of Object.entries(settings)) {
    if (typeof value === 'number' && !(Number.isFinite(value) && value > 0)) {
      throw new StoreError('CONFIG_INVALID', `${name} must be a positive number, not ${value}`);
    }
  }
  return settings;
}

/** `host:port,host:port` or a list of them; a `ws://`, `http://` or `kvorum://` in front is allowed. */
export function parseEndpoints(endpoints: string | readonly string[]): readonly string[] {
  const parts = typeof endpoints === 'string' ? endpoints.split(',') : endpoints;
  const parsed = parts
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map(parseEndpoint);
  if (parsed.length === 0) throw new StoreError('CONFIG_INVALID', 'no endpoint is given');
  return [...new Set(parsed)];
}

function parseEndpoint(text: string): string {
  const address = text.replace(/^(?:ws|http|kvorum):\/\//, '').replace(/\/$/, '');
  const match = /^(?:\[[0-9a-fA-F:.]+\]|[^\s/:@[\]]+):(\d{1,5})$/.exec(address);
  const port = Number(match?.[1]);
  if (!(port >= 1 && port <= 65_535)) {
    throw new StoreError('CONFIG_INVALID', `an endpoint is host:port, not ${JSON.stringify(text)}`);
  }
  return address;
}
