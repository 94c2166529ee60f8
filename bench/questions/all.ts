import type { Question } from '../question.ts';
import { CATCH_UP_QUESTION } from './catch-up.ts';
import { FAILOVER_QUESTION } from './failover.ts';
import { LOAD_QUESTIONS } from './load.ts';
import { NATIVE_LOAD_QUESTION } from './native-load.ts';
import { PACED_QUESTION } from './paced.ts';
import { FIVE_NODES_QUESTION, LARGE_VALUES_QUESTION, MILLION_KEYS_QUESTION } from './sizes.ts';
import { SIMULATOR_QUESTION } from './simulator.ts';
import { WATCHERS_QUESTION } from './watchers.ts';

/** In the order in which they are asked. */
export const QUESTIONS: readonly Question[] = [
  ...LOAD_QUESTIONS,
  NATIVE_LOAD_QUESTION,
  PACED_QUESTION,
  WATCHERS_QUESTION,
  FAILOVER_QUESTION,
  MILLION_KEYS_QUESTION,
  CATCH_UP_QUESTION,
  FIVE_NODES_QUESTION,
  LARGE_VALUES_QUESTION,
  SIMULATOR_QUESTION,
];
