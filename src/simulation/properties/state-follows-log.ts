import type { Index, NodeId } from '../../base/flavor.ts';
import { Slab } from '../../base/slab.ts';
import type { RecordChange } from '../../machine/records.ts';
import type { RaftInspection } from '../../raft/inspection.ts';
import type { StateWrite } from '../../replica/output.ts';
import { msgpackCodec } from '../../wire/msgpack-codec.ts';
import { deepEqual, holdsBytes } from '../deep-equal.ts';
import { claim } from '../violation.ts';
import type { Property, TurnView } from './property.ts';

/** What one entry changed. */
export interface Changed {
  readonly key: string;
  /** Undefined: no record. */
  readonly before: unknown;
  readonly after: unknown;
  /** The bytes of `after`, since they were first held to it: whoever stores the same need not be asked what they mean. */
  encoded?: Uint8Array;
}

/** What several entries changed. */
interface Due {
  readonly before: unknown;
  readonly last: Changed;
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
  readonly #copies = new Slab();

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
    for (const change of changes) {
      const { key, stamp, stampBefore } = change;
      const expected = due.get(key);
      // A record that did not change is only stored again: the disk holds it to what it stored.
      if (expected === undefined && stamp === stampBefore && stamp !== 0) continue;
      claim(expected !== undefined, this.name, () => `${where(key)}: no entry changes it`);
      const { after } = expected.last;
      claim(
        this.#isTold(expected.last, change),
        this.name,
        () => `${where(key)}: it is ${JSON.stringify(change.value)} instead of ${JSON.stringify(after)}`,
      );
      due.delete(key);
    }
    // What several entries changed and changed back need not be told.
    for (const [key, { before, last }] of due) {
      claim(deepEqual(before, last.after), this.name, () => `${where(key)}: its change is missing`);
    }
  }

  #isTold(expected: Changed, change: RecordChange): boolean {
    if (change.stamp === 0) return expected.after === undefined && change.value === undefined;
    const range = change.encoded(msgpackCodec);
    if (expected.encoded !== undefined && holdsBytes(range, expected.encoded)) return true;
    if (!deepEqual(expected.after, change.value)) return false;
    expected.encoded = this.#copies.copy(range.bytes.subarray(range.from, range.to));
    return true;
  }

  #changesBetween(from: Index, to: Index): Map<string, Due> {
    const due = new Map<string, Due>();
    for (let index = from + 1; index <= to; index++) {
      for (const last of this.#meaning.changesOf(index)) {
        const earlier = due.get(last.key);
        due.set(last.key, { before: earlier === undefined ? last.before : earlier.before, last });
      }
    }
    return due;
  }
}
