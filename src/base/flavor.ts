/**
 * Names for plain numbers, so that a term is never handed where an index belongs.
 *
 * A flavored number is still a number: arithmetic gives a plain one back, and a plain one may be
 * used where a flavored one is asked for. Two different flavors do not mix: that is the mistake
 * worth a compile error.
 */
declare const flavor: unique symbol;

/** `T`, marked with a name that other flavors of `T` do not share. */
export type Flavor<T, Name extends string> = T & { readonly [flavor]?: Name };

/** A member of the cluster: 1, 2, 3, … */
export type NodeId = Flavor<number, 'NodeId'>;
/** A term of Raft's logical clock (Raft paper, section 5.1). 0 before the first election. */
export type Term = Flavor<number, 'Term'>;
/** The place of an entry in the log, from 1 up; 0 is the place before the first entry. */
export type Index = Flavor<number, 'Index'>;
/** Counts the changes of the store, over all machines; 0 for an empty store. */
export type Revision = Flavor<number, 'Revision'>;
