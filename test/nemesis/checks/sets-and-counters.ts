import { afterReturn, byKey, operationsOf, tell } from './evidence.ts';
import type { Evidence } from './evidence.ts';

/** What was added is there, whole; what failed is not. */
export function checkSets(evidence: Evidence): readonly string[] {
  const wrong: string[] = [];
  for (const operation of operationsOf(evidence, 'set')) {
    const { key, value, outcome } = operation;
    const found = evidence.final.keys.get(key);
    if (outcome === 'ok' && found === undefined)
      wrong.push(`${tell(operation)} was acknowledged, and is lost`);
    if (outcome === 'fail' && found !== undefined) wrong.push(`${tell(operation)} failed, and is there`);
    if (found === undefined) continue;
    const [, bytes = 0] = String(value).split(':');
    const whole =
      found.text.startsWith(String(value)) && found.text.length === String(value).length + Number(bytes);
    if (!whole) wrong.push(`${tell(operation)} is there, but not as it was added`);
    if (found.version !== 1) wrong.push(`${tell(operation)} took effect ${found.version} times`);
  }
  return wrong;
}

/** Each counter was moved once by every acknowledged call, and at most once by one of unknown outcome. */
export function checkCounters(evidence: Evidence): readonly string[] {
  const wrong: string[] = [];
  for (const [key, operations] of byKey(operationsOf(evidence, 'counter'))) {
    const acknowledged = operations.filter(({ outcome }) => outcome === 'ok');
    const unknown = operations.filter(({ outcome }) => outcome === 'unknown').length;
    const version = evidence.final.keys.get(key)?.version ?? 0;
    if (version < acknowledged.length || version > acknowledged.length + unknown) {
      wrong.push(
        `${key} was counted to ${version} by ${acknowledged.length} acknowledged calls and ${unknown} of unknown outcome`,
      );
    }
    const counts = new Set(acknowledged.map(({ output }) => output));
    if (counts.size < acknowledged.length) wrong.push(`${key}: two calls were answered with the same count`);
    for (const [earlier, later] of afterReturn(acknowledged, ({ output }) => Number(output))) {
      if (Number(earlier.output) >= Number(later.output))
        wrong.push(
          `${tell(later)} counted ${String(later.output)} after ${tell(earlier)} had counted ${String(earlier.output)}`,
        );
    }
  }
  return wrong;
}
