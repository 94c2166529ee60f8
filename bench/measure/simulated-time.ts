/**
 * A process of the bench: `node simulated-time.js FIRST-SEED WARM-UP-MS DURATION-MS` simulates clusters of
 * five nodes with every fault and check, one after the other in one thread, and prints how much of their
 * time passed in a second.
 */
import { runSeed } from '../../src/simulation/run.ts';

const NODES = 5;
const [firstSeed = 1, warmUpMs = 0, durationMs = 1000] = process.argv.slice(2).map(Number);
const warm = simulate(firstSeed, warmUpMs);
console.log(JSON.stringify(simulate(firstSeed + warm.seeds, durationMs)));

function simulate(first: number, forMs: number) {
  const startMs = performance.now();
  let seeds = 0;
  let simulatedMs = 0;
  let events = 0;
  while (seeds === 0 || performance.now() - startMs < forMs) {
    const result = runSeed({ seed: first + seeds++, nodes: NODES });
    if (result.failure !== undefined) throw new Error(`seed ${result.seed}: ${result.failure.detail}`);
    simulatedMs += result.simulatedMs;
    events += result.events;
  }
  const wallMs = performance.now() - startMs;
  return { seeds, timesRealTime: simulatedMs / wallMs, eventsPerSecond: (events * 1000) / wallMs };
}
