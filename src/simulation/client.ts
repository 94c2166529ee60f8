/**
 * A client of a simulated cluster, as stubborn as a real one: it looks for the leader, sends a
 * command again under the same stamp until it is answered, sometimes to two nodes at once, and
 * gives up at last. It keeps several calls in flight.
 */
import { ERROR_FACTS, type ErrorCode } from '../base/errors.ts';
import type { NodeId } from '../base/flavor.ts';
import type { SeededRandom } from '../base/seeded-random.ts';
import type { Command, SessionStamp } from '../machine/command.ts';
import type { Input } from '../replica/input.ts';
import type { Reply } from '../replica/output.ts';
import type { Answer, Call, CallRecord } from './calls.ts';
import type { EventQueue } from './event-queue.ts';
import type { Marks } from './marks.ts';

export interface ClientSurroundings {
  readonly events: EventQueue;
  readonly marks: Marks;
  /** Those who can be asked; it changes with the cluster. */
  readonly endpoints: readonly NodeId[];
  readonly timeoutMs: number;
  readonly sessionTtlMs: number;
  /** Of a request that is sent twice to the same node. */
  readonly doubleChance: number;
  /** Brings the input to a node; `answer` is called with its reply, if one comes back. */
  ask(node: NodeId, call: Call, makeInput: (caller: number) => Input, answer: (reply: Reply) => void): void;
  settled(record: CallRecord): void;
}

interface Pending {
  readonly call: Call;
  readonly done: ((answer: Answer) => void) | undefined;
  readonly callUs: number;
  stamp: SessionStamp | undefined;
  attempts: number;
  /** How often it was sent, and how many of these were answered by an error that rules out any effect. */
  sent: number;
  ruledOut: number;
  /** Replies to earlier attempts still count; those to a call that is over do not. */
  over: boolean;
}

const ATTEMPTS_MAX = 12;
const IN_FLIGHT_MAX = 3;

export class SimulatedClient {
  readonly id: number;
  readonly #around: ClientSurroundings;
  readonly #random: SeededRandom;
  #session: number | undefined;
  #opening = false;
  #nextSequence = 1;
  #target: NodeId;
  readonly #queue: { readonly call: Call; readonly done: ((answer: Answer) => void) | undefined }[] = [];
  readonly #inFlight = new Set<Pending>();

  constructor(id: number, around: ClientSurroundings, random: SeededRandom) {
    this.id = id;
    this.#around = around;
    this.#random = random;
    this.#target = random.pick(around.endpoints);
  }

  get idle(): boolean {
    return this.#queue.length === 0 && this.#inFlight.size === 0;
  }

  /** It has more to do than it gets done. */
  get overloaded(): boolean {
    return this.#queue.length > IN_FLIGHT_MAX;
  }

  submit(call: Call, done?: (answer: Answer) => void): void {
    this.#queue.push({ call, done });
    this.#next();
  }

  /** Gives up on everything: what is in flight is of unknown outcome. */
  stop(): void {
    this.#queue.length = 0;
    for (const pending of this.#inFlight) this.#fail(pending, 'CLOSED');
  }

  /** The client's process dies: what it asked for may happen or not; a new one takes its place, without its session. */
  crash(): void {
    const queue = this.#queue.splice(0);
    this.#session = undefined;
    if (this.#inFlight.size > 0) this.#around.marks.count('client crashed with calls in flight');
    // A call that ends may begin others: those are of the new client.
    const lost = Array.from(this.#inFlight);
    for (const pending of lost) {
      this.#settle(
        pending,
        pending.call.kind === 'query' ? { kind: 'refused', code: 'CLOSED' } : { kind: 'unknown' },
      );
    }
    for (const { done } of queue) done?.({ kind: 'refused', code: 'CLOSED' });
  }

  #next(): void {
    if (this.#session === undefined) {
      if (this.#queue.length > 0) this.#openSession();
      return;
    }
    while (this.#inFlight.size < IN_FLIGHT_MAX) {
      const next = this.#queue.shift();
      if (next === undefined) return;
      this.#start(next.call, next.done, this.#stampFor(next.call, this.#session));
    }
  }

  #openSession(): void {
    if (this.#opening) return;
    this.#opening = true;
    const call: Call = {
      kind: 'command',
      machine: 'sessions',
      body: { kind: 'open', ttlMs: this.#around.sessionTtlMs },
    };
    this.#start(
      call,
      (answer) => {
        this.#opening = false;
        if (answer.kind === 'ok') {
          this.#session = (answer.result as { readonly id: number }).id;
          this.#nextSequence = 1;
        }
        this.#next();
      },
      undefined,
    );
  }

  /** Queries go without, and so do the commands of the sessions themselves. */
  #stampFor(call: Call, session: number): SessionStamp | undefined {
    if (call.kind === 'query' || call.machine === 'sessions') return undefined;
    const sequence = this.#nextSequence++;
    return { id: session, sequence, ackedBelow: this.#ackedBelow(sequence) };
  }

  #ackedBelow(sequence: number): number {
    let lowest = sequence;
    for (const { stamp } of this.#inFlight) {
      if (stamp !== undefined && stamp.sequence < lowest) lowest = stamp.sequence;
    }
    return lowest;
  }

  #start(call: Call, done: Pending['done'], stamp: SessionStamp | undefined): void {
    const { nowUs } = this.#around.events;
    const pending: Pending = {
      call,
      done,
      callUs: nowUs,
      stamp,
      attempts: 0,
      sent: 0,
      ruledOut: 0,
      over: false,
    };
    this.#inFlight.add(pending);
    // Another way in: so both sides of a partition are asked at the same time.
    if (this.#random.chance(0.1)) this.#target = this.#random.pick(this.#around.endpoints);
    this.#attempt(pending);
  }

  #attempt(pending: Pending): void {
    if (pending.over) return;
    if (pending.attempts >= ATTEMPTS_MAX) {
      this.#fail(pending, 'TIMEOUT');
      return;
    }
    pending.attempts++;
    if (pending.attempts > 1) this.#around.marks.count('call retried');
    const target = this.#targetOf(pending);
    this.#send(pending, target);
    if (this.#random.chance(this.#around.doubleChance)) {
      this.#around.marks.count('request doubled');
      this.#send(pending, target);
    }
    // An impatient client asks two nodes: a session makes that harmless.
    if (pending.stamp !== undefined && this.#random.chance(0.05)) {
      this.#send(pending, this.#random.pick(this.#around.endpoints));
    }
    const attempt = pending.attempts;
    this.#around.events.after(this.#around.timeoutMs * 1000, () => {
      if (pending.over || pending.attempts !== attempt) return;
      this.#target = this.#random.pick(this.#around.endpoints);
      this.#attempt(pending);
    });
  }

  /** Every node answers queries. */
  #targetOf({ call }: Pending): NodeId {
    const anywhere = call.kind === 'query' && this.#random.chance(0.5);
    return anywhere ? this.#random.pick(this.#around.endpoints) : this.#target;
  }

  #send(pending: Pending, target: NodeId): void {
    const { call, stamp } = pending;
    const attempt = pending.attempts;
    pending.sent++;
    const makeInput = (caller: number): Input => {
      if (call.kind === 'query') return { caller, ...call };
      const command: Command = { machine: call.machine, body: call.body, session: stamp };
      return { kind: 'command', caller, command };
    };
    this.#around.ask(target, call, makeInput, (reply) => {
      if (!pending.over) this.#answered(pending, attempt, reply);
    });
  }

  #answered(pending: Pending, attempt: number, reply: Reply): void {
    if (reply.kind === 'result') {
      const { result, revision, index, staleMs } = reply;
      this.#settle(pending, { kind: 'ok', result, revision, index, staleMs });
      return;
    }
    const { code, leader } = reply;
    if (ERROR_FACTS[code].outcome === 'not-applied') pending.ruledOut++;
    if (code === 'SESSION_EXPIRED' && pending.stamp?.id === this.#session) {
      this.#session = undefined;
      this.#around.marks.count('session expired under its client');
    }
    if (!ERROR_FACTS[code].retryable) this.#fail(pending, code);
    // A late error of an earlier attempt says nothing about the one under way.
    else if (attempt === pending.attempts) this.#retryAfter(pending, code, leader);
  }

  #retryAfter(pending: Pending, code: ErrorCode, leader: NodeId | undefined): void {
    this.#target = leader ?? this.#random.pick(this.#around.endpoints);
    // The attempts still out may be answered yet: only when the new one begins are they old.
    const attempt = pending.attempts;
    const delayMs = code === 'NOT_LEADER' ? this.#random.integer(0, 10) : this.#random.integer(10, 200);
    this.#around.events.after(delayMs * 1000, () => {
      if (!pending.over && pending.attempts === attempt) this.#attempt(pending);
    });
  }

  #fail(pending: Pending, code: ErrorCode): void {
    const certain = pending.call.kind === 'query' || pending.ruledOut === pending.sent;
    if (!certain) this.#around.marks.count('call of unknown outcome');
    this.#settle(pending, certain ? { kind: 'refused', code } : { kind: 'unknown' });
  }

  #settle(pending: Pending, answer: Answer): void {
    pending.over = true;
    this.#inFlight.delete(pending);
    const { call, stamp, callUs } = pending;
    this.#around.settled({
      client: this.id,
      call,
      stamp,
      callUs,
      returnUs: this.#around.events.nowUs,
      answer,
    });
    pending.done?.(answer);
    this.#next();
  }
}
