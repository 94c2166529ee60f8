import { checkAppends } from './appends.ts';
import type { Check } from './evidence.ts';
import { checkAgainstEvents, checkRegisters, checkStaleness, checkWitnesses } from './registers.ts';
import { checkRegistry } from './registry.ts';
import { checkCounters, checkSets } from './sets-and-counters.ts';
import { checkShop } from './shop.ts';
import { checkWatches } from './watches.ts';

/** Every promise that a run is held to, by what it is called in the summary. */
export const CHECKS: Readonly<Record<string, Check>> = {
  'registers are linearizable, key by key': checkRegisters,
  'all answers agree with one order of the log and with real time': checkWitnesses,
  'every answer is what the order of all changes says': checkAgainstEvents,
  'stale reads are no staler than they may be': checkStaleness,
  'lists hold every acknowledged element once, in order': checkAppends,
  'sets hold everything that was acknowledged': checkSets,
  'counters moved once for each call': checkCounters,
  'watches saw every event once, in order': checkWatches,
  'instances lived as long as they were told': checkRegistry,
  'the shop lost no piece and no order': checkShop,
};
