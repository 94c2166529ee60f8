import { Packr } from 'msgpackr';
import type { CommandOutcome, SessionStamp } from '../../src/machine/command.ts';
import type { AnyMachine } from '../../src/machine/machine.ts';
import { RecordTree } from '../../src/machine/record-tree.ts';
import type { RecordEntry } from '../../src/machine/records.ts';
import { createRoot, type Root } from '../../src/machine/root.ts';

const packr = new Packr({ useRecords: false });

/** A root over one tree, fed one command after the other: the machines without Raft. */
export class Store {
  readonly root: Root;
  tree: RecordTree = new RecordTree();
  timeMs = 1000;
  #index = 0;
  #sequence = 0;
  #session: number | undefined;

  constructor(machines: readonly AnyMachine[]) {
    this.root = createRoot(machines);
  }

  get index(): number {
    return this.#index;
  }

  get revision(): number {
    return this.root.revision(this.tree);
  }

  /** Applies a command as it is. */
  applyRaw(machine: string, body: unknown, session: SessionStamp | undefined): CommandOutcome {
    this.#index++;
    const logged = { machine, body, session, timeMs: this.timeMs, wallMs: 5_000_000 + this.timeMs };
    return this.root.apply(this.tree, reload(logged), { index: this.#index, term: 1 });
  }

  /** Parses a command and applies it in a session of its own; gives its result. */
  run<Result>(machine: string, body: unknown): Result {
    const outcome = this.outcome(machine, body);
    if (outcome.kind !== 'applied') throw new Error(`${outcome.code}: ${outcome.message}`);
    return outcome.result as Result;
  }

  outcome(machine: string, body: unknown): CommandOutcome {
    const parsed = this.root.parseCommand(machine, body);
    if (parsed.kind !== 'parsed') throw new Error(parsed.message);
    if (machine === 'sessions') return this.applyRaw(machine, parsed.value, undefined);
    this.#session ??= this.open();
    this.#sequence++;
    const stamp = { id: this.#session, sequence: this.#sequence, ackedBelow: this.#sequence };
    const outcome = this.applyRaw(machine, parsed.value, stamp);
    if (outcome.kind === 'refused' && outcome.code === 'SESSION_EXPIRED') {
      this.#session = undefined;
      return this.outcome(machine, body);
    }
    return outcome;
  }

  open(ttlMs = 3_600_000): number {
    const outcome = this.applyRaw('sessions', { kind: 'open', ttlMs }, undefined);
    if (outcome.kind !== 'applied') throw new Error(outcome.message);
    return (outcome.result as { id: number }).id;
  }

  ask<Answer>(machine: string, body: unknown): Answer {
    const parsed = this.root.parseQuery(machine, body);
    if (parsed.kind !== 'parsed') throw new Error(parsed.message);
    const outcome = this.root.query(this.tree, machine, parsed.value);
    if (outcome.kind !== 'answered') throw new Error(outcome.message);
    return outcome.result as Answer;
  }

  /** What a restart does: all records go to bytes and come back. */
  restart(): void {
    const { bytes } = this.tree;
    this.tree = new RecordTree(reload(all(this.tree)));
    if (this.tree.bytes !== bytes) throw new Error('the size changed by a reload');
  }
}

/** All records, in order. */
export function all(records: Pick<RecordTree, 'range'>): RecordEntry<unknown>[] {
  return [...records.range('', undefined)];
}

/** The same plain value, by way of its bytes. */
export function reload<T>(value: T): T {
  return plain(packr.decode(packr.encode(value))) as T;
}

/** Buffers as plain byte arrays. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Uint8Array.from(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, plain(field)]));
}
