/**
 * A model of the service registry, written on its own: an instance is well until its time to live
 * has passed in log time without a heartbeat, then critical, and later gone; never earlier.
 */
import type {
  RegistryAnswer,
  RegistryCommand,
  RegistryQuery,
  RegistryResult,
} from '../../machine/registry/registry-types.ts';
import type { CallRecord } from '../calls.ts';
import type { CommittedHistory } from '../reference.ts';
import { claim } from '../violation.ts';

const NAME = 'registry model';

interface Instance {
  readonly ttlMs: number;
  readonly deregisterAfterMs: number;
  readonly deadlineMs: number;
  readonly critical: boolean;
}

type Model = Map<string, Instance>;

interface Lookup {
  readonly index: number;
  readonly query: Extract<RegistryQuery, { kind: 'lookup' }>;
  readonly answer: Extract<RegistryAnswer, { kind: 'lookup' }>;
}

/** @throws Violation */
export function checkRegistryHistory(calls: readonly CallRecord[], reference: CommittedHistory): void {
  const model: Model = new Map();
  const lookups = lookupsOf(calls);
  let next = 0;
  for (const { index, logged, outcome, effective } of reference.entries.values()) {
    for (let each = lookups[next]; each !== undefined && each.index < index; each = lookups[++next])
      check(model, each);
    expire(model, logged.timeMs);
    if (logged.machine !== 'registry' || !effective || outcome.kind !== 'applied') continue;
    const expected = apply(model, logged.body as RegistryCommand, logged.timeMs);
    const { kind, ...rest } = outcome.result as RegistryResult;
    const told = `${kind} ${Object.values(rest).join(' ')}`.trim();
    claim(
      told === expected,
      NAME,
      () => `entry ${index}, ${JSON.stringify(logged.body)}, gave ${told}, not ${expected}`,
    );
  }
  for (const lookup of lookups.slice(next)) check(model, lookup);
}

function expire(model: Model, timeMs: number): void {
  for (const [key, instance] of model) {
    if (instance.deadlineMs > timeMs) continue;
    if (instance.critical) model.delete(key);
    else model.set(key, { ...instance, critical: true, deadlineMs: timeMs + instance.deregisterAfterMs });
  }
}

/** Gives what the result must say. */
function apply(model: Model, command: RegistryCommand, timeMs: number): string {
  const key = `${command.service}/${command.id}`;
  const before = model.get(key);
  if (command.kind === 'register') {
    const { ttlMs, deregisterAfterMs } = command;
    model.set(key, { ttlMs, deregisterAfterMs, deadlineMs: timeMs + ttlMs, critical: false });
    return `registered ${before !== undefined}`;
  }
  if (before === undefined) return 'unknown-instance';
  if (command.kind === 'deregister') {
    model.delete(key);
    return 'deregistered';
  }
  model.set(key, { ...before, critical: false, deadlineMs: timeMs + before.ttlMs });
  return `alive ${before.critical}`;
}

function lookupsOf(calls: readonly CallRecord[]): readonly Lookup[] {
  const lookups: Lookup[] = [];
  for (const { call, answer } of calls) {
    if (call.machine !== 'registry' || call.kind !== 'query' || answer.kind !== 'ok') continue;
    const query = call.body as RegistryQuery;
    const told = answer.result as RegistryAnswer;
    if (query.kind === 'lookup' && told.kind === 'lookup')
      lookups.push({ index: answer.index, query, answer: told });
  }
  return lookups.sort((a, b) => a.index - b.index);
}

function check(model: Model, { index, query, answer }: Lookup): void {
  const expected = [...model]
    .filter(([key, { critical }]) => key.startsWith(`${query.service}/`) && !(query.passingOnly && critical))
    .map(([key, { critical }]) => `${key} ${critical ? 'critical' : 'passing'}`)
    .sort()
    .join(', ');
  const told = answer.instances
    .map(({ service, id, status }) => `${service}/${id} ${status}`)
    .sort()
    .join(', ');
  claim(told === expected, NAME, () => `a lookup at index ${index} gave [${told}] instead of [${expected}]`);
}
