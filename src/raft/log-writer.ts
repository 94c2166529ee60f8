import { assert } from '../base/assert.ts';
import type { Index } from '../base/flavor.ts';
import type { HardState, Position } from './entry.ts';
import type { Log } from './log.ts';
import type { LogWrite } from './ready.ts';

/** A write on its way to the disk, and the highest index up to which its completion makes the log stable. */
interface Outstanding {
  readonly id: number;
  vouchesTo: Index;
}

/**
 * What of the log and of the hard state is on the disk, on its way there, or still to be written.
 *
 * All that changed since the last write leaves as one write; several may be on their way, and they
 * complete in order (thesis, section 10.2: the leader writes while it replicates). The danger in that
 * is a completion that speaks of entries which a newer leader has meanwhile replaced: A is written at
 * index 5, truncated, B put there, and "index 5 is written" arrives, meaning A. So a truncation lowers
 * what each write on its way can vouch for; only a write that holds the present entries raises
 * `stableIndex` over them.
 */
export class LogWriter {
  readonly #log: Log;
  #hardState: HardState | undefined;
  #hardStateWrite = 0;
  #reset: Position | undefined;
  #truncateFrom: Index | undefined;
  #compactTo: Index | undefined;
  #forced = false;
  /** What lies behind the entries on the disk is damaged, and is not to be given up. */
  #fills: boolean;
  /** Where the log will end on the disk once everything that was issued is there. */
  #issuedTo: Index;
  #stableIndex: Index;
  #lastIssued = 0;
  #lastWritten = 0;
  readonly #outstanding: Outstanding[] = [];

  /** @param log - as it was read from the disk: all of it is stable. */
  constructor(log: Log, { fills }: { readonly fills: boolean } = { fills: false }) {
    this.#log = log;
    this.#fills = fills;
    this.#issuedTo = log.lastIndex;
    this.#stableIndex = log.lastIndex;
  }

  /** Every entry of the present log up to here is on the disk. */
  get stableIndex(): Index {
    return this.#stableIndex;
  }

  /** The newest write that was handed out; 0 before the first. */
  get lastIssued(): number {
    return this.#lastIssued;
  }

  /** The newest write that is known to be on the disk. */
  get lastWritten(): number {
    return this.#lastWritten;
  }

  /** A write is on its way. */
  get isBusy(): boolean {
    return this.#outstanding.length > 0;
  }

  /** Whether the newest term and vote are on the disk. */
  get isHardStateStable(): boolean {
    return this.#hardState === undefined && this.#lastWritten >= this.#hardStateWrite;
  }

  get isWriteDue(): boolean {
    return (
      this.#forced ||
      this.#hardState !== undefined ||
      this.#reset !== undefined ||
      this.#truncateFrom !== undefined ||
      this.#compactTo !== undefined ||
      this.#issuedTo < this.#log.lastIndex
    );
  }

  setHardState(hardState: HardState): void {
    this.#hardState = hardState;
  }

  /** The next turn writes even if nothing changed, so that a promise made now waits for all writes before it. */
  force(): void {
    this.#forced = true;
  }

  truncateFrom(index: Index): void {
    this.#log.truncateFrom(index);
    if (index <= this.#issuedTo) {
      this.#truncateFrom = index;
      this.#issuedTo = index - 1;
    }
    this.#vouchNoFurtherThan(index - 1);
  }

  /** The log on the disk is from here on what the one in memory is: whole again, or given up behind that. */
  stopFilling(): void {
    this.#fills = false;
    if (this.#reset === undefined) this.#truncateFrom = this.#issuedTo + 1;
  }

  reset(base: Position): void {
    this.#log.reset(base);
    this.#reset = base;
    this.#truncateFrom = undefined;
    this.#compactTo = undefined;
    this.#issuedTo = base.index;
    this.#vouchNoFurtherThan(0);
    this.#stableIndex = base.index;
  }

  compact(to: Index): void {
    assert(to <= this.#stableIndex, 'only what is on the disk is compacted');
    this.#log.compact(to);
    this.#compactTo = to;
  }

  /** Everything that changed since the last call, as one write; undefined if nothing did. */
  take(): LogWrite | undefined {
    if (!this.isWriteDue) return undefined;
    this.#lastIssued += 1;
    const entries = this.#log.slice(this.#issuedTo + 1, this.#log.lastIndex, WHOLE);
    const write: LogWrite = {
      id: this.#lastIssued,
      ...(this.#hardState === undefined ? {} : { hardState: this.#hardState }),
      ...(this.#reset === undefined ? {} : { reset: this.#reset }),
      ...(this.#truncateFrom === undefined ? {} : { truncateFrom: this.#truncateFrom }),
      entries,
      ...(this.#fills ? { fills: true } : {}),
      ...(this.#compactTo === undefined ? {} : { compactTo: this.#compactTo }),
    };
    if (this.#hardState !== undefined) this.#hardStateWrite = this.#lastIssued;
    this.#issuedTo = this.#log.lastIndex;
    this.#outstanding.push({ id: this.#lastIssued, vouchesTo: this.#issuedTo });
    this.#hardState = undefined;
    this.#reset = undefined;
    this.#truncateFrom = undefined;
    this.#compactTo = undefined;
    this.#forced = false;
    return write;
  }

  /** The write of this id, and every one before it, is on the disk. */
  written(id: number): void {
    assert(id <= this.#lastIssued, 'only a write that was issued completes');
    if (id <= this.#lastWritten) return;
    this.#lastWritten = id;
    let completed = 0;
    for (const write of this.#outstanding) {
      if (write.id > id) break;
      this.#stableIndex = Math.max(this.#stableIndex, write.vouchesTo);
      completed += 1;
    }
    this.#outstanding.splice(0, completed);
    assert(this.#stableIndex <= this.#log.lastIndex, 'the disk holds no more of the log than there is');
  }

  #vouchNoFurtherThan(index: Index): void {
    this.#stableIndex = Math.min(this.#stableIndex, index);
    for (const write of this.#outstanding) write.vouchesTo = Math.min(write.vouchesTo, index);
  }
}

/** A write takes all there is: what a turn takes in is bounded already. */
const WHOLE = { entriesMax: Infinity, bytesMax: Infinity };
