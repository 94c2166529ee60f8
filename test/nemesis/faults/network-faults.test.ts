import { expect, test } from 'vitest';
import type { Link } from '../../../cluster/faults/fault-network.ts';
import type { NodeId } from '../../../src/base/flavor.ts';
import { SeededRandom } from '../../../src/base/seeded-random.ts';
import type { Field } from './field.ts';
import { NETWORK_FAULTS } from './network-faults.ts';

/** Whatever is drawn with many seeds, where that node led when it was last looked. */
function struck(leader: NodeId | undefined): readonly Link[] {
  const links: Link[] = [];
  const network = {
    counts: { delays: 0 },
    strike: (some: readonly Link[]) => {
      links.push(...some);
      return () => undefined;
    },
  };
  const field = { cluster: { ids: [1, 2, 3] }, leader: () => leader, network } as unknown as Field;
  const delay = NETWORK_FAULTS.find(({ name }) => name === 'delay');
  for (let seed = 1; seed <= 50; seed++) void delay?.strike(field, new SeededRandom(seed));
  return links;
}

test('links between members are struck, also when the leader has just been removed', () => {
  for (const leader of [1, 9, undefined]) {
    const links = struck(leader);
    expect(links.length).toBeGreaterThan(50);
    expect(links.flat().every((end) => [1, 2, 3].includes(Number(end)))).toBe(true);
  }
});
