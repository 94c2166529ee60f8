import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { SeededRandom } from '../../src/base/seeded-random.ts';
import { NO_CONFIGURATION } from '../../src/raft/configuration.ts';
import { SimulatedDisk } from '../../src/simulation/disk.ts';
import { Marks } from '../../src/simulation/marks.ts';
import { RealLog } from '../../src/simulation/real-log.ts';
import { PACKING } from '../contract/stored-records.ts';
import { entry } from './properties/synthetic.ts';

function diskOf(seed: number, sectorBytes = 512): SimulatedDisk {
  return new SimulatedDisk(1, new RealLog(new SeededRandom(seed), 4096, sectorBytes));
}

/** Writes so many entries, of which the last ones are still on their way. */
function write(disk: SimulatedDisk, from: number, count: number, pending: number): void {
  for (let at = 0; at < count; at++) {
    disk.begin({ id: at + 1, hardState: { term: from + at, vote: 1 }, entries: [entry(from + at, 1)] });
    if (at < count - pending) disk.complete();
  }
}

test('whatever a crash leaves, the log brings back what was on stable storage', () => {
  fc.assert(
    fc.property(fc.nat(), fc.constantFrom(512, 4096), fc.nat(3), (seed, sectorBytes, pending) => {
      const random = new SeededRandom(seed);
      const disk = diskOf(seed, sectorBytes);
      const marks = new Marks();
      disk.recover(PACKING, NO_CONFIGURATION, marks);
      let last = 0;
      for (let life = 0; life < 4; life++) {
        write(disk, last + 1, 8, pending);
        const sure = last + 8 - pending;
        disk.crash(random, 0.3, marks);
        // What is not as it must be is a violation.
        disk.recover(PACKING, NO_CONFIGURATION, marks);
        last = disk.lastIndex;
        expect(last).toBeGreaterThanOrEqual(sure);
      }
    }),
    { numRuns: 40 },
  );
});

test('a bit that turns over is found, or does no harm', () => {
  let found = 0;
  for (let seed = 0; seed < 40; seed++) {
    const disk = diskOf(seed);
    const marks = new Marks();
    disk.recover(PACKING, NO_CONFIGURATION, marks);
    write(disk, 1, 8, 0);
    disk.crash(new SeededRandom(seed), 1, marks);
    expect(disk.rot()).toBe(true);
    const { damage, entries } = disk.recover(PACKING, NO_CONFIGURATION, marks);
    found += marks.of('damage of the log found');
    expect(damage?.anchor.index ?? entries.length).toBe(8);
  }
  expect(found).toBeGreaterThan(0);
});

test('a disk that fails stops the node, and takes no more', () => {
  const disk = diskOf(1);
  disk.recover(PACKING, NO_CONFIGURATION, new Marks());
  disk.failSoon();
  expect(() => write(disk, 1, 10, 0)).toThrow('EIO');
  expect(() => write(disk, 1, 10, 0)).toThrow('EIO');
});
