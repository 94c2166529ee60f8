import { expect, test } from 'vitest';
import type { RecordChange } from '../../src/machine/records.ts';
import { DiskWriter } from '../../src/node/disk-writer.ts';
import type { Position } from '../../src/raft/entry.ts';
import type { Staged, Written } from '../../src/replica/input.ts';
import type { Output } from '../../src/replica/output.ts';
import type { LogStorage } from '../../src/storage/log-storage.ts';
import type { StateStorage } from '../../src/storage/state-storage.ts';
import { NOTHING } from '../replica/nothing.ts';
import { until } from './raw-client.ts';
import { held, StoredRecords } from '../contract/stored-records.ts';

const at = (index: number): Position => ({ index, term: 1 });
const change = (key: string): RecordChange => new StoredRecords().change(key, 1);

/** Storages that note what is begun, and finish it when the test says so. */
class Bench {
  readonly trace: string[] = [];
  readonly inputs: string[] = [];
  readonly failures: unknown[] = [];
  readonly #pending: { readonly name: string; readonly end: (error?: Error) => void }[] = [];
  readonly disk: DiskWriter;

  constructor() {
    const log: LogStorage = {
      open: () => Promise.reject(new Error('not here')),
      write: ({ id }) => this.#begin(`log ${id}`),
      isFull: false,
      close: () => Promise.resolve(),
    };
    const state: StateStorage = {
      open: () => Promise.reject(new Error('not here')),
      write: (changes, applied) =>
        this.#begin(`state ${Array.from(changes, ({ key }) => key).join('')} ${applied.index}`),
      sync: () => this.#begin('sync'),
      stage: (changes) => this.#begin(`stage ${changes.map(({ key }) => key).join('')}`),
      discardStage: () => this.#begin('discard'),
      replace: (applied) => this.#begin(`replace ${applied.index}`),
      close: () => Promise.resolve(),
    };
    this.disk = new DiskWriter({
      log,
      state,
      applied: at(0),
      onInput: (input) =>
        this.inputs.push(input.kind === 'state-synced' ? `synced ${input.index}` : told(input)),
      onFailure: (error) => this.failures.push(error),
    });
  }

  async begun(name: string): Promise<void> {
    await until(
      `${name} is begun, after ${this.trace.join(', ')}`,
      () => this.trace.includes(name) || undefined,
    );
  }

  async finish(name: string, error?: Error): Promise<void> {
    await this.begun(name);
    const found = this.#pending.findIndex((pending) => pending.name === name);
    this.#pending.splice(found, 1)[0]!.end(error);
    await new Promise((resolve) => setImmediate(resolve));
  }

  #begin(name: string): Promise<void> {
    this.trace.push(name);
    return new Promise((resolve, reject) => {
      this.#pending.push({ name, end: (error) => (error === undefined ? resolve() : reject(error)) });
    });
  }
}

function told(input: Written | Staged): string {
  return input.kind === 'written' ? `written ${input.write}` : `staged ${input.id}`;
}

const write = (id: number): Output['write'] => ({ id, entries: [] });

test('log writes overlap; each is told when it is done', async () => {
  const bench = new Bench();
  bench.disk.execute({ ...NOTHING, write: write(1) });
  bench.disk.execute({ ...NOTHING, write: write(2) });
  await bench.begun('log 2');
  expect(bench.disk.logWrites).toBe(2);
  await bench.finish('log 1');
  await bench.finish('log 2');
  expect(bench.inputs).toEqual(['written 1', 'written 2']);
  await bench.disk.settle();
});

test('state writes follow each other, and a sync tells what was stored before it', async () => {
  const bench = new Bench();
  bench.disk.execute({ ...NOTHING, state: { changes: held(change('a')), applied: at(1) } });
  bench.disk.execute({ ...NOTHING, state: { changes: held(change('b')), applied: at(2) } });
  bench.disk.execute({ ...NOTHING, state: { changes: held(change('c')), applied: at(3) }, syncState: true });
  bench.disk.execute({ ...NOTHING, state: { changes: held(change('d')), applied: at(4) } });
  expect(bench.disk.stateChanges).toBe(4);
  await bench.finish('state a 1');
  await bench.finish('state b 2');
  await bench.finish('state c 3');
  await bench.finish('sync');
  await bench.finish('state d 4');
  expect(bench.trace).toEqual(['state a 1', 'state b 2', 'state c 3', 'sync', 'state d 4']);
  expect(bench.inputs).toEqual(['synced 3']);
  expect(bench.disk.stateChanges).toBe(0);
});

test('a node that stops stores the rest behind all that is on its way, syncs it, and shortens its log', async () => {
  const bench = new Bench();
  bench.disk.execute({ ...NOTHING, state: { changes: held(change('a')), applied: at(1) }, write: write(1) });
  const finished = bench.disk.finish({
    takeState: () => {
      bench.trace.push('asked');
      return { changes: held(change('b')), applied: at(2) };
    },
    compactLog: () => ({ id: 2, compactTo: 1, entries: [] }),
  });
  await bench.finish('log 1');
  for (const name of ['state a 1', 'state b 2', 'sync', 'log 2']) await bench.finish(name);
  await finished;
  expect(bench.trace).toEqual(['log 1', 'state a 1', 'asked', 'state b 2', 'sync', 'log 2']);
});

test('log writes behind a replaced state begin only when it is on the disk', async () => {
  const bench = new Bench();
  bench.disk.execute({ ...NOTHING, write: write(1) });
  bench.disk.execute({ ...NOTHING, replaceState: { applied: at(9) }, write: write(2) });
  bench.disk.execute({ ...NOTHING, write: write(3), state: { changes: held(change('a')), applied: at(10) } });
  await bench.begun('log 1');
  await bench.begun('replace 9');
  await new Promise((resolve) => setImmediate(resolve));
  expect(bench.trace.toSorted()).toEqual(['log 1', 'replace 9']);
  await bench.finish('replace 9');
  await bench.begun('log 3');
  expect(bench.trace.filter((name) => name.startsWith('log'))).toEqual(['log 1', 'log 2', 'log 3']);
  expect(bench.trace).toContain('state a 10');
});

test('after a failure nothing more is begun, and it is told once', async () => {
  const bench = new Bench();
  bench.disk.execute({ ...NOTHING, replaceState: { applied: at(9) }, write: write(1) });
  bench.disk.execute({ ...NOTHING, state: { changes: held(change('a')), applied: at(10) }, write: write(2) });
  const error = new Error('no space');
  await bench.finish('replace 9', error);
  await bench.disk.settle();
  expect(bench.failures).toEqual([error]);
  expect(bench.trace).toEqual(['replace 9']);
  bench.disk.execute({ ...NOTHING, state: { changes: held(change('b')), applied: at(11) } });
  await new Promise((resolve) => setImmediate(resolve));
  expect(bench.trace).toEqual(['replace 9']);
});
