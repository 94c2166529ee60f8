/** Money that is sent to and fro, sometimes more than there is: then the machine fails, and nothing may have happened. */
import type { Random } from '../../base/random.ts';
import { claim } from '../violation.ts';
import { checkBankRecords, OPENING_BALANCE, type Transfer } from './bank.ts';
import { drawReadKind } from './read-kinds.ts';
import type { CommittedHistory } from '../reference.ts';
import type { Submit, Workload } from './workload.ts';

const ACCOUNTS = ['a', 'b', 'c'] as const;
const NAME = 'bank model';

export class BankWorkload implements Workload {
  readonly name = 'bank';

  next(random: Random, submit: Submit): void {
    const from = random.pick(ACCOUNTS);
    if (random.chance(0.3)) {
      submit({
        kind: 'query',
        machine: 'bank',
        body: { kind: 'balance', account: from },
        ...drawReadKind(random),
      });
      return;
    }
    const amount = random.integer(1, 2 * OPENING_BALANCE);
    const body = { kind: 'transfer', from, to: random.pick(ACCOUNTS), amount };
    submit({ kind: 'command', machine: 'bank', body });
  }

  /** Replays the transfers by a model of their own. */
  check({ reference }: { readonly reference: Pick<CommittedHistory, 'entries' | 'tree'> }): void {
    checkBankRecords(reference.tree);
    const model = new Map<string, number>();
    const failed = new Set<string>();
    const balanceOf = (account: string): number => model.get(account) ?? OPENING_BALANCE;
    for (const { index, logged, outcome, effective } of reference.entries.values()) {
      if (logged.machine !== 'bank') continue;
      const { from, to, amount } = logged.body as Transfer;
      const hasFailed = outcome.kind === 'refused' && outcome.code === 'MACHINE_FAILED';
      if (!effective && !hasFailed) continue;
      const stamp = `${logged.session?.id}/${logged.session?.sequence}`;
      // A retry fails as the command did, whatever the accounts hold by then.
      if (hasFailed && failed.has(stamp)) continue;
      if (hasFailed) failed.add(stamp);
      const left = balanceOf(from) - amount;
      claim(
        hasFailed === left < 0,
        NAME,
        () => `entry ${index}: ${amount} from ${from}, which held ${balanceOf(from)}, gave ${outcome.kind}`,
      );
      if (hasFailed) continue;
      model.set(from, left);
      model.set(to, balanceOf(to) + amount);
      claim(
        outcome.kind === 'applied' && outcome.result === balanceOf(from),
        NAME,
        () => `entry ${index} gave ${JSON.stringify(outcome)}, where ${from} held ${balanceOf(from)}`,
      );
    }
  }
}
