import { InvalidArgumentError } from 'commander';

/** `2` or `n2`. */
export function parseMemberId(text: string): number {
  const id = Number(/^n?(\d{1,9})$/.exec(text)?.[1]);
  if (id >= 1) return id;
  throw new InvalidArgumentError('A member is named by its id, such as 2 or n2.');
}
