import type { Index, NodeId, Revision, Term } from '../base/flavor.ts';
import { VERSION_NEEDED } from '../base/version.ts';
import { type Configuration, type ConfigurationChange, isJoint } from '../raft/configuration.ts';
import type { Entry } from '../raft/entry.ts';
import type { Raft } from '../raft/raft.ts';
import type { CallerId } from './input.ts';
import type { Reply } from './output.ts';
import { lost, notLeader } from './pending-commands.ts';
import type { Versions } from './versions.ts';

interface WaitingChange {
  readonly caller: CallerId;
  readonly index: Index;
  readonly term: Term;
  /** A joint phase that is ended by hand is all that was asked for. */
  readonly endsJoint: boolean;
}

interface WaitingTransfer {
  readonly caller: CallerId;
  readonly to: NodeId;
  ticksLeft: number;
}

/** Those who wait for a change of the members, or for another leader. */
export class PendingChanges {
  readonly #raft: Raft;
  readonly #transferTicks: number;
  readonly #versions: Versions;
  #change: WaitingChange | undefined;
  #transfers: WaitingTransfer[] = [];

  /** @param transferTicks - how long to wait for word of the new leader */
  constructor(raft: Raft, transferTicks: number, versions: Versions) {
    this.#raft = raft;
    this.#transferTicks = transferTicks;
    this.#versions = versions;
  }

  /** Begins the change, or the end of a joint phase; gives the answer if there is one at once. */
  change(caller: CallerId, change: ConfigurationChange | undefined): Reply | undefined {
    // One who is gone for good, and holds the version back, can be removed at any version.
    const isNew = change?.changes.some(({ kind }) => kind !== 'remove') ?? false;
    if (isNew && this.#raft.role === 'leader') {
      const what = 'a change of the members';
      const refused = this.#versions.refuse(caller, what, VERSION_NEEDED.memberChange);
      if (refused !== undefined) return refused;
    }
    const answer = change === undefined ? this.#raft.leaveJoint() : this.#raft.changeMembers(change);
    if (answer.kind === 'refused') return this.#refused(caller, answer);
    const { index, term } = answer;
    this.#change = { caller, index, term, endsJoint: change?.transition !== 'explicit' };
    return undefined;
  }

  transfer(caller: CallerId, to: NodeId | undefined): Reply | undefined {
    const answer = this.#raft.transferLeadership(to);
    if (answer.kind === 'refused') return this.#refused(caller, answer);
    this.#transfers.push({ caller, to: answer.to, ticksLeft: this.#transferTicks });
    return undefined;
  }

  tick(): void {
    for (const transfer of this.#transfers) transfer.ticksLeft -= 1;
  }

  /** A configuration is committed, and in the records. */
  applied(entry: Entry, configuration: Configuration, revision: Revision): Reply | undefined {
    const change = this.#change;
    if (change === undefined || entry.index < change.index) return undefined;
    if (change.endsJoint && isJoint(configuration)) return undefined;
    this.#change = undefined;
    const { caller } = change;
    if (entry.index === change.index && entry.term !== change.term) return lost(caller, this.#raft.leader);
    const { voters, outgoing, learners } = configuration;
    const result = { voters: [...voters], outgoing: [...outgoing], learners: [...learners] };
    return { kind: 'result', caller, result, revision, index: entry.index };
  }

  /** Leadership is lost: a change that is in the log may still come about. */
  abort(leader: NodeId | undefined): readonly Reply[] {
    const change = this.#change;
    this.#change = undefined;
    return change === undefined ? [] : [lost(change.caller, leader)];
  }

  /** What is known by now about the transfers that are waited for. */
  takeTransferred(revisionOf: () => Revision, index: Index): readonly Reply[] {
    if (this.#transfers.length === 0) return [];
    const { role, leader, isTransferring } = this.#raft;
    const revision = revisionOf();
    const replies: Reply[] = [];
    const waiting = this.#transfers;
    this.#transfers = [];
    for (const transfer of waiting) {
      const { caller, to, ticksLeft } = transfer;
      if (leader !== undefined && (role !== 'leader' || leader === to)) {
        replies.push({ kind: 'result', caller, result: leader, revision, index });
      } else if (role === 'leader' ? isTransferring : ticksLeft > 0) {
        this.#transfers.push(transfer);
      } else {
        const message = 'no other node took over in time';
        replies.push({ kind: 'error', caller, code: 'TRANSFER_FAILED', message, leader });
      }
    }
    return replies;
  }

  #refused(
    caller: CallerId,
    refusal: Extract<ReturnType<Raft['changeMembers'] | Raft['transferLeadership']>, { kind: 'refused' }>,
  ): Reply {
    const { code, message } = refusal;
    const { leader } = this.#raft;
    return code === 'NOT_LEADER'
      ? notLeader(caller, leader)
      : { kind: 'error', caller, code, message, leader };
  }
}
