import { expect, test } from 'vitest';
import { FakedClock } from '../../../cluster/faults/faked-clock.ts';
import { child, temporaryFolder } from './child.ts';

/** Prints how far off its wall clock is from its monotonic one, in seconds since it began. */
const TELLER = `
const beginMs = Date.now() - performance.now();
setInterval(() => console.log(Math.round((Date.now() - performance.now() - beginMs) / 1000)), 50);
`;
const HOUR = 3_600;
const noLibrary = FakedClock.missing() !== undefined;

async function jumps(fromInside: boolean): Promise<void> {
  const clock = new FakedClock(temporaryFolder(), 'c', { fromInside });
  const teller = child(TELLER, clock.environment);
  await teller.until('the right time', (line) => line === '0');
  clock.setOffset(HOUR);
  await teller.until('an hour later', (line) => Math.abs(Number(line) - HOUR) < 60);
  clock.setOffset(-10 * HOUR);
  await teller.until('ten hours earlier', (line) => Math.abs(Number(line) + 10 * HOUR) < 60);
  clock.setOffset(0);
  await teller.until('the right time again', (line) => line === '0');
  if (fromInside) expect(clock.hits).toBeGreaterThan(0);
}

test('the wall clock of a running process jumps, from inside', () => jumps(true));

test.skipIf(noLibrary)('the wall clock of a running process jumps, by libfaketime', () => jumps(false));

test.skipIf(noLibrary)('both clocks of a process run at another rate', async () => {
  const clock = new FakedClock(temporaryFolder(), 'c', { fromInside: false });
  clock.rate = 2;
  const teller = child(
    'setInterval(() => console.log(Math.round(performance.now())), 20)',
    clock.environment,
  );
  const beginMs = performance.now();
  const first = Number(await teller.next());
  const last = Number(await teller.until('two seconds of its own', (line) => Number(line) - first > 2_000));
  expect((last - first) / (performance.now() - beginMs)).toBeGreaterThan(1.3);
});
