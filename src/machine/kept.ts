import { assert, present } from '../base/assert.ts';
import type { Handle } from './record-arena.ts';
import type { RecordTable, Row } from './record-table.ts';

/** What would have been free since a batch of changes was taken. */
class Keep {
  readonly pieces: Handle[] = [];
  readonly rows: Row[] = [];
  /** Of each row. */
  readonly tables: RecordTable[] = [];
  isOver = false;
}

/**
 * Batches of changes tell of rows and of pieces, long after they were taken: what would be free meanwhile
 * is kept until they are over.
 */
export class Kept {
  readonly #release: (at: Handle) => void;
  /** Oldest first. */
  readonly #keeps: Keep[] = [];

  /** @param release - of a piece that nobody needs any more */
  constructor(release: (at: Handle) => void) {
    this.#release = release;
  }

  /** A batch begins to be taken; gives what to call when it is over. */
  begin(): () => void {
    const keep = new Keep();
    this.#keeps.push(keep);
    return () => {
      assert(!keep.isOver, 'a batch is over once');
      keep.isOver = true;
      while (this.#keeps[0]?.isOver === true) this.#end(present(this.#keeps.shift(), 'there is a first one'));
    };
  }

  release(at: Handle): void {
    const last = this.#keeps.at(-1);
    if (last === undefined) this.#release(at);
    else last.pieces.push(at);
  }

  /** A row that is unlinked. */
  free(table: RecordTable, row: Row): void {
    const last = this.#keeps.at(-1);
    if (last === undefined) return table.free(row);
    last.rows.push(row);
    last.tables.push(table);
  }

  #end({ pieces, rows, tables }: Keep): void {
    for (const at of pieces) this.#release(at);
    for (let at = 0; at < rows.length; at++) tables[at]?.free(rows[at] ?? 0);
  }
}
