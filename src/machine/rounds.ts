import type { Journal } from './record-journal.ts';
import type { RecordSpace } from './record-space.ts';
import type { Row } from './record-table.ts';
import type { TakenChanges } from './taken-changes.ts';

/** Of no round: what a storage must be given again before it may forget what it was given earlier. */
const LONG_AGO = 0;
const FIRST_ROUND = 1;
/** A round is one byte. Every record takes part in each, so two of them are enough. */
const ROUNDS = 255;

/** How far a walk over all rows has come. */
export interface Walk {
  row: Row;
  /** About so many more bytes may be added. */
  bytesLeft: number;
}

/**
 * Gives a storage again, a few with each batch, the records that did not change for long. When all
 * records were given once, by a change or so, a round is over, and all that was given before it began
 * may be forgotten: so a storage can write everything behind what it wrote last, and needs neither to
 * look for what is still needed nor to put it in order.
 */
export class Rounds {
  readonly #journal: Journal;
  readonly #walk: Walk = { row: 0, bytesLeft: 0 };
  /** The place of the space that is walked. */
  #space = 0;
  #isOver = false;

  constructor(journal: Journal) {
    this.#journal = journal;
    journal.round = FIRST_ROUND;
  }

  /** What is loaded from here on was given in this round, or before it. */
  loads(isOfThisRound: boolean): void {
    this.#journal.round = isOfThisRound ? FIRST_ROUND : LONG_AGO;
  }

  /** To be called before changes are taken. Whether a round begins with them. */
  begin(): boolean {
    const { round } = this.#journal;
    if (round === LONG_AGO) this.#journal.round = FIRST_ROUND;
    if (!this.#isOver) return false;
    this.#journal.round = (round % ROUNDS) + 1;
    this.#isOver = false;
    this.#space = 0;
    return true;
  }

  /** Adds records to the changes, about so many bytes of them. */
  renew(spaces: readonly RecordSpace[], changes: TakenChanges, bytesMax: number): void {
    this.#walk.bytesLeft = bytesMax;
    for (; this.#space < spaces.length; this.#space++) {
      if (spaces[this.#space]?.renew(changes, this.#walk) === false) return;
      this.#walk.row = 0;
    }
    this.#isOver = true;
  }
}
