import type { Codec } from '../base/codec.ts';
import type { Index, NodeId } from '../base/flavor.ts';
import type { StageClock } from '../base/stages.ts';
import { VERSION_NEEDED } from '../base/version.ts';
import type { CommandOutcome } from '../machine/command.ts';
import { encodeLogged } from '../machine/logged-command.ts';
import type { RecordTree } from '../machine/record-tree.ts';
import { CLOCK, type Root } from '../machine/root.ts';
import type { Entry } from '../raft/entry.ts';
import type { Raft } from '../raft/raft.ts';
import { AUDIT, type Audits } from './audits.ts';
import type { ReplicaConfig } from './config.ts';
import type { CallerId, CommandInput, DiskRoom, Now } from './input.ts';
import type { Leadership } from './leadership.ts';
import type { Reply } from './output.ts';
import { notLeader, PendingCommands } from './pending-commands.ts';
import type { Versions } from './versions.ts';

export interface ProposalsOptions {
  readonly config: ReplicaConfig;
  readonly root: Root;
  readonly codec: Codec;
  readonly raft: Raft;
  readonly leadership: Leadership;
  readonly audits: Audits;
  readonly versions: Versions;
  readonly stages: StageClock;
}

/** A leader's commands: taken in, or refused; proposed, all of a turn at once; answered when they are applied. */
export class Proposals {
  readonly #config: ReplicaConfig;
  readonly #root: Root;
  readonly #codec: Codec;
  readonly #raft: Raft;
  readonly #leadership: Leadership;
  readonly #audits: Audits;
  readonly #versions: Versions;
  readonly #commands: PendingCommands;
  readonly #stages: StageClock;
  /** What was proposed together, until it is committed. */
  #underWay: { readonly lastIndex: Index; readonly sinceMs: number }[] = [];
  /** Of this node's disk. */
  #room: DiskRoom = 'ample';
  /** It has no room, and this node has not tried yet to let another one lead. */
  #wantsOtherLeader = false;

  constructor({ config, root, codec, raft, leadership, audits, versions, stages }: ProposalsOptions) {
    this.#config = config;
    this.#root = root;
    this.#codec = codec;
    this.#raft = raft;
    this.#leadership = leadership;
    this.#audits = audits;
    this.#versions = versions;
    this.#commands = new PendingCommands(config.pendingCommandsMax);
    this.#stages = stages;
  }

  roomChanged(room: DiskRoom): void {
    this.#room = room;
    this.#wantsOtherLeader = room !== 'ample';
  }

  /** A leader without room lets another one lead, once: if that one has no room either, this must end somewhere. */
  letOtherLead(): void {
    if (!this.#wantsOtherLeader || this.#raft.role !== 'leader') return;
    this.#wantsOtherLeader = this.#raft.transferLeadership().kind !== 'accepted';
  }

  /** The command waits here to be proposed, unless there is an answer at once. */
  take(input: CommandInput, tree: RecordTree): Reply | undefined {
    const { pendingCommandsMax, stateBytesMax } = this.#config;
    if (!this.#leadership.isOpen) return notLeader(input.caller, this.#raft.leader);
    if (this.#commands.full) {
      return this.#refusal(input.caller, 'TOO_BUSY', `${pendingCommandsMax} commands wait already`);
    }
    if (tree.settledBytes > stateBytesMax && this.#root.mayGrow(input.command)) {
      const message = `the state holds ${tree.settledBytes} bytes of ${stateBytesMax}`;
      return this.#refusal(input.caller, 'NO_SPACE', message);
    }
    // What frees something, or keeps a session alive, may use the reserve.
    if (this.#room === 'full' || (this.#room === 'low' && this.#root.mayGrow(input.command))) {
      const message = `the disk of the leading node is ${this.#room === 'full' ? 'full' : 'below its reserve'}`;
      return this.#refusal(input.caller, 'NO_SPACE', message);
    }
    const { machine } = input.command;
    const needed = this.#root.versionNeeded(input.command);
    const refused = this.#versions.refuse(input.caller, `this command of ${machine}`, needed);
    if (refused === undefined) this.#commands.enqueue(input);
    return refused;
  }

  /**
   * One append for all commands of the turn. They wait while the leader does not serve yet, and while
   * it hands over: what is not in its log can then be sent to the next leader without a doubt.
   */
  propose(tree: RecordTree, applied: Index, now: Now): readonly Reply[] {
    if (!this.#leadership.isServing || this.#raft.isTransferring) return [];
    const timeMs = this.#leadership.stampMs(now);
    const { wallMs } = now;
    const sinceMs = this.#stages.nowMs();
    const queue = this.#commands.takeQueue();
    const payloads = queue.map(({ command: { machine, session, body } }) =>
      encodeLogged(this.#codec, { timeMs, wallMs, machine, session, body }),
    );
    const deadlineMs = this.#leadership.nextDeadlineMs(applied, () => this.#root.nextDeadlineMs(tree));
    const tickClock = deadlineMs !== undefined && deadlineMs <= timeMs && !this.#leadership.isClockProposed;
    const clock = { machine: CLOCK, session: undefined, body: null, timeMs, wallMs };
    if (tickClock) payloads.push(encodeLogged(this.#codec, clock));
    const raise = this.#versions.due();
    if (raise !== undefined) payloads.push(encodeLogged(this.#codec, { ...clock, body: raise }));
    if (this.#isAuditDue(applied)) {
      payloads.push(encodeLogged(this.#codec, { ...clock, body: AUDIT }));
      this.#audits.asked();
    }
    if (payloads.length === 0) return [];
    const proposed = this.#raft.propose(payloads);
    if (proposed.kind === 'refused') {
      const message = 'too much of the log is not committed yet';
      return queue.map(({ caller }) => this.#refusal(caller, 'TOO_BUSY', message));
    }
    const { firstIndex, term } = proposed;
    queue.forEach(({ caller }, at) => this.#commands.proposed(caller, firstIndex + at, term));
    this.#noteProposed(firstIndex + payloads.length - 1, sinceMs);
    if (tickClock) this.#leadership.isClockProposed = true;
    if (raise !== undefined) this.#versions.asked(raise);
    return [];
  }

  /** A member of an older release would not know what is asked of it. */
  #isAuditDue(applied: Index): boolean {
    return this.#versions.cluster >= VERSION_NEEDED.stateAudit && this.#audits.isDue(applied);
  }

  applied(entry: Entry, outcome: CommandOutcome): Reply | undefined {
    return this.#commands.applied(entry, outcome, this.#raft.leader);
  }

  /** The log is committed up to there. */
  committed(index: Index): void {
    while ((this.#underWay[0]?.lastIndex ?? Infinity) <= index) {
      this.#stages.ended('replicate', this.#underWay.shift()?.sinceMs ?? 0);
    }
  }

  #noteProposed(lastIndex: Index, sinceMs: number): void {
    this.#stages.ended('propose', sinceMs);
    this.#underWay.push({ lastIndex, sinceMs: this.#stages.nowMs() });
  }

  /** Leadership is lost: what is in the log may be applied or not. */
  abort(): readonly Reply[] {
    this.#underWay = [];
    return this.#commands.abort(this.#raft.leader);
  }

  /** Who waits is told who leads. */
  sendAway(leader: NodeId | undefined): readonly Reply[] {
    return this.#commands.refuseQueue(leader);
  }

  #refusal(caller: CallerId, code: 'TOO_BUSY' | 'NO_SPACE', message: string): Reply {
    return { kind: 'error', caller, code, message, leader: this.#raft.leader };
  }
}
