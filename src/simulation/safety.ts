/** Everything that is checked while a run goes on. */
import type { Codec } from '../base/codec.ts';
import type { Index, NodeId } from '../base/flavor.ts';
import type { Root } from '../machine/root.ts';
import type { Input } from '../replica/input.ts';
import type { Output, Reply } from '../replica/output.ts';
import type { CallRecord } from './calls.ts';
import { deepEqual } from './deep-equal.ts';
import type { Marks } from './marks.ts';
import type { SimulatedNode } from './node.ts';
import { AcknowledgedIsSent } from './properties/acknowledged-is-sent.ts';
import { AuditsAgree } from './properties/audits-agree.ts';
import { CommitOfOwnTerm } from './properties/commit-of-own-term.ts';
import { CommittedByAcknowledgement } from './properties/committed-by-acknowledgement.ts';
import { CommittedByRequest } from './properties/committed-by-request.ts';
import { CommittedIsDurable } from './properties/committed-is-durable.ts';
import { ConfigurationSafety } from './properties/configuration-safety.ts';
import { DurableBeforeAnswer } from './properties/durable-before-answer.ts';
import { ElectedByMajority } from './properties/elected-by-majority.ts';
import { ElectionRestriction } from './properties/election-restriction.ts';
import { ElectionSafety } from './properties/election-safety.ts';
import { HandoverToEquals } from './properties/handover-to-equals.ts';
import { LeaderAppendOnly } from './properties/leader-append-only.ts';
import { LeaderCompleteness } from './properties/leader-completeness.ts';
import { Ledger } from './properties/ledger.ts';
import { LeaseSafety } from './properties/lease-safety.ts';
import { LogBounds } from './properties/log-bounds.ts';
import { LogMatching } from './properties/log-matching.ts';
import { NeverBackwards } from './properties/never-backwards.ts';
import { OneVotePerTerm } from './properties/one-vote-per-term.ts';
import { PromisesAreKept } from './properties/promises-are-kept.ts';
import type { ClusterView, Property } from './properties/property.ts';
import { ReadsAreConfirmed } from './properties/reads-are-confirmed.ts';
import { RepairRestores } from './properties/repair-restores.ts';
import { checkReplicasEqual } from './properties/replicas-equal.ts';
import { StateFollowsLog } from './properties/state-follows-log.ts';
import { StateMachineSafety } from './properties/state-machine-safety.ts';
import { QuietTurns } from './quiet-turns.ts';
import { Reference } from './reference.ts';
import { SnapshotMarks } from './snapshot-marks.ts';
import { claim } from './violation.ts';

export interface SafetyOptions {
  readonly nodes: readonly SimulatedNode[];
  readonly cluster: ClusterView;
  readonly root: Root;
  readonly codec: Codec;
  readonly marks: Marks;
  /** Whether the clocks have kept within the bound of leases for as long as one may last. */
  readonly areClocksBound: () => boolean;
}

export class Safety {
  readonly ledger: Ledger = new Ledger();
  readonly reference: Reference;
  readonly #nodes: readonly SimulatedNode[];
  readonly #cluster: ClusterView;
  readonly #root: Root;
  readonly #marks: Marks;
  readonly #properties: readonly Property[];
  /** What they look at after every turn: bound, so that none must be looked up. */
  readonly #checks: readonly Property['afterTurn'][];
  readonly #quiet = new QuietTurns();
  readonly #snapshotMarks: SnapshotMarks;
  readonly #configurationIndex = new Map<NodeId, Index>();

  constructor({ nodes, cluster, root, codec, marks, areClocksBound }: SafetyOptions) {
    this.#nodes = nodes;
    this.#cluster = cluster;
    this.#root = root;
    this.#marks = marks;
    this.#snapshotMarks = new SnapshotMarks(codec, marks);
    this.reference = new Reference(root, codec, this.ledger);
    // State machine safety comes first of those that read the ledger: it writes it.
    this.#properties = [
      new ElectionSafety(),
      new OneVotePerTerm(),
      new ElectionRestriction(),
      new ElectedByMajority(),
      new LeaderAppendOnly(),
      new CommitOfOwnTerm(),
      new AcknowledgedIsSent(),
      new CommittedByAcknowledgement(),
      new CommittedByRequest(),
      new ReadsAreConfirmed(this.ledger),
      new LogMatching(),
      new StateMachineSafety(this.ledger),
      new StateFollowsLog(this.reference),
      new LeaderCompleteness(this.ledger),
      new CommittedIsDurable(this.ledger),
      new DurableBeforeAnswer(),
      new NeverBackwards(),
      new LogBounds(),
      new RepairRestores(),
      new LeaseSafety(areClocksBound),
      new PromisesAreKept(areClocksBound),
      new HandoverToEquals(),
      new ConfigurationSafety(this.ledger),
      new AuditsAgree(),
    ];
    this.#checks = this.#properties.map((property) => property.afterTurn.bind(property));
  }

  started(node: SimulatedNode): void {
    const raft = node.replica?.inspect();
    if (raft === undefined) return;
    this.#quiet.restarted(node.id);
    this.#configurationIndex.delete(node.id);
    for (const property of this.#properties) property.restarted?.(node.id, raft);
  }

  turned(node: SimulatedNode, inputs: readonly Input[], output: Output): void {
    const raft = node.replica?.inspect();
    if (raft === undefined || this.#quiet.isQuiet(raft, inputs, output)) return;
    for (const { from, what } of output.contradictions) {
      claim(false, 'sound nodes contradict nobody', () => `node ${from} to node ${node.id}: ${what}`);
    }
    const turn = { id: node.id, raft, inputs, output, cluster: this.#cluster };
    for (const check of this.#checks) check(turn);
    this.#markTurn(node, inputs, output);
  }

  /** A linearizable answer given at the end of the committed log can be held to the reference at once. */
  answered(call: CallRecord['call'], reply: Reply): void {
    if (reply.kind !== 'result' || call.kind !== 'query' || reply.index !== this.reference.index) return;
    const expected = this.#root.query(this.reference.tree, call.machine, call.body);
    claim(
      expected.kind === 'answered' && deepEqual(expected.result, reply.result),
      'reads are right',
      () => `a query of ${call.machine} at index ${reply.index} gave ${JSON.stringify(reply.result)}`,
    );
    this.#marks.count('query held to the reference');
  }

  /** Nodes that are equally far hold the same records. Costs as much as there are records. */
  compareReplicas(): void {
    const states = [];
    for (const { id, replica } of this.#nodes) {
      if (replica === undefined) continue;
      // Its own: Raft may have handed out more than a node applies that is outdated.
      const { appliedIndex } = replica.status();
      states.push({ id, appliedIndex, records: replica.records.range('', undefined) });
    }
    checkReplicasEqual(states);
  }

  #markTurn(
    node: SimulatedNode,
    inputs: readonly Input[],
    { write, replaceState, replies, send }: Output,
  ): void {
    for (const reply of replies) {
      if (reply.kind !== 'error') continue;
      if (reply.code === 'LEADERSHIP_LOST')
        this.#marks.count('command given up by a node that no longer leads');
    }
    for (const message of send) {
      this.#snapshotMarks.said(message);
      if (message.kind === 'state-hash') this.#marks.count('audit told to another');
    }
    if (write?.truncateFrom !== undefined) {
      this.#marks.count('conflicting entries cut');
      if (write.truncateFrom <= node.disk.lastIndex)
        this.#marks.count('conflicting entries cut that were on disk');
    }
    const { configurationIndex = 0 } = node.replica?.inspect() ?? {};
    if (configurationIndex < (this.#configurationIndex.get(node.id) ?? 0))
      this.#marks.count('configuration rolled back');
    this.#configurationIndex.set(node.id, configurationIndex);
    if (replaceState !== undefined) this.#marks.count('snapshot installed');
    if (write?.compactTo !== undefined) this.#marks.count('log compacted');
    if (inputs.length > 1) this.#marks.count('turn of several inputs');
  }
}
