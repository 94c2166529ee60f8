/**
 * A machine that fails: it takes money from one account, and only then looks whether it may. Whoever
 * makes a machine may write one like it; what it did before it failed must be undone, on every node.
 */
import { defineMachine } from '../../machine/define-machine.ts';
import type { AnyMachine } from '../../machine/machine.ts';
import type { ReadRecords, Records } from '../../machine/records.ts';
import { machineRecords } from '../machine-records.ts';
import { claim } from '../violation.ts';

/** Money from one account to another, which fails if there is too little of it. */
export interface Transfer {
  readonly from: string;
  readonly to: string;
  readonly amount: number;
}

/** What every account holds to begin with. */
export const OPENING_BALANCE = 100;

const AMOUNT = { min: 1, max: 1000 };

export const bank: AnyMachine = defineMachine<{ transfer: Transfer }, { balance: { account: string } }>({
  name: 'bank',
  commands: {
    transfer: {
      parse: (fields) => ({
        from: fields.key('from', { min: 1, max: 10 }),
        to: fields.key('to', { min: 1, max: 10 }),
        amount: fields.integer('amount', AMOUNT),
      }),
      apply: transfer,
    },
  },
  queries: {
    balance: {
      parse: (fields) => ({ account: fields.key('account', { min: 1, max: 10 }) }),
      answer: (records, { account }) => balanceOf(records, account),
    },
  },
});

function transfer(records: Records, { from, to, amount }: Transfer): { readonly result: unknown } {
  records.put(from, balanceOf(records, from) - amount);
  if (balanceOf(records, from) < 0) throw new Error(`${from} has too little`);
  records.put(to, balanceOf(records, to) + amount);
  return { result: balanceOf(records, from) };
}

function balanceOf(records: ReadRecords, account: string): number {
  return records.get<number>(account) ?? OPENING_BALANCE;
}

const NAME = 'money is kept';

/**
 * No money is made or lost, and nobody owes any.
 *
 * @throws Violation
 */
export function checkBankRecords(records: ReadRecords): void {
  let gained = 0;
  for (const [account, balance] of machineRecords(records, 'bank').range<number>('', undefined)) {
    claim(balance >= 0, NAME, () => `account ${account} stands at ${balance}`);
    gained += balance - OPENING_BALANCE;
  }
  claim(gained === 0, NAME, () => `the accounts hold ${gained} more than was ever there`);
}
