import type { FaultKind } from './field.ts';
import { logarithmic, release, startAgain, take } from './field.ts';
import { nameOf } from './process-faults.ts';

const HOUR = 3_600;
const YEAR = 365 * 24 * HOUR;

/** The wall clock of a running node jumps, and jumps back. */
const clockJump: FaultKind = {
  name: 'clock-jump',
  scope: 'network', // it leaves the process as it is
  lastsMs: [2_000, 6_000],
  strike: (field, random) => {
    const id = random.pick(field.cluster.ids);
    const clock = field.clocks.get(id);
    if (clock === undefined || clock.rate !== 1) return undefined;
    const seconds = logarithmic(random, 2, 10 * YEAR) * (random.chance(0.5) ? 1 : -1);
    clock.setOffset(seconds);
    let seen = 0;
    const hitsBefore = clock.hits;
    const fired = (): number => seen + clock.hits - hitsBefore;
    const look = async (): Promise<void> => {
      if (!field.cluster.ids.includes(id)) return; // it was replaced meanwhile
      const wallMs = await wallClockOf(field.cluster.listenOf(id));
      const offMs = wallMs === undefined ? 0 : wallMs - Date.now();
      if (Math.abs(offMs) > 500 * Math.abs(seconds) && Math.abs(offMs) > 900) seen++;
    };
    const timer = setInterval(() => void look(), 500);
    const heal = (): void => {
      clearInterval(timer);
      clock.setOffset(0);
    };
    return {
      tells: `wall clock of ${nameOf(field, id)} by ${seconds} s`,
      nodes: [id],
      heal,
      fired,
      lingers: true,
    };
  },
};

/** What a node says that the time is. */
async function wallClockOf(address: string): Promise<number | undefined> {
  try {
    const response = await fetch(`http://${address}/health`, { signal: AbortSignal.timeout(400) });
    await response.arrayBuffer();
    const date = response.headers.get('date');
    return date === null ? undefined : Date.parse(date);
  } catch {
    return undefined; // it is down or paused by another fault
  }
}

/** A node whose clocks, the monotonic one among them, run too fast or too slow, from its start on. */
const clockRate: FaultKind = {
  name: 'clock-rate',
  scope: 'node',
  lastsMs: [3_000, 8_000],
  strike: async (field, random) => {
    const id = take(field, random);
    const clock = id === undefined ? undefined : field.clocks.get(id);
    if (id === undefined || clock === undefined) return undefined;
    const { cluster } = field;
    clock.rate = random.pick([0.7, 0.9, 1.05, 1.2, 1.5]);
    await cluster.restart(id);
    await cluster.waitUntilAnswering(id);
    const uptimeMs = async (): Promise<number> => {
      const report = (await cluster.report()).find((each) => each.id === id);
      return report?.status?.uptimeMs ?? 0;
    };
    const [beginMs, beginUptimeMs] = [performance.now(), await uptimeMs()];
    let rate = 1;
    const heal = async (): Promise<void> => {
      rate = ((await uptimeMs()) - beginUptimeMs) / (performance.now() - beginMs);
      const wanted = clock.rate;
      clock.rate = 1;
      rate = Math.abs(rate - wanted) < Math.abs(rate - 1) ? rate : 1;
      await cluster.stop([id]);
      await startAgain(field, [id]);
      release(field, [id]);
    };
    const tells = `clocks of ${id} at ×${clock.rate}`;
    return { tells, nodes: [id], heal, fired: () => Number(rate !== 1) };
  },
};

export const CLOCK_FAULTS: readonly FaultKind[] = [clockJump, clockRate];
