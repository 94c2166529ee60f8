import type { ReadRecords } from '../records.ts';
import { instancesBehind, instancesOf } from './instance-records.ts';
import type { RegistryAnswer, RegistryQuery, ServiceInstance, ServiceSummary } from './registry-types.ts';

/** Answers a query. */
export function queryRegistry(records: ReadRecords, query: RegistryQuery): RegistryAnswer {
  return query.kind === 'services' ? services(records, query) : lookup(records, query);
}

type ServicesQuery = Extract<RegistryQuery, { kind: 'services' }>;
type LookupQuery = Extract<RegistryQuery, { kind: 'lookup' }>;

function services(records: ReadRecords, { after, limit }: ServicesQuery): RegistryAnswer {
  const found: ServiceSummary[] = [];
  let group: ServiceInstance[] = [];
  for (const instance of instancesBehind(records, after)) {
    if (group[0] !== undefined && group[0].service !== instance.service) {
      found.push(summary(group));
      group = [];
      if (found.length === limit) return { kind: 'services', services: found, more: true };
    }
    group.push(instance);
  }
  if (group.length > 0) found.push(summary(group));
  return { kind: 'services', services: found, more: false };
}

/** Of the instances of one service. */
function summary(instances: readonly ServiceInstance[]): ServiceSummary {
  const passing = instances.filter(({ status }) => status === 'passing').length;
  const tags = new Set(instances.flatMap((instance) => instance.tags));
  return {
    service: instances[0]?.service ?? '',
    passing,
    critical: instances.length - passing,
    tags: [...tags].sort(),
  };
}

function lookup(records: ReadRecords, query: LookupQuery): RegistryAnswer {
  const instances: ServiceInstance[] = [];
  for (const instance of instancesOf(records, query.service, query.after)) {
    if (!matches(instance, query)) continue;
    if (instances.length === query.limit) return { kind: 'lookup', instances, more: true };
    instances.push(instance);
  }
  return { kind: 'lookup', instances, more: false };
}

function matches(instance: ServiceInstance, { tags, meta, passingOnly }: LookupQuery): boolean {
  if (passingOnly && instance.status !== 'passing') return false;
  if (!tags.every((tag) => instance.tags.includes(tag))) return false;
  return Object.entries(meta).every(
    ([name, value]) => Object.hasOwn(instance.meta, name) && instance.meta[name] === value,
  );
}
