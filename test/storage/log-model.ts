import * as fc from 'fast-check';
import type { Random } from '../../src/base/random.ts';
import type { Entry, HardState, Position } from '../../src/raft/entry.ts';
import type { LogWrite } from '../../src/raft/ready.ts';
import type { LogContents } from '../../src/storage/log-storage.ts';

/** What a log must hold: the simplest thing that follows the contract. */
export class LogModel {
  hardState: HardState = { term: 0, vote: undefined };
  base: Position = { index: 0, term: 0 };
  entries: Entry[] = [];

  get last(): Position {
    const { index, term } = this.entries.at(-1) ?? this.base;
    return { index, term };
  }

  apply(write: LogWrite): void {
    if (write.hardState !== undefined) this.hardState = write.hardState;
    if (write.reset !== undefined) {
      this.base = write.reset;
      this.entries = [];
    }
    const { truncateFrom, compactTo } = write;
    if (truncateFrom !== undefined) this.entries = this.entries.filter(({ index }) => index < truncateFrom);
    this.entries.push(...write.entries);
    if (compactTo !== undefined) {
      const at = this.entries.findLast(({ index }) => index <= compactTo);
      if (at !== undefined) this.base = { index: at.index, term: at.term };
      this.entries = this.entries.filter(({ index }) => index > compactTo);
    }
  }

  contents(): LogContents {
    return { hardState: this.hardState, base: this.base, entries: [...this.entries] };
  }

  copy(): LogModel {
    const model = new LogModel();
    model.hardState = this.hardState;
    model.base = this.base;
    model.entries = [...this.entries];
    return model;
  }
}

/** A write that may follow what the model holds, of every kind that Raft makes. */
export function nextWrite(model: LogModel, id: number, random: Random): LogWrite {
  const after = model.copy();
  const write: { -readonly [Field in keyof LogWrite]: LogWrite[Field] } = { id, entries: [] };
  const { term } = model.hardState;
  if (random.chance(0.2)) {
    write.hardState = {
      term: term + random.integer(1, 3),
      vote: random.chance(0.3) ? undefined : random.integer(1, 3),
    };
  }
  const termNow = write.hardState?.term ?? term;
  if (random.chance(0.05)) {
    write.reset = { index: model.last.index + random.integer(0, 20), term: termNow };
  } else if (random.chance(0.15) && model.entries.length > 0) {
    write.truncateFrom = model.base.index + random.integer(1, model.entries.length);
  }
  after.apply(write);
  const first = after.last.index + 1;
  const count = random.integer(0, 4);
  write.entries = Array.from({ length: count }, (_, at) => entry(first + at, termNow, random));
  after.apply({ id, entries: write.entries });
  if (random.chance(0.2) && after.entries.length > 0) {
    write.compactTo = after.base.index + random.integer(1, after.entries.length);
  }
  return write;
}

function entry(index: number, term: number, random: Random): Entry {
  if (random.chance(0.1)) return { index, term, kind: 'noop', data: new Uint8Array() };
  const bytes = random.chance(0.05) ? random.integer(3000, 9000) : random.integer(0, 400);
  const data = new Uint8Array(bytes);
  for (let at = 0; at < bytes; at++) data[at] = random.integer(0, 255);
  return { index, term, kind: 'command', data };
}

export const seeds: fc.Arbitrary<number> = fc.integer({ min: 1, max: 2 ** 31 - 1 });
