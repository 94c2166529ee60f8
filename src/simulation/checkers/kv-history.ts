/**
 * A model of the key-value machine, written on its own: replays the commands that took effect, in
 * the order of their entries, and holds every result and every read to what it holds at that place.
 */
import type { KvCommand, KvEntry, KvExpectation, KvQuery, KvRecord } from '../../machine/kv/kv-types.ts';
import type { CallRecord } from '../calls.ts';
import { deepEqual } from '../deep-equal.ts';
import type { CommittedHistory, ReferenceEntry } from '../reference.ts';
import { claim } from '../violation.ts';

const NAME = 'kv model';

interface Read {
  readonly index: number;
  readonly query: KvQuery;
  readonly result: unknown;
}

/**
 * Gives the numbers that keys hold in the end, of those that hold numbers.
 *
 * @throws Violation
 */
export function checkKvHistory(
  calls: readonly CallRecord[],
  reference: CommittedHistory,
): Map<string, number> {
  const model = new Map<string, KvRecord>();
  const reads = readsOf(calls);
  let next = 0;
  for (const entry of reference.entries.values()) {
    for (let read = reads[next]; read !== undefined && read.index < entry.index; read = reads[++next])
      check(model, read);
    if (entry.logged.machine === 'kv' && entry.effective) replay(model, entry);
  }
  for (const read of reads.slice(next)) check(model, read);
  const numbers = new Map<string, number>();
  for (const [key, { value }] of model) {
    const number = Number(new TextDecoder().decode(value));
    if (Number.isFinite(number)) numbers.set(key, number);
  }
  return numbers;
}

function readsOf(calls: readonly CallRecord[]): readonly Read[] {
  const reads: Read[] = [];
  for (const { call, answer } of calls) {
    if (call.machine !== 'kv' || call.kind !== 'query' || answer.kind !== 'ok') continue;
    reads.push({ index: answer.index, query: call.body as KvQuery, result: answer.result });
  }
  return reads.sort((a, b) => a.index - b.index);
}

function check(model: ReadonlyMap<string, KvRecord>, { index, query, result }: Read): void {
  const expected =
    query.kind === 'get' ? expectedGet(model, query.key) : expectedRange(model, query.from, query.to);
  claim(
    deepEqual(result, expected),
    NAME,
    () => `a read at index ${index} gave ${tell(result)}, where the store held ${tell(expected)}`,
  );
}

function expectedGet(model: ReadonlyMap<string, KvRecord>, key: string): unknown {
  const record = model.get(key);
  return record === undefined ? { kind: 'get' } : { kind: 'get', entry: { key, ...record } };
}

function expectedRange(model: ReadonlyMap<string, KvRecord>, from: string, to: string | undefined): unknown {
  const entries: KvEntry[] = [...model]
    .filter(([key]) => key >= from && (to === undefined || key < to))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, record]) => ({ key, ...record }));
  return { kind: 'range', entries, count: entries.length, more: false };
}

function replay(model: Map<string, KvRecord>, { index, logged, outcome }: ReferenceEntry): void {
  if (outcome.kind !== 'applied') return;
  const command = logged.body as KvCommand;
  claim('key' in command, NAME, () => `the workload does not send ${command.kind}`);
  const before = model.get(command.key);
  const expected = expectedResult(command.kind === 'delete', command, before, outcome.revision);
  claim(
    deepEqual(outcome.result, expected),
    NAME,
    () => `entry ${index}, ${tell(command)}, gave ${tell(outcome.result)} instead of ${tell(expected)}`,
  );
  if (!holds(command.expect, before)) return;
  if (command.kind === 'delete') model.delete(command.key);
  else {
    const createRevision = before?.createRevision ?? outcome.revision;
    const version = (before?.version ?? 0) + 1;
    model.set(command.key, { value: command.value, createRevision, modRevision: outcome.revision, version });
  }
}

function expectedResult(
  deletes: boolean,
  command: { readonly expect?: KvExpectation; readonly previous?: boolean },
  before: KvRecord | undefined,
  revision: number,
): unknown {
  if (!holds(command.expect, before)) {
    return before === undefined
      ? { kind: 'condition-failed' }
      : { kind: 'condition-failed', current: before };
  }
  const previous = command.previous === true && before !== undefined ? { previous: before } : {};
  if (deletes) return { kind: 'delete', deleted: before === undefined ? 0 : 1, ...previous };
  const createRevision = before?.createRevision ?? revision;
  return { kind: 'put', revision, createRevision, version: (before?.version ?? 0) + 1, ...previous };
}

function holds(expect: KvExpectation | undefined, before: KvRecord | undefined): boolean {
  const { modRevision, version, value } = expect ?? {};
  if (modRevision !== undefined && modRevision !== (before?.modRevision ?? 0)) return false;
  if (version !== undefined && version !== (before?.version ?? 0)) return false;
  return value === undefined || deepEqual(value, before?.value);
}

function tell(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) =>
    each instanceof Uint8Array ? new TextDecoder().decode(each) : each,
  );
}
