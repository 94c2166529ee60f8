/**
 * What a space's records will be, put off until somebody looks at them. What changes with every command
 * is kept so, as plain values at hand: of a hundred versions between two looks only the last one is
 * written. Which records come of it follows from the commands alone, never from when it is settled.
 */
export interface Draft {
  /** Writes the records. The draft is over. */
  settle(): void;
}
