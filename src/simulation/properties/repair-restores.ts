import { claim } from '../violation.ts';
import type { Property, TurnView } from './property.ts';

/**
 * What fills a gap that damage left in a log is what stood there: an entry of the same index and term
 * ("Protocol-Aware Recovery", FAST '18). Looked at when the write begins; what another entry there
 * would do to those that rely on it need not be waited for.
 */
export class RepairRestores implements Property {
  readonly name = 'a repair restores what was lost';

  afterTurn({ id, output, cluster }: TurnView): void {
    const { write } = output;
    if (write?.fills !== true || write.entries.length === 0) return;
    const durable = cluster.durable(id);
    for (const { index, term } of write.entries) {
      claim(
        durable.knows({ index, term }),
        this.name,
        () => `node ${id} lost entry ${index}, and puts one of term ${term} there that it did not hold`,
      );
    }
  }
}
