import type { Index } from '../base/flavor.ts';
import type { LoggedCommand } from '../machine/command.ts';
import type { RecordSweep } from '../machine/record-sweep.ts';
import { CLOCK } from '../machine/root.ts';
import type { Message, StateHashMessage } from '../raft/message.ts';
import type { Raft } from '../raft/raft.ts';
import type { ReplicaConfig } from './config.ts';
import { type Divergence, StateAudit } from './state-audit.ts';

/** The body of a clock command that also asks every node for the hash of its state. */
export const AUDIT = 'audit';

/** When states are compared, and what comes of it: the replica's side of `StateAudit`. */
export class Audits {
  readonly #config: ReplicaConfig;
  readonly #raft: Raft;
  readonly #audit: StateAudit;
  #ticks = 0;
  /** Where the last one was that this node knows of. */
  #lastIndex: Index = 0;
  #divergences: readonly Divergence[] = [];

  constructor(config: ReplicaConfig, raft: Raft) {
    this.#config = config;
    this.#raft = raft;
    this.#audit = new StateAudit(config.raft.id);
  }

  /** Whether the leader is to ask for an audit: it is time, the last one is over, and something happened since. */
  isDue(applied: Index): boolean {
    if (this.#ticks < this.#config.auditTicks || this.#audit.isUnderWay) return false;
    return applied > this.#lastIndex;
  }

  asked(): void {
    this.#ticks = 0;
  }

  /** What is to be told to the others. */
  tick(): readonly Message[] {
    this.#ticks += 1;
    const hash = this.#audit.step(this.#config.auditRecordsPerTick);
    if (hash === undefined) return [];
    this.#compare();
    const { id } = this.#config.raft;
    const others = [...this.#raft.configuration.members.keys()].filter((member) => member !== id);
    return others.map((to) => ({ kind: 'state-hash', from: id, to, term: this.#raft.term, ...hash }));
  }

  applied({ machine, body }: LoggedCommand, index: Index, sweep: () => RecordSweep): void {
    if (machine !== CLOCK || body !== AUDIT) return;
    this.#ticks = 0;
    this.#lastIndex = index;
    if (!this.#audit.isUnderWay) this.#audit.begin(sweep(), index);
  }

  heard(message: StateHashMessage): void {
    this.#audit.heard(message.from, message);
    this.#compare();
  }

  get divergences(): readonly Divergence[] {
    return this.#divergences;
  }

  /** Of this node itself. */
  get own(): Divergence | undefined {
    return this.#divergences.find(({ node }) => node === this.#config.raft.id);
  }

  #compare(): void {
    this.#divergences = this.#audit.divergences(this.#raft.configuration.voters);
  }
}
