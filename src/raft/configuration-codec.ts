import type { NodeId } from '../base/flavor.ts';
import {
  type Configuration,
  MEMBER_ADDRESS_LENGTH_MAX,
  MEMBER_INCARNATION_LENGTH_MAX,
  MEMBERS_MAX,
  type Member,
} from './configuration.ts';

/**
 * A configuration as the data of an entry: JSON, since it is small, seldom, and read by people who
 * look into a log.
 */
export function encodeConfiguration(configuration: Configuration): Uint8Array {
  const { members, ...rest } = configuration;
  const rows = Array.from(members.values(), ({ id, address, incarnation }) => [id, address, incarnation]);
  return new TextEncoder().encode(JSON.stringify({ ...rest, members: rows }));
}

/**
 * The configuration again, if it is one: every field is there and fits the others.
 *
 * @throws RangeError that says what is wrong
 */
export function decodeConfiguration(bytes: Uint8Array): Configuration {
  const fields = parse(bytes);
  const voters = ids(fields['voters'], 'voters');
  const outgoing = ids(fields['outgoing'], 'outgoing');
  const learners = ids(fields['learners'], 'learners');
  const learnersNext = ids(fields['learnersNext'], 'learnersNext');
  const { autoLeave, nextId } = fields;
  check(typeof autoLeave === 'boolean' && !(autoLeave && outgoing.length === 0), 'autoLeave');
  const members = membersFrom(fields['members']);
  const named = new Set([...voters, ...outgoing, ...learners]);
  check(named.size === members.size && [...named].every((id) => members.has(id)), 'members');
  check(isId(nextId) && [...named].every((id) => id < nextId), 'nextId');
  check(voters.length > 0, 'voters');
  check(!learners.some((id) => voters.includes(id) || outgoing.includes(id)), 'learners');
  check(
    learnersNext.every((id) => outgoing.includes(id) && !voters.includes(id)),
    'learnersNext',
  );
  return { voters, outgoing, learners, learnersNext, autoLeave, members, nextId };
}

const BYTES_MAX = 64 * 1024;

function parse(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  check(bytes.length <= BYTES_MAX, 'size');
  const value: unknown = parseJson(new TextDecoder().decode(bytes));
  check(typeof value === 'object' && value !== null && !Array.isArray(value), 'shape');
  return value as Readonly<Record<string, unknown>>;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function ids(value: unknown, field: string): readonly NodeId[] {
  check(Array.isArray(value) && value.length <= MEMBERS_MAX && value.every(isId), field);
  check(isAscending(value), field);
  return value;
}

function membersFrom(value: unknown): ReadonlyMap<NodeId, Member> {
  check(Array.isArray(value) && value.length <= MEMBERS_MAX, 'members');
  const members = value.map((row: unknown): Member => {
    check(Array.isArray(row) && row.length === 3, 'members');
    const [id, address, incarnation] = row as readonly unknown[];
    check(isId(id), 'members');
    check(typeof address === 'string' && address.length <= MEMBER_ADDRESS_LENGTH_MAX, 'address');
    check(
      typeof incarnation === 'string' && incarnation.length <= MEMBER_INCARNATION_LENGTH_MAX,
      'incarnation',
    );
    return { id, address, incarnation };
  });
  check(isAscending(members.map(({ id }) => id)), 'members');
  return new Map(members.map((member) => [member.id, member]));
}

function isId(value: unknown): value is NodeId {
  return Number.isSafeInteger(value) && Number(value) >= 1;
}

function isAscending(ids: readonly NodeId[]): boolean {
  return ids.every((id, at) => at === 0 || id > (ids[at - 1] ?? id));
}

function check(holds: boolean, field: string): asserts holds {
  if (!holds) throw new RangeError(`a configuration of the cluster with wrong ${field}`);
}
