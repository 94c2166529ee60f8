import { badUsage } from '../failure.ts';

/** The number that a user, a product or an order got when it was made. */
export function parseId(word: string): number {
  if (!/^[1-9]\d{0,14}$/.test(word)) throw badUsage(`an id is a whole number, not ${JSON.stringify(word)}`);
  return Number(word);
}
