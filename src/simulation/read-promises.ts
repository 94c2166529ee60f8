import type { Reply } from '../replica/output.ts';
import type { Call, CallRecord } from './calls.ts';
import { ClockBound } from './clock-bound.ts';
import type { EventQueue } from './event-queue.ts';
import type { Marks } from './marks.ts';
import type { NodeClock } from './node-clock.ts';
import type { SimulatedNode } from './node.ts';
import { Staleness } from './staleness.ts';
import type { Swarm } from './swarm.ts';

/** What is promised of each answer to a query, given how the clocks run. */
export class ReadPromises {
  readonly #swarm: Swarm;
  readonly #events: EventQueue;
  readonly #marks: Marks;
  readonly #clockBound: ClockBound;
  readonly #staleness = new Staleness();

  constructor(nodes: readonly SimulatedNode[], swarm: Swarm, events: EventQueue, marks: Marks) {
    this.#swarm = swarm;
    this.#events = events;
    this.#marks = marks;
    const clocks = nodes.map(({ clock }) => clock);
    this.#clockBound = new ClockBound(clocks, swarm.clockDriftMax, swarm.electionTicksMin * swarm.tickMs);
  }

  /** A node came, with a clock of its own. */
  clockAdded(clock: NodeClock): void {
    this.#clockBound.added(clock);
  }

  /** Whether the clocks have kept within the bound of leases for as long as one may last. */
  get areClocksBound(): boolean {
    return this.#clockBound.holds(this.#events.nowUs);
  }

  /** The rate of a clock has changed. */
  clockChanged(): void {
    this.#clockBound.changed(this.#events.nowUs);
    if (!this.areClocksBound) this.#marks.count('clocks differ by more than leases allow');
  }

  /** What clients were told of must be seen by every later read, and by stale ones as far as their bound goes. */
  settled({ call, answer, returnUs }: CallRecord): void {
    const isUpToDate = call.kind === 'command' || call.consistency === 'linearizable';
    if (answer.kind === 'ok' && isUpToDate) this.#staleness.acknowledged(returnUs, answer.index);
  }

  /**
   * The reply as far as something is promised of it: that of a lease loses its promise while the clocks
   * differ by too much.
   *
   * @throws Violation
   */
  judge(node: SimulatedNode, call: Call, askedUs: number, reply: Reply): Reply {
    if (call.kind !== 'query' || reply.kind !== 'result') return reply;
    const raft = node.replica?.inspect();
    const slowness = Math.max(1, (1 - this.#swarm.clockDriftMax) / node.clock.slowest);
    if (this.#staleness.check(call, askedUs, reply, slowness))
      this.#marks.count('stale read held to its bound');
    if (call.consistency === 'linearizable' && raft?.role !== 'leader')
      this.#marks.count('linearizable read answered by a node that does not lead');
    if (call.consistency !== 'lease') return reply;
    if (raft?.holdsLease === true) this.#marks.count('read answered by a leader with a lease');
    return this.areClocksBound ? reply : { ...reply, staleMs: undefined };
  }
}
