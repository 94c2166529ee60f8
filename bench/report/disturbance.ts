import type { Answer } from './answers.ts';
import { shown } from './shown.ts';

/** Of a processor, by those who have no part in the bench. */
const CORES_MAX = 0.2;

/** A warning when somebody else was at work on the machine; undefined when it was quiet, or nobody knows. */
export function disturbance(answers: readonly Answer[]): string | undefined {
  const cores = answers.flatMap(({ medians }) =>
    Object.values(medians).flatMap((figures) => figures['othersCores'] ?? []),
  );
  const most = Math.max(0, ...cores);
  if (most <= CORES_MAX) return undefined;
  return `The machine was not quiet: others kept up to ${shown(most)} processors busy. Do not trust these figures.`;
}
