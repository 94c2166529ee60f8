import type { Index, Term } from '../../base/flavor.ts';
import type { Entry } from '../../raft/entry.ts';
import { claim } from '../violation.ts';

export interface Committed {
  readonly entry: Entry;
  /** The term of the leader that committed it first: not always the entry's own. */
  readonly inTerm: Term;
}

/** What the cluster committed, in order, written once and never changed: the truth that nodes are held to. */
export class Ledger {
  readonly #committed: Committed[] = [];

  get lastIndex(): Index {
    return this.#committed.length;
  }

  at(index: Index): Committed | undefined {
    return this.#committed[index - 1];
  }

  append(entry: Entry, inTerm: Term): void {
    claim(
      entry.index === this.lastIndex + 1,
      'ledger',
      () => `entry ${entry.index} does not follow ${this.lastIndex}`,
    );
    this.#committed.push({ entry, inTerm });
  }
}

export function sameEntry(a: Entry, b: Entry): boolean {
  if (a === b) return true;
  return a.index === b.index && a.term === b.term && a.kind === b.kind && sameBytes(a.data, b.data);
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}
