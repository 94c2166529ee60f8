import { StoreError } from '../base/errors.ts';
import type { Index, Revision } from '../base/flavor.ts';
import type { AdminFrame } from '../wire/admin-frames.ts';
import type { ClientFrame, QueryFrame, RequestId } from '../wire/client-frames.ts';
import type { Session } from './session.ts';

/** What the cluster answered. */
export interface Reply {
  readonly result: unknown;
  readonly revision: Revision;
  readonly index: Index;
  /** Of a query: the result sees everything that was acknowledged so long before, in ms; undefined: nobody knows. */
  readonly staleMs?: number | undefined;
}

/** What a query asks, in the words of its frame. */
export type Question = Pick<QueryFrame, 'body' | 'consistency' | 'maxStaleMs'>;

/**
 * Who may answer, and how it is sent: commands of a session and everything else to the leader,
 * stale queries and questions to any node. A `ready` call is never sent: it is done once there is a
 * leader to send it to.
 */
export type CallKind =
  | 'command'
  | 'session-command'
  | 'query'
  | 'stale-query'
  | 'admin-change'
  | 'admin-query'
  | 'stale-admin-query'
  | 'ready';

/** What an operator asks for: the frame, but for its number. */
export type AdminRequest = WithoutRequest<AdminFrame>;

type WithoutRequest<Frame> = Frame extends unknown ? Omit<Frame, 'request'> : never;

/** One call of the client's user, over all its attempts. */
export interface Call {
  readonly kind: CallKind;
  readonly machine: string;
  /** Of a query: a `Question`. */
  readonly body: unknown;
  /** On the clock of `performance.now()`; Infinity for none. */
  readonly deadlineMs: number;
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: unknown) => void;
  /** Stops listening to the caller's signal. */
  unlisten: (() => void) | undefined;
  state: 'waiting' | 'sent' | 'done';
  /** Of the last attempt. */
  request: RequestId;
  /** The session that its number is from; undefined while it has none. */
  session: Session | undefined;
  sequence: number;
  /** Whether some attempt may have taken effect although no reply came. */
  unsure: boolean;
  /** Why the last attempt failed. */
  lastError: StoreError | undefined;
}

/** Whether the call can change anything. */
export function isWrite(call: Call): boolean {
  return call.kind === 'command' || call.kind === 'session-command' || call.kind === 'admin-change';
}

/** Whether any node may answer it. */
export function isForAny(call: Call): boolean {
  return call.kind === 'stale-query' || call.kind === 'stale-admin-query';
}

/** The error with what is known of the call's outcome over all its attempts. */
export function asFinal(call: Call, error: StoreError): StoreError {
  const outcome = !isWrite(call) ? 'not-applied' : call.unsure ? 'unknown' : error.outcome;
  return outcome === error.outcome
    ? error
    : new StoreError(error.code, error.message, { outcome, cause: error });
}

/** An error of the client itself, which hits a call in whatever state it is. */
export function cutShort(
  call: Call,
  code: 'TIMEOUT' | 'ABORTED' | 'CLOSED',
  message: string,
  cause?: unknown,
): StoreError {
  const unknown = isWrite(call) && (call.unsure || call.state === 'sent');
  return new StoreError(code, message, { outcome: unknown ? 'unknown' : 'not-applied', cause });
}

/** Whether it still waits for its answer. */
export function isLive(call: Call): boolean {
  return call.state !== 'done';
}

export function newCall(
  kind: CallKind,
  machine: string,
  body: unknown,
  deadlineMs: number,
  resolve: (reply: Reply) => void,
  reject: (error: unknown) => void,
): Call {
  return {
    kind,
    machine,
    body,
    deadlineMs,
    resolve,
    reject,
    unlisten: undefined,
    state: 'waiting',
    request: 0,
    session: undefined,
    sequence: 0,
    unsure: false,
    lastError: undefined,
  };
}

/** What is sent for it. */
export function frameOf(call: Call): ClientFrame {
  const { kind, request, machine, body } = call;
  if (kind === 'admin-change' || kind === 'admin-query' || kind === 'stale-admin-query')
    return { ...(body as AdminRequest), request };
  if (isWrite(call))
    return { kind: 'command', request, machine, body, session: call.session?.stamp(call.sequence) };
  const { body: asked, consistency, maxStaleMs } = body as Question;
  return { kind: 'query', request, machine, body: asked, consistency, maxStaleMs };
}
