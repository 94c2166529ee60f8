import type { RecordTable, Row } from './record-table.ts';
import { OPEN, TOUCHED } from './row-state.ts';

/** So many are looked at, at most, when one more comes. */
const LOOKS_MAX = 4;

/**
 * The records of a space that are open though they are packed as well: a clock with a second chance. Which
 * of them give way follows from what was asked alone.
 */
export class OpenRows {
  readonly #table: RecordTable;
  readonly #max: number;
  /** Among them some that are not open any more, and some more than once. */
  readonly #rows: Row[] = [];
  #hand = 0;

  constructor(table: RecordTable, max: number) {
    this.#table = table;
    this.#max = max;
  }

  /** Others may be closed instead. */
  open(row: Row, value: unknown): void {
    for (let looks = 0; looks < LOOKS_MAX && this.#rows.length >= this.#max; looks++) this.#look();
    if (this.#rows.length >= this.#max) return;
    this.#table.hold(row, value);
    this.#table.mark(row, OPEN);
    this.#rows.push(row);
  }

  #look(): void {
    if (this.#hand >= this.#rows.length) this.#hand = 0;
    const row = this.#rows[this.#hand];
    if (row === undefined) return;
    const isOpen = this.#table.has(row, OPEN);
    if (isOpen && this.#table.has(row, TOUCHED)) {
      this.#table.unmark(row, TOUCHED);
      this.#hand++;
      return;
    }
    const last = this.#rows.pop();
    if (last !== undefined && last !== row) this.#rows[this.#hand] = last;
    if (!isOpen) return;
    this.#table.unmark(row, OPEN);
    this.#table.letGo(row);
  }
}
