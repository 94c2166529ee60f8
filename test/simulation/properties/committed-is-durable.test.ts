import { expect, test } from 'vitest';
import { CommittedIsDurable } from '../../../src/simulation/properties/committed-is-durable.ts';
import { Ledger } from '../../../src/simulation/properties/ledger.ts';
import { disk, entry, log, raft, turn } from './synthetic.ts';

test('an entry on two disks of three is committed by right', () => {
  const ledger = new Ledger();
  const property = new CommittedIsDurable(ledger);
  ledger.append(entry(1, 1), 1);
  property.afterTurn(turn(raft(1), { disks: [disk(log(1)), disk(), disk(log(1))] }));
});

test('an entry on one disk, or under another term on the second, is found', () => {
  for (const disks of [
    [disk(log(1)), disk(), disk()],
    [disk(log(1)), disk(log(2)), disk()],
  ]) {
    const ledger = new Ledger();
    const property = new CommittedIsDurable(ledger);
    ledger.append(entry(1, 1), 1);
    expect(() => property.afterTurn(turn(raft(1), { disks }))).toThrow('on the disks of 1');
  }
});
