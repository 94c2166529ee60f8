import type { Index, NodeId } from '../../base/flavor.ts';
import type { Message } from '../../raft/message.ts';
import type { Input } from '../../replica/input.ts';
import { claim } from '../violation.ts';
import type { Property, TurnView } from './property.ts';

interface Seen {
  readonly commitIndex: Index;
  readonly leads: boolean;
}

/**
 * A follower commits no further than the requests of this very turn prove that its log is the
 * leader's: what lies behind their last entry may conflict (Raft paper, figure 2, AppendEntries step 5).
 */
export class CommittedByRequest implements Property {
  readonly name = 'committed by request';
  readonly #seen = new Map<NodeId, Seen>();

  afterTurn({ id, raft, inputs, output }: TurnView): void {
    const { commitIndex } = raft;
    const leads = raft.role === 'leader';
    const before = this.#seen.get(id);
    if (before?.commitIndex === commitIndex && before.leads === leads) return;
    this.#seen.set(id, { commitIndex, leads });
    if (before === undefined || before.leads || leads || before.commitIndex === commitIndex) return;
    const installed = Math.max(raft.base.index, output.replaceState?.applied.index ?? 0);
    const proven = inputs.reduce((most, input) => Math.max(most, provenBy(input)), installed);
    claim(
      commitIndex <= proven,
      this.name,
      () => `node ${id} committed up to entry ${commitIndex} by requests that prove it up to entry ${proven}`,
    );
  }

  restarted(id: NodeId): void {
    this.#seen.delete(id);
  }
}

function provenBy(input: Input): Index {
  return input.kind === 'message' ? provenByMessage(input.message) : 0;
}

function provenByMessage(message: Message): Index {
  switch (message.kind) {
    case 'append-request':
      return Math.min(message.commitIndex, message.previous.index + message.entries.length);
    case 'heartbeat-request':
      return message.commitIndex;
    case 'snapshot-request':
      return message.snapshot.index;
    default:
      return 0;
  }
}
