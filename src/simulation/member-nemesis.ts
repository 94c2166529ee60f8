/** Changes who makes up a simulated cluster, and who leads it, while everything else goes on. */
import type { NodeId } from '../base/flavor.ts';
import type { SeededRandom } from '../base/seeded-random.ts';
import {
  applyChange,
  type Configuration,
  type ConfigurationChange,
  isJoint,
  type MemberChange,
} from '../raft/configuration.ts';
import type { CallerId, Input } from '../replica/input.ts';
import type { Reply } from '../replica/output.ts';
import type { MemberAction } from './actions.ts';
import type { EventQueue } from './event-queue.ts';
import { shuffled } from './links.ts';
import type { Marks } from './marks.ts';
import type { SimulatedNode } from './node.ts';

export interface MemberNemesisSurroundings {
  readonly marks: Marks;
  readonly events: EventQueue;
  /** Faults have stopped. */
  readonly calmed: boolean;
  readonly leader: SimulatedNode | undefined;
  node(id: NodeId): SimulatedNode;
  /** Starts a node with an empty disk, if there is none of this id yet. */
  addNode(id: NodeId): void;
  /** Asks a node for something that no client asks for. */
  administer(id: NodeId, makeInput: (caller: CallerId) => Input, answer: (reply: Reply) => void): void;
}

/** With more members every one of them would be as good as idle. */
const MEMBERS_MAX = 8;
const VOTERS_MAX = 7;
/** Within this time someone else leads, or the hand-over has failed. */
const NEW_LEADER_MS = 1000;
const LOOK_EVERY_MS = 2;

export class MemberNemesis {
  readonly #around: MemberNemesisSurroundings;
  readonly #random: SeededRandom;
  readonly #isAlive: (configuration: Configuration) => boolean;

  /** @param isAlive whether so few of these voters have lost what they held that the others can do without */
  constructor(
    around: MemberNemesisSurroundings,
    random: SeededRandom,
    isAlive: (configuration: Configuration) => boolean,
  ) {
    this.#around = around;
    this.#isAlive = isAlive;
    this.#random = random;
  }

  perform(action: MemberAction): void {
    if (action.when === 'new-leader') {
      this.#changeUnderNewLeader(action);
      return;
    }
    this.#perform(action);
    if (action.when === 'twice')
      this.#perform({ ...action, change: this.#random.pick(['add', 'promote', 'demote', 'replace']) });
  }

  /** Hands over, and asks whoever leads then. */
  #changeUnderNewLeader(action: MemberAction): void {
    const { leader, events } = this.#around;
    const voters = leader?.replica?.configuration.voters ?? [];
    if (leader === undefined || voters.length === 0) return;
    this.transfer(leader, this.#random.pick(voters));
    const untilUs = events.nowUs + NEW_LEADER_MS * 1000;
    const look = (): void => {
      if (this.#around.calmed || events.nowUs > untilUs) return;
      const next = this.#around.leader;
      if (next === undefined || next === leader) events.after(LOOK_EVERY_MS * 1000, look);
      else this.#perform(action);
    };
    look();
  }

  #perform({ change, count, transition }: MemberAction): void {
    const { leader } = this.#around;
    const configuration = leader?.replica?.configuration;
    if (leader === undefined || configuration === undefined) return;
    if (change === 'transfer')
      return this.transfer(
        leader,
        this.#random.chance(0.3) ? undefined : this.#random.pick(configuration.voters),
      );
    if (isJoint(configuration) && !configuration.autoLeave) return this.leaveJoint(leader);
    const changes = this.#changesFor(change, count, leader.id, configuration);
    // A leader notices only after a while who is lost: nobody gives dead nodes a vote meanwhile.
    const next = applyChange(configuration, { changes, transition });
    if ('refused' in next || this.#isAlive(next)) this.#ask(leader, change, { changes, transition });
  }

  /** To this node, or to whom the leader chooses. */
  transfer(leader: SimulatedNode, to: NodeId | undefined): void {
    this.#around.administer(
      leader.id,
      (caller) => ({ kind: 'transfer', caller, to }),
      (reply) => {
        this.#around.marks.count(
          reply.kind === 'result' ? 'leadership transferred' : 'leader transfer failed',
        );
      },
    );
  }

  leaveJoint(leader: SimulatedNode): void {
    this.#around.administer(
      leader.id,
      (caller) => ({ kind: 'leave-joint', caller }),
      (reply) => {
        if (reply.kind === 'result') this.#around.marks.count('joint configuration left by hand');
      },
    );
  }

  #changesFor(
    change: MemberAction['change'],
    count: number,
    leader: NodeId,
    configuration: Configuration,
  ): readonly MemberChange[] {
    const { voters, learners } = configuration;
    const others = voters.filter((id) => id !== leader);
    switch (change) {
      case 'promote':
        if (learners.length === 0) return this.#additions(count, configuration);
        return voters.length >= VOTERS_MAX
          ? []
          : this.#some(learners, Math.min(count, VOTERS_MAX - voters.length)).map((id) => ({
              kind: 'promote',
              id,
            }));
      case 'demote':
        return this.#some(others, Math.min(count, others.length - 1)).map((id) => ({ kind: 'demote', id }));
      case 'remove':
        return this.#some([...others, ...learners], Math.min(count, voters.length - 1)).map((id) => ({
          kind: 'remove',
          id,
        }));
      case 'remove-leader':
        return voters.length > 1 ? [{ kind: 'remove', id: leader }] : [];
      case 'replace': {
        const coming = this.#some(learners, count);
        if (coming.length === 0) return this.#additions(count, configuration);
        const going = this.#some(voters, coming.length);
        return [
          ...coming.map((id) => ({ kind: 'promote', id }) as const),
          ...going.map((id) => ({ kind: 'remove', id }) as const),
        ];
      }
      default:
        return this.#additions(count, configuration);
    }
  }

  #additions(count: number, { members, nextId, voters }: Configuration): readonly MemberChange[] {
    const room = Math.min(count, MEMBERS_MAX - members.size);
    const kind = voters.length < VOTERS_MAX && this.#random.chance(0.2) ? 'add-voter' : 'add-learner';
    return Array.from({ length: Math.max(0, room) }, (_, at): MemberChange => {
      const id = nextId + at;
      this.#around.addNode(id);
      return { kind, member: { id, address: `node-${id}`, incarnation: `incarnation-${id}` } };
    });
  }

  #some(ids: readonly NodeId[], count: number): readonly NodeId[] {
    return shuffled(this.#random, ids).slice(0, count);
  }

  #ask(leader: SimulatedNode, what: string, change: ConfigurationChange): void {
    const { marks } = this.#around;
    if (change.changes.length === 0) return;
    marks.count(`asked for: ${what}`);
    this.#around.administer(
      leader.id,
      (caller) => ({ kind: 'change-members', caller, change }),
      (reply) => {
        if (reply.kind === 'error') {
          marks.count(`member change answered by ${reply.code}`);
          return;
        }
        marks.count('members changed');
        for (const each of change.changes) this.#markDone(each, leader.id);
      },
    );
  }

  #markDone(change: MemberChange, leader: NodeId): void {
    const { marks } = this.#around;
    if (change.kind === 'promote') marks.count('learner promoted');
    if (change.kind !== 'remove') return;
    if (change.id === leader) marks.count('leader removed');
    if (!this.#around.node(change.id).up) marks.count('node removed while down');
  }
}
