import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { NodeId } from '../../src/base/flavor.ts';
import {
  applyChange,
  bootstrapConfiguration,
  type ChangeRefused,
  type Configuration,
  type ConfigurationChange,
  isJoint,
  leaveJoint,
  type Member,
  type MemberChange,
  MEMBERS_MAX,
  roleOf,
} from '../../src/raft/configuration.ts';
import { decodeConfiguration, encodeConfiguration } from '../../src/raft/configuration-codec.ts';
import { majority } from '../../src/raft/quorum.ts';

const member = (id: NodeId): Member => ({ id, address: `host:${id}`, incarnation: '' });
const three = bootstrapConfiguration([1, 2, 3].map(member));
const auto = (...changes: MemberChange[]): ConfigurationChange => ({ changes, transition: 'auto' });

function applied(configuration: Configuration, change: ConfigurationChange): Configuration {
  const next = applyChange(configuration, change);
  if ('refused' in next) throw new Error(next.message);
  return next;
}

function refusal(configuration: Configuration, change: ConfigurationChange): string {
  const { refused, message } = applyChange(configuration, change) as ChangeRefused;
  return `${refused}: ${message}`;
}

test('a learner is added and promoted without a joint phase, and each gets an id that was never used', () => {
  const learning = applied(three, auto({ kind: 'add-learner', member: member(4) }));
  expect(learning).toMatchObject({ voters: [1, 2, 3], outgoing: [], learners: [4], nextId: 5 });
  expect(roleOf(learning, 4)).toBe('learner');
  const promoted = applied(learning, auto({ kind: 'promote', id: 4 }));
  expect(promoted).toMatchObject({ voters: [1, 2, 3, 4], outgoing: [], learners: [] });
  const removed = applied(promoted, auto({ kind: 'remove', id: 4 }));
  expect(removed).toEqual({ ...three, nextId: 5 });
  expect(refusal(removed, auto({ kind: 'add-voter', member: member(4) }))).toBe(
    'CHANGE_INVALID: the id 4 was given before: the next one is 5',
  );
});

test('a change of two votes goes through a joint phase', () => {
  const change = auto({ kind: 'add-voter', member: member(4) }, { kind: 'remove', id: 1 });
  const joint = applied(three, change);
  expect(joint).toMatchObject({ voters: [2, 3, 4], outgoing: [1, 2, 3], learners: [], autoLeave: true });
  expect([1, 2, 3, 4, 5].map((id) => roleOf(joint, id))).toEqual([
    'outgoing',
    'voter',
    'voter',
    'incoming',
    undefined,
  ]);
  expect([...joint.members.keys()]).toEqual([1, 2, 3, 4]);
  const after = leaveJoint(joint);
  expect(after).toMatchObject({ voters: [2, 3, 4], outgoing: [], autoLeave: false });
  expect([...after.members.keys()]).toEqual([2, 3, 4]);
});

test('a joint phase can be asked for, and left by hand', () => {
  const changes: MemberChange[] = [{ kind: 'remove', id: 3 }];
  expect(applied(three, { changes, transition: 'joint' })).toMatchObject({
    voters: [1, 2],
    outgoing: [1, 2, 3],
    autoLeave: true,
  });
  expect(applied(three, { changes, transition: 'explicit' })).toMatchObject({ autoLeave: false });
});

test('who is demoted in a joint phase votes until its end, and is a learner then', () => {
  const joint = applied(three, auto({ kind: 'demote', id: 1 }, { kind: 'add-voter', member: member(4) }));
  expect(joint).toMatchObject({ voters: [2, 3, 4], outgoing: [1, 2, 3], learners: [], learnersNext: [1] });
  expect(leaveJoint(joint)).toMatchObject({ voters: [2, 3, 4], learners: [1], learnersNext: [] });
  expect(applied(three, auto({ kind: 'demote', id: 1 }))).toMatchObject({ voters: [2, 3], learners: [1] });
});

test('what cannot be is refused, and says why', () => {
  const full = bootstrapConfiguration(Array.from({ length: MEMBERS_MAX }, (_, at) => member(at + 1)));
  const joint = applied(three, { changes: [{ kind: 'remove', id: 1 }], transition: 'joint' });
  expect([
    refusal(three, auto()),
    refusal(three, auto({ kind: 'remove', id: 4 })),
    refusal(three, auto({ kind: 'promote', id: 1 })),
    refusal(applied(three, auto({ kind: 'demote', id: 1 })), auto({ kind: 'demote', id: 1 })),
    refusal(three, auto({ kind: 'add-learner', member: member(2) })),
    refusal(three, auto({ kind: 'add-learner', member: { ...member(4), address: 'host:2' } })),
    refusal(three, auto({ kind: 'add-learner', member: { ...member(4), address: 'x'.repeat(301) } })),
    refusal(three, auto({ kind: 'add-learner', member: member(4) }, { kind: 'promote', id: 4 })),
    refusal(bootstrapConfiguration([member(1)]), auto({ kind: 'remove', id: 1 })),
    refusal(full, auto({ kind: 'add-learner', member: member(MEMBERS_MAX + 1) })),
    refusal(joint, auto({ kind: 'remove', id: 2 })),
  ]).toMatchInlineSnapshot(`
    [
      "CHANGE_INVALID: the change is empty",
      "MEMBER_UNKNOWN: node 4 is no member of the cluster",
      "CHANGE_INVALID: node 1 has a vote already",
      "CHANGE_INVALID: node 1 is a learner already",
      "MEMBER_EXISTS: node 2 is a member already",
      "MEMBER_EXISTS: nodes 2 and 4 would both be at host:2",
      "CHANGE_INVALID: the address or the incarnation of node 4 is too long",
      "CHANGE_INVALID: the change names node 4 twice",
      "CHANGE_INVALID: the change leaves no voter",
      "CHANGE_INVALID: a cluster has at most 64 members",
      "CHANGE_INVALID: another change of the members is under way",
    ]
  `);
});

test('who takes the place of another may take its address', () => {
  const replaced = applied(
    three,
    auto({ kind: 'add-voter', member: { ...member(4), address: 'host:1' } }, { kind: 'remove', id: 1 }),
  );
  expect(leaveJoint(replaced).members.get(4)?.address).toBe('host:1');
});

/** Any change of some of nine nodes, most of which can be made. */
const changes = fc.array(
  fc.record({
    kind: fc.constantFrom('add-learner', 'add-voter', 'promote', 'demote', 'remove'),
    id: fc.integer({ min: 1, max: 9 }),
  }),
  { minLength: 1, maxLength: 4 },
);
const steps = fc.array(fc.record({ changes, transition: fc.constantFrom('auto', 'joint', 'explicit') }), {
  minLength: 1,
  maxLength: 12,
});

type Taken = typeof steps extends fc.Arbitrary<infer T> ? T : never;

/** Every configuration that the steps lead through; a step that is refused is left out. */
function* walk(from: Configuration, taken: Taken): Generator<readonly [Configuration, Configuration]> {
  let configuration = from;
  for (const step of taken) {
    const { nextId } = configuration;
    const next = applyChange(configuration, {
      transition: step.transition,
      changes: step.changes.map(({ kind, id }, at): MemberChange => {
        if (kind === 'add-learner' || kind === 'add-voter') return { kind, member: member(nextId + at) };
        return { kind: kind as 'remove', id };
      }),
    });
    if ('refused' in next) continue;
    yield [configuration, next];
    configuration = next;
    if (!isJoint(next)) continue;
    configuration = leaveJoint(next);
    yield [next, configuration];
  }
}

/** The sides of which each needs a majority. */
const sides = ({ voters, outgoing }: Configuration): readonly (readonly NodeId[])[] =>
  outgoing.length === 0 ? [voters] : [voters, outgoing];

/** Two sets of voters whose majorities always share a member: together they are more than all that there are. */
const overlap = (one: readonly NodeId[], other: readonly NodeId[]): boolean => {
  const both = one.filter((id) => other.includes(id)).length;
  const onlyOne = Math.min(one.length - both, majority(one));
  // The worst majority of one takes as few as it can of those whom the other knows.
  const shared = majority(one) - onlyOne;
  return shared + majority(other) > other.length;
};

test('in every step, any majority before and any majority after share a member', () => {
  fc.assert(
    fc.property(steps, (taken) => {
      for (const [before, after] of walk(three, taken)) {
        const shared = sides(before).some((one) => sides(after).some((other) => overlap(one, other)));
        expect({ shared, before, after }).toMatchObject({ shared: true });
      }
    }),
    { numRuns: 2_000 },
  );
});

test('every configuration is itself again after its bytes, and ids never come back', () => {
  fc.assert(
    fc.property(steps, (taken) => {
      for (const [before, after] of walk(three, taken)) {
        expect(decodeConfiguration(encodeConfiguration(after))).toEqual(after);
        expect(after.nextId).toBeGreaterThanOrEqual(before.nextId);
        for (const id of after.members.keys())
          expect(before.members.has(id) || id >= before.nextId).toBe(true);
      }
    }),
    { numRuns: 500 },
  );
});

const decode = (value: unknown): Configuration =>
  decodeConfiguration(new TextEncoder().encode(JSON.stringify(value)));

test('bytes that are no configuration are refused, each field of it', () => {
  const good: Record<string, unknown> = JSON.parse(new TextDecoder().decode(encodeConfiguration(three)));
  expect(decode(good)).toEqual(three);
  const wrong: Record<string, readonly unknown[]> = {
    voters: [undefined, [], 1, [1, 1], [2, 1], [1, 2], [1, 2, 3, 4], [0], [1.5], ['1'], null],
    outgoing: [[4], [1, 2, 3, 5], undefined],
    learners: [[1], [4], 'none'],
    learnersNext: [[1], [4]],
    autoLeave: [true, 1, undefined],
    members: [
      [],
      [[1]],
      [[1, 'a', 'b'], 7],
      [
        [3, '', ''],
        [2, '', ''],
        [1, '', ''],
      ],
      undefined,
    ],
    nextId: [3, 0, 'x', undefined],
  };
  for (const [field, values] of Object.entries(wrong))
    for (const value of values) expect(() => decode({ ...good, [field]: value })).toThrow(RangeError);
  for (const value of [null, 1, 'x', [], {}]) expect(() => decode(value)).toThrow(RangeError);
  expect(() => decodeConfiguration(new Uint8Array([1, 2, 3]))).toThrow(RangeError);
  expect(() => decodeConfiguration(new Uint8Array(70_000).fill(32))).toThrow(RangeError);
  for (const row of [
    [1, 'x'.repeat(301), ''],
    [1, '', 'x'.repeat(65)],
    [1, 7, ''],
    [1, '', 7],
    ['1', '', ''],
  ])
    expect(() => decode({ ...good, voters: [1], members: [row] })).toThrow(RangeError);
  expect(decode({ ...good, voters: [1], members: [[1, '', '']] }).voters).toEqual([1]);
});
