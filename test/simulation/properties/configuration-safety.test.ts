import { expect, test } from 'vitest';
import { encodeConfiguration } from '../../../src/raft/configuration-codec.ts';
import { bootstrapConfiguration, type Configuration } from '../../../src/raft/configuration.ts';
import type { Entry } from '../../../src/raft/entry.ts';
import { ConfigurationSafety } from '../../../src/simulation/properties/configuration-safety.ts';
import { Ledger } from '../../../src/simulation/properties/ledger.ts';
import { disk, entry, raft, turn, write } from './synthetic.ts';

function of(voters: readonly number[], outgoing: readonly number[] = []): Configuration {
  const all = [...new Set([...voters, ...outgoing])];
  const configuration = bootstrapConfiguration(all.map((id) => ({ id, address: '', incarnation: '' })));
  return {
    ...configuration,
    voters: voters.toSorted((one, other) => one - other),
    outgoing,
    autoLeave: outgoing.length > 0,
  };
}

function change(index: number, term: number, configuration: Configuration): Entry {
  return { index, term, kind: 'configuration', data: encodeConfiguration(configuration) };
}

function after(role: 'leader' | 'follower', commitIndex: number, entries: readonly Entry[]): void {
  const property = new ConfigurationSafety(new Ledger());
  property.afterTurn(
    turn(raft(1, { role, entries, commitIndex }), { output: { write: write({ entries }) } }),
  );
}

test('one vote at a time, and many at once through a joint phase, are safe', () => {
  after('leader', 1, [change(1, 1, of([1, 2, 3])), change(2, 1, of([1, 2, 3, 4]))]);
  const joint = of([1, 4, 5], [1, 2, 3]);
  after('follower', 0, [change(1, 1, of([1, 2, 3])), change(2, 1, joint), change(3, 1, of([1, 4, 5]))]);
});

test('a change before the leader has committed an entry of its own term is found', () => {
  const entries = [change(1, 1, of([1, 2, 3])), entry(2, 2), change(3, 2, of([1, 2, 3, 4]))];
  const begin = (commitIndex: number): void =>
    new ConfigurationSafety(new Ledger()).afterTurn(
      turn(raft(1, { role: 'leader', term: 2, entries, commitIndex }), {
        output: { write: write({ entries }) },
      }),
    );
  begin(2);
  expect(() => begin(1)).toThrow('has committed nothing');
});

test('two changes of a leader at once are found', () => {
  const entries = [change(1, 1, of([1, 2, 3])), change(2, 1, of([1, 2, 3, 4]))];
  expect(() => after('leader', 0, entries)).toThrow('under way in entries 1, 2');
});

test('two votes at once without a joint phase are found', () => {
  const entries = [change(1, 1, of([1, 2, 3])), change(2, 1, of([1, 2, 3, 4, 5]))];
  expect(() => after('follower', 1, entries)).toThrow('can decide apart');
});

test('a node that lost its state does not know the configuration before', () => {
  const base = { index: 5, term: 1 };
  const entries = [change(6, 1, of([1, 2, 3, 4, 5]))];
  const find = (stateIndex: number): void =>
    [[], entries].forEach((held, turnNumber, { length }) => {
      const view = raft(1, { base, entries: held, commitIndex: 5 });
      const output = turnNumber < length - 1 ? {} : { write: write({ entries }) };
      safety.afterTurn(turn(view, { output, disks: [disk([], undefined, stateIndex)] }));
    });
  let safety = new ConfigurationSafety(new Ledger());
  expect(() => find(5)).toThrow('can decide apart');
  safety = new ConfigurationSafety(new Ledger());
  find(0);
});

test('a removed node that leads is found, and one that leads until its removal is committed is not', () => {
  const ledger = new Ledger();
  ledger.append(change(1, 1, of([1, 2, 3])), 1);
  const property = new ConfigurationSafety(ledger);
  const lead = (id: number, term: number, entries: readonly Entry[]): void =>
    property.afterTurn(turn(raft(id, { role: 'leader', term, entries })));
  lead(3, 2, [change(1, 1, of([1, 2, 3])), change(2, 2, of([1, 2]))]);
  ledger.append(change(2, 2, of([1, 2])), 2);
  lead(1, 3, [change(1, 1, of([1, 2, 3])), change(2, 2, of([1, 2])), entry(3, 3)]);
  const removed = raft(3, {
    role: 'leader',
    term: 4,
    entries: [change(2, 2, of([1, 2]))],
    base: { index: 1, term: 1 },
    commitIndex: 2,
    configuration: of([1, 2]),
  });
  expect(() => property.afterTurn(turn(removed))).toThrow('has no vote');
});
