/**
 * The machine `registry`: which instances of which services run where. An instance says that it is
 * well by heartbeats; when they stop it becomes critical, and later is removed, by log time. A
 * heartbeat of an instance that is well makes no event and no revision. While no leader is there
 * no time passes, so an outage of the cluster removes nobody.
 */
import { present, unreachable } from '../../base/assert.ts';
import { EXPIRE_RECORDS_MAX, REGISTRY_INSTANCES_MAX } from '../limits.ts';
import type { Applied, At, Machine, MachineEvent } from '../machine.ts';
import type { Records } from '../records.ts';
import {
  countInstances,
  firstDeadlineMs,
  firstDue,
  getInstance,
  instanceKey,
  type InstanceRecord,
  putInstance,
  removeInstance,
} from './instance-records.ts';
import { parseRegistryCommand, parseRegistryQuery } from './registry-parse.ts';
import { queryRegistry } from './registry-query.ts';
import type {
  DeregisterEvent,
  RegisterCommand,
  RegistryAnswer,
  RegistryCommand,
  RegistryEventKind,
  RegistryQuery,
  RegistryResult,
  ServiceInstance,
} from './registry-types.ts';

export const registry: Machine<RegistryCommand, RegistryResult, RegistryQuery, RegistryAnswer> = {
  name: 'registry',
  parseCommand: parseRegistryCommand,
  parseQuery: parseRegistryQuery,
  apply: applyRegistry,
  query: queryRegistry,
  expire,
  nextDeadlineMs: firstDeadlineMs,
  mayGrow: ({ kind }) => kind === 'register',
};

function applyRegistry(records: Records, command: RegistryCommand, at: At): Applied<RegistryResult> {
  if (command.kind === 'register') return register(records, command, at);
  const record = getInstance(records, instanceKey(command));
  if (record === undefined) return { result: { kind: 'unknown-instance' }, events: [] };
  switch (command.kind) {
    case 'deregister':
      return { result: { kind: 'deregistered' }, events: [deregister(records, record, 'requested')] };
    case 'heartbeat':
      return heartbeat(records, record, at);
    default:
      return unreachable(command);
  }
}

function register(records: Records, command: RegisterCommand, at: At): Applied<RegistryResult> {
  const { kind: _, ...description } = command;
  const replaced = getInstance(records, instanceKey(command)) !== undefined;
  if (!replaced && countInstances(records) >= REGISTRY_INSTANCES_MAX) {
    return { result: { kind: 'refused', reason: 'too-many-instances' }, events: [] };
  }
  const instance: ServiceInstance = {
    ...description,
    status: 'passing',
    registerRevision: at.revision,
    modRevision: at.revision,
  };
  putInstance(records, { instance, deadlineMs: at.timeMs + instance.ttlMs });
  return { result: { kind: 'registered', replaced }, events: [event('register', instance)] };
}

function heartbeat(records: Records, { instance }: InstanceRecord, at: At): Applied<RegistryResult> {
  const deadlineMs = at.timeMs + instance.ttlMs;
  if (instance.status === 'passing') {
    putInstance(records, { instance, deadlineMs });
    return { result: { kind: 'alive', recovered: false }, events: [] };
  }
  const recovered: ServiceInstance = { ...instance, status: 'passing', modRevision: at.revision };
  putInstance(records, { instance: recovered, deadlineMs });
  return { result: { kind: 'alive', recovered: true }, events: [event('passing', recovered)] };
}

/** Does what is due to a bounded number of instances; the rest follows with the next command. */
function expire(records: Records, at: At): readonly MachineEvent[] {
  const events: MachineEvent[] = [];
  while (events.length < EXPIRE_RECORDS_MAX) {
    const key = firstDue(records, at.timeMs);
    if (key === undefined) break;
    const record = present(getInstance(records, key), 'a deadline belongs to an instance');
    const critical = record.instance.status === 'critical';
    events.push(critical ? deregister(records, record, 'expired') : becomeCritical(records, record, at));
  }
  return events;
}

/** It has its full time from now to come back, however late this is noticed. */
function becomeCritical(records: Records, { instance }: InstanceRecord, at: At): MachineEvent {
  const critical: ServiceInstance = { ...instance, status: 'critical', modRevision: at.revision };
  putInstance(records, { instance: critical, deadlineMs: at.timeMs + critical.deregisterAfterMs });
  return event('critical', critical);
}

function deregister(
  records: Records,
  record: InstanceRecord,
  reason: DeregisterEvent['reason'],
): MachineEvent {
  const { instance } = record;
  removeInstance(records, record);
  const value: DeregisterEvent = { reason, instance };
  return event('deregister', instance, value);
}

function event(kind: RegistryEventKind, instance: ServiceInstance, value: unknown = instance): MachineEvent {
  return { kind, key: instanceKey(instance), value };
}
