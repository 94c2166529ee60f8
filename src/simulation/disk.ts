/**
 * A node's disk: what was written and not yet synced can be lost in a crash, in whole or in part;
 * what was synced cannot. The log and the state are modelled as the real ones recover them.
 */
import { assert } from '../base/assert.ts';
import type { Index, Term } from '../base/flavor.ts';
import type { Random } from '../base/random.ts';
import type { Configuration } from '../raft/configuration.ts';
import type { HardState, Position } from '../raft/entry.ts';
import type { LogWrite } from '../raft/ready.ts';
import { aroundState } from '../node/damaged-log.ts';
import { fit } from '../node/restore.ts';
import type { Restored } from '../replica/restored.ts';
import type { Packing } from '../machine/record-packer.ts';
import type { LogContents, LogDamage } from '../storage/log-storage.ts';
import { DurableEntries } from './durable-entries.ts';
import type { Marks } from './marks.ts';
import type { DurableLog } from './properties/property.ts';
import type { RealLog } from './real-log.ts';
import { StateDisk } from './state-disk.ts';
import { claim } from './violation.ts';

const NAME = 'the log survives crashes';

export class SimulatedDisk implements DurableLog {
  readonly state: StateDisk = new StateDisk();
  readonly #log = new DurableEntries();
  readonly #segmentEntries: number;
  readonly #real: RealLog | undefined;
  /** Written, not yet on stable storage. */
  #pending: LogWrite[] = [];
  /** Up to here the log must be there again after a crash. */
  #surelyTo: Index = 0;
  #rotten = false;

  /**
   * @param segmentEntries compacted entries are only forgotten by so many at once
   * @param real the log's own code, if it is to be used, and not only a model of it
   */
  constructor(segmentEntries: number, real?: RealLog) {
    this.#segmentEntries = segmentEntries;
    this.#real = real;
  }

  get hardState(): HardState {
    return this.#log.hardState;
  }

  get base(): Position {
    return this.#log.base;
  }

  get lastIndex(): Index {
    return this.#log.lastIndex;
  }

  get stateIndex(): Index {
    return this.state.syncedIndex;
  }

  termAt(index: Index): Term | undefined {
    return this.#log.termAt(index);
  }

  knows(entry: Position): boolean {
    return this.#log.knows(entry);
  }

  /** The write is on its way; `complete` tells when it got there. */
  begin(write: LogWrite): void {
    this.#pending.push(write);
  }

  /**
   * The oldest write on its way is on stable storage.
   *
   * @throws StoreError DISK_FAILED
   */
  complete(): LogWrite {
    const [write] = this.#pending;
    assert(write !== undefined, 'a write completes once');
    this.#real?.append(write);
    this.#pending.shift();
    this.#apply(write, Number.POSITIVE_INFINITY);
    return write;
  }

  /** The next write but a few fails, and the node must stop. */
  failSoon(): void {
    this.#real?.failSoon();
  }

  /** It fails no more. */
  heal(): void {
    this.#real?.heal();
  }

  /** Something of what is stored goes bad. The node must be down. Whether there is something that can. */
  rot(): boolean {
    if (this.#real === undefined || this.#rotten) return false;
    this.#rotten = this.#real.rot(this.#log.entries.filter(({ index }) => index > this.state.applied.index));
    return this.#rotten;
  }

  /**
   * The node loses its memory, and of what was on its way to the disk a part. Of the log that is a
   * beginning: some whole writes, and then some records of the next one.
   */
  crash(random: Random, keepChance: number, marks: Marks): void {
    // A process that dies alone leaves all that it wrote.
    const keepsAll = random.chance(keepChance);
    if (this.#real === undefined) this.#crashLog(random, keepsAll, marks);
    else {
      this.#surelyTo = this.#pending.reduce(
        (sure, { reset, truncateFrom }) =>
          reset === undefined ? Math.min(sure, (truncateFrom ?? sure + 1) - 1) : 0,
        this.#log.lastIndex,
      );
      this.#real.crash(this.#pending, { power: !keepsAll });
    }
    this.#pending = [];
    this.state.crash(random, keepsAll, marks);
  }

  /**
   * What a node finds when it starts. All of it passes through the codec, as it does on a real disk.
   *
   * @throws StoreError LOG_CORRUPT
   */
  recover(packing: Packing, configuration: Configuration, marks: Marks): Restored {
    const { applied } = this.state;
    const damage = this.#openLog(applied, marks);
    const { hardState, base, entries: held } = this.#log;
    // A state ahead of the log, or of another history, comes from a snapshot whose log write was lost.
    const fitting = fit({ hardState, base, entries: held }, applied);
    if (fitting.kind === 'reset')
      this.#write({ id: 0, hardState: fitting.hardState, reset: applied, entries: [] });
    const entries = this.#log.entries.map((entry) => ({ ...entry, data: entry.data.slice() }));
    const tree = this.state.read(packing);
    const restored = { hardState: this.hardState, base: this.base, entries, tree, applied, configuration };
    return damage === undefined || fitting.kind === 'reset' ? restored : { ...restored, damage };
  }

  /** Lets the log's own code make sense of the disk, and holds that to what must be there. */
  #openLog(applied: Position, marks: Marks): LogDamage | undefined {
    if (this.#real === undefined) return undefined;
    const opened = this.#real.open();
    this.#checkRecovered(opened);
    if (opened.damage !== undefined) marks.count('damage of the log found');
    // What is damaged stays so until its repair is written.
    this.#rotten &&= opened.damage !== undefined;
    const { contents, rebase } = aroundState(opened, applied);
    this.#log.replace(contents);
    if (rebase !== undefined) this.#real.append({ id: 0, reset: rebase, fills: true, entries: [] });
    return contents.damage;
  }

  /** Nothing that was on stable storage is lost in a crash, nor without a word where it was damaged; and nothing else is taken for damage. */
  #checkRecovered({ hardState, base, entries, damage }: LogContents): void {
    const lastIndex = damage?.anchor.index ?? base.index + entries.length;
    const sure = this.#log;
    claim(damage === undefined || this.#rotten, NAME, () => `a crash is taken for damage: ${damage?.what}`);
    claim(
      hardState.term >= sure.hardState.term,
      NAME,
      () => `term ${sure.hardState.term} came back as ${hardState.term}`,
    );
    claim(
      lastIndex >= this.#surelyTo,
      NAME,
      () => `the log came back up to ${lastIndex} instead of ${this.#surelyTo}`,
    );
    for (const { index, term } of entries) {
      const same = index > this.#surelyTo || index <= sure.base.index || sure.termAt(index) === term;
      claim(same, NAME, () => `entry ${index} came back with term ${term} instead of ${sure.termAt(index)}`);
    }
  }

  #crashLog(random: Random, keepsAll: boolean, marks: Marks): void {
    const whole = keepsAll ? this.#pending.length : random.integer(0, this.#pending.length);
    for (const write of this.#pending.slice(0, whole)) this.#apply(write, Number.POSITIVE_INFINITY);
    const torn = this.#pending[whole];
    if (torn === undefined) return;
    const records = random.integer(0, 3 + torn.entries.length);
    if (records > 0) marks.count('write torn in a crash');
    else marks.count('write lost in a crash');
    this.#apply(torn, records);
  }

  #write(write: LogWrite): void {
    this.#real?.append(write);
    this.#apply(write, Number.POSITIVE_INFINITY);
  }

  #apply(write: LogWrite, records: number): void {
    this.#log.apply(write, records, this.#real === undefined ? this.#segmentEntries : 1);
  }
}
