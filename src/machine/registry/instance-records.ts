/**
 * Where instances stand, within the space of `registry`: `i/<service>/<id>` the instance,
 * `d/<deadline>/<service>/<id>` when something is to happen to it, `n` how many there are.
 */
import { assert } from '../../base/assert.ts';
import { fromOrderedKey, ORDERED_KEY_LENGTH, orderedKey } from '../binary-string.ts';
import type { ReadRecords, RecordEntry, Records } from '../records.ts';
import type { ServiceInstance } from './registry-types.ts';

/** An instance, and the log time at which it becomes critical or, if it is critical, is removed. */
export interface InstanceRecord {
  readonly instance: ServiceInstance;
  readonly deadlineMs: number;
}

/** An instance's name over all services; the key of its events. */
export function instanceKey({ service, id }: Pick<ServiceInstance, 'service' | 'id'>): string {
  return `${service}/${id}`;
}

export function getInstance(records: ReadRecords, key: string): InstanceRecord | undefined {
  return records.get(`i/${key}`);
}

export function countInstances(records: ReadRecords): number {
  return records.get<number>('n') ?? 0;
}

/** Adds an instance, or replaces it and its deadline. */
export function putInstance(records: Records, record: InstanceRecord): void {
  const key = instanceKey(record.instance);
  const before = getInstance(records, key);
  if (before === undefined) records.put('n', countInstances(records) + 1);
  else records.delete(deadlineKey(key, before));
  records.put(`i/${key}`, record);
  records.put(deadlineKey(key, record), 1);
}

export function removeInstance(records: Records, record: InstanceRecord): void {
  const key = instanceKey(record.instance);
  records.delete(deadlineKey(key, record));
  assert(records.delete(`i/${key}`), 'an instance that is removed was there');
  const count = countInstances(records);
  assert(count > 0, 'the count of instances includes the one removed');
  records.put('n', count - 1);
}

/** Of one service, in the order of their ids, behind the id `after`. */
export function* instancesOf(
  records: ReadRecords,
  service: string,
  after: string,
): Generator<ServiceInstance> {
  const from = `i/${service}/${after}${after === '' ? '' : '\0'}`;
  for (const [, { instance }] of records.range<InstanceRecord>(from, `i/${service}0`)) yield instance;
}

/** Of all services behind the name `after`, service by service in the order of their keys. */
export function* instancesBehind(records: ReadRecords, after: string): Generator<ServiceInstance> {
  const from = after === '' ? 'i/' : `i/${after}0`;
  for (const [, { instance }] of records.range<InstanceRecord>(from, 'i0')) yield instance;
}

/** The deadline that comes first. */
export function firstDeadlineMs(records: ReadRecords): number | undefined {
  for (const entry of records.range('d/', 'd0', { limit: 1 })) return deadlineOf(entry);
  return undefined;
}

/** The key of the instance whose deadline comes first, if it has come. */
export function firstDue(records: ReadRecords, timeMs: number): string | undefined {
  for (const [key] of records.range('d/', `d/${orderedKey(timeMs + 1)}`, { limit: 1 })) {
    return key.slice(2 + ORDERED_KEY_LENGTH + 1);
  }
  return undefined;
}

function deadlineOf([key]: RecordEntry<unknown>): number {
  return fromOrderedKey(key.slice(2, 2 + ORDERED_KEY_LENGTH));
}

function deadlineKey(key: string, { deadlineMs }: InstanceRecord): string {
  return `d/${orderedKey(deadlineMs)}/${key}`;
}
