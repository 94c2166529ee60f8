import { type Cell, CHANGED, OPEN, TOUCHED } from './record-cell.ts';

/** So many are looked at, at most, when one more comes. */
const LOOKS_MAX = 4;

/**
 * The open records of a space that could be packed: a clock with a second chance. Which of them give way
 * follows from what was asked alone. Changes that were not taken yet stay, so there may be more than the
 * maximum for a while.
 */
export class OpenCells {
  readonly #max: number;
  readonly #pack: (cell: Cell) => void;
  readonly #cells: Cell[] = [];
  #hand = 0;

  constructor(max: number, pack: (cell: Cell) => void) {
    this.#max = max;
    this.#pack = pack;
  }

  /** Somebody uses the cell, which holds a value. Others may be packed instead. */
  used(cell: Cell): void {
    cell.state |= TOUCHED;
    if ((cell.state & OPEN) !== 0) return;
    cell.state |= OPEN;
    for (let looks = 0; looks < LOOKS_MAX && this.#cells.length >= this.#max; looks++) this.#look();
    this.#cells.push(cell);
  }

  #look(): void {
    if (this.#hand >= this.#cells.length) this.#hand = 0;
    const cell = this.#cells[this.#hand];
    if (cell === undefined) return;
    if (cell.value !== undefined && (cell.state & (CHANGED | TOUCHED)) !== 0) {
      cell.state &= ~TOUCHED;
      this.#hand++;
      return;
    }
    cell.state &= ~OPEN;
    const last = this.#cells.pop();
    if (last !== undefined && last !== cell) this.#cells[this.#hand] = last;
    if (cell.value !== undefined) this.#pack(cell);
  }
}
