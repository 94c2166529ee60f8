import { eventsFrom } from '../machine/history.ts';
import type { RecordTree } from '../machine/record-tree.ts';
import type { Root } from '../machine/root.ts';
import type { HistorySource } from './watch-hub.ts';

/** The events of whatever state the replica has at the time. */
export function historySource(root: Root, tree: () => RecordTree): HistorySource {
  return {
    get revision(): number {
      return root.revision(tree());
    },
    get compactedRevision(): number {
      return root.compactedRevision(tree());
    },
    read: (fromRevision, bytesMax) => eventsFrom(tree(), fromRevision, bytesMax),
  };
}
