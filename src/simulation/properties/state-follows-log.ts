import type { Index, NodeId } from '../../base/flavor.ts';
import type { RaftInspection } from '../../raft/inspection.ts';
import type { StateWrite } from '../../replica/output.ts';
import { deepEqual } from '../deep-equal.ts';
import { claim } from '../violation.ts';
import type { Property, TurnView } from './property.ts';

/** What one entry changed. */
export interface Changed {
  readonly key: string;
  /** Undefined: no record. */
  readonly before: unknown;
  readonly after: unknown;
}

/** What the committed log means, entry by entry. */
export interface LogMeaning {
  /** Takes in what was committed since. */
  catchUp(): void;
  changesOf(index: Index): readonly Changed[];
}

/**
 * What a node stores is what the entries that it applied since the last time change, each applied
 * once: held, batch by batch, to a state that nothing but the committed log has made.
 */
export class StateFollowsLog implements Property {
  readonly name = 'state follows the log';
  readonly #meaning: LogMeaning;
  readonly #storedIndex = new Map<NodeId, Index>();

  constructor(meaning: LogMeaning) {
    this.#meaning = meaning;
  }

  afterTurn({ id, output }: TurnView): void {
    this.#meaning.catchUp();
    if (output.replaceState !== undefined) this.#storedIndex.set(id, output.replaceState.applied.index);
    if (output.state !== undefined) this.#compare(id, output.state);
  }

  restarted(id: NodeId, raft: RaftInspection): void {
    this.#storedIndex.set(id, raft.appliedIndex);
  }

  #compare(id: NodeId, { changes, applied }: StateWrite): void {
    const from = this.#storedIndex.get(id) ?? 0;
    const to = applied.index;
    claim(to > from, this.name, () => `node ${id} stored up to ${to} after ${from}`);
    this.#storedIndex.set(id, to);
    const due = this.#changesBetween(from, to);
    const where = (key: string): string =>
      `node ${id}, entries ${from + 1} to ${to}, record ${JSON.stringify(key)}`;
    for (const { key, value, stamp, stampBefore } of changes) {
      const expected = due.get(key);
      // A record that did not change is only stored again: the disk holds it to what it stored.
      if (expected === undefined && stamp === stampBefore && stamp !== 0) continue;
      claim(expected !== undefined, this.name, () => `${where(key)}: no entry changes it`);
      claim(
        deepEqual(expected.after, value),
        this.name,
        () => `${where(key)}: it is ${JSON.stringify(value)} instead of ${JSON.stringify(expected.after)}`,
      );
      due.delete(key);
    }
    // What several entries changed and changed back need not be told.
    for (const { key, before, after } of due.values()) {
      claim(deepEqual(before, after), this.name, () => `${where(key)}: its change is missing`);
    }
  }

  #changesBetween(from: Index, to: Index): Map<string, Changed> {
    const due = new Map<string, Changed>();
    for (let index = from + 1; index <= to; index++) {
      for (const { key, before, after } of this.#meaning.changesOf(index)) {
        due.set(key, { key, before: due.has(key) ? due.get(key)?.before : before, after });
      }
    }
    return due;
  }
}
