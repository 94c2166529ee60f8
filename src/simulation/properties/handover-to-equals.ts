import { claim } from '../violation.ts';
import { type Property, type TurnView } from './property.ts';

/** A leader tells nobody to take over who does not hold all of its log (thesis, section 3.10). */
export class HandoverToEquals implements Property {
  readonly name = 'handover to equals';

  afterTurn({ id, raft, output }: TurnView): void {
    if (raft.role !== 'leader') return;
    for (const { kind, to } of output.send) {
      if (kind !== 'timeout-now') continue;
      const matchIndex = raft.matchOf(to);
      claim(
        matchIndex === raft.lastIndex,
        this.name,
        () =>
          `leader ${id}, whose log ends at ${raft.lastIndex}, hands over to node ${to}, which holds ${matchIndex}`,
      );
    }
  }
}
