import { assert, present } from '../base/assert.ts';

/**
 * Majorities. Every two of them share a member: this is why no two leaders are elected in one term,
 * and why an entry that a majority stores cannot be missed by a later leader (Raft paper, 5.2, 5.4).
 */

/** How many of these make a majority: more than half, also where the number is even. */
export function majority(members: readonly unknown[]): number {
  return Math.floor(members.length / 2) + 1;
}

/** The highest number that a majority of the members has reached: each one's number is in the list once. */
export function committedIndex(matched: readonly number[]): number {
  assert(matched.length > 0, 'a cluster has a member');
  const descending = [...matched].sort((one, other) => other - one);
  return present(descending[majority(matched) - 1], 'a majority is no more than all');
}

/** `lost` as soon as no majority can be won any more. */
export type VoteOutcome = 'won' | 'lost' | 'open';

/** What the votes come to: one per member, undefined while it has not answered. */
export function voteOutcome(votes: readonly (boolean | undefined)[]): VoteOutcome {
  const granted = votes.filter((vote) => vote === true).length;
  const refused = votes.filter((vote) => vote === false).length;
  if (granted >= majority(votes)) return 'won';
  return votes.length - refused < majority(votes) ? 'lost' : 'open';
}
