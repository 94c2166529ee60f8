import {
  partialPartitions,
  runPartition,
  singleLinks,
  symmetricSplits,
} from '../src/simulation/partitions.ts';
import { note, print, printJson } from './output.ts';

const NODES = 5;

/** Every shape of partition of five nodes, so many seeds of each. Gives whether any run failed. */
export function simulateShapes(firstSeed: number, seeds: number, json: boolean): boolean {
  const startedMs = performance.now();
  const shapes = [...symmetricSplits(NODES), ...singleLinks(NODES), ...partialPartitions(NODES)];
  let failed = 0;
  let simulatedMs = 0;
  for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
    for (const links of shapes) {
      const result = runPartition({ seed, nodes: NODES, links });
      simulatedMs += result.simulatedMs;
      if (result.failure === undefined) continue;
      failed++;
      note(`Seed ${seed}, cut ${links.map((link) => link.join('>')).join(' ')}: ${result.failure.detail}`);
    }
  }
  const wallMs = performance.now() - startedMs;
  const facts = {
    shapes: shapes.length,
    seeds,
    failed,
    simulatedHours: simulatedMs / 3.6e6,
    wallSeconds: wallMs / 1000,
  };
  if (json) printJson(facts);
  else {
    print(
      `${shapes.length} shapes of partitions, ${seeds} seeds of each, ${failed} runs failed: ` +
        `${facts.simulatedHours.toFixed(1)} simulated hours in ${facts.wallSeconds.toFixed(1)} s`,
    );
  }
  return failed > 0;
}
