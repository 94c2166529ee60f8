/**
 * Linearizability of a history whose replies bear no witness of their order, key by key: the search
 * of Wing and Gong with Lowe's memory of visited configurations. A register is linearizable if
 * every key of it is, so keys are searched alone.
 *
 * The search is exponential in the number of overlapping calls: keep it to a few clients per key.
 * Where replies carry an index, use `checkWitnessOrder` instead.
 */
import type { History, HistoryOperation, RegisterValue } from './history.ts';

export interface LinearizabilityOptions {
  /** Configurations looked at per key before the search gives up. */
  readonly stepsMax?: number;
}

export interface LinearizabilityViolation {
  readonly key: string;
  /** The operations of the key, by call; no order of them explains what was seen. */
  readonly operations: History;
  /** The longest explained run of operations. */
  readonly explained: number;
}

export interface LinearizabilityResult {
  /** No key is in violation. */
  readonly ok: boolean;
  readonly violations: readonly LinearizabilityViolation[];
  /** Keys whose search was given up. */
  readonly undecided: readonly string[];
  readonly operations: number;
}

const STEPS_MAX = 5_000_000;

/** Whether some order of the operations, within their calls and returns, explains all that was seen. */
export function checkLinearizable(
  history: History,
  options: LinearizabilityOptions = {},
): LinearizabilityResult {
  const violations: LinearizabilityViolation[] = [];
  const undecided: string[] = [];
  for (const [key, all] of byKey(history)) {
    const operations = relevant(all);
    const verdict = new Search(operations, options.stepsMax ?? STEPS_MAX).run();
    if (verdict.kind === 'illegal') violations.push({ key, operations, explained: verdict.explained });
    if (verdict.kind === 'undecided') undecided.push(key);
  }
  return { ok: violations.length === 0, violations, undecided, operations: history.length };
}

function byKey(history: History): Map<string, HistoryOperation[]> {
  const keys = new Map<string, HistoryOperation[]>();
  for (const operation of history) {
    const operations = keys.get(operation.key);
    if (operations === undefined) keys.set(operation.key, [operation]);
    else operations.push(operation);
  }
  return keys;
}

/** Without what can have had no effect and was not seen: it only widens the search. */
function relevant(operations: readonly HistoryOperation[]): HistoryOperation[] {
  const onlyPutsAndGets = operations.every((each) => each.op === 'put' || each.op === 'get');
  const seen = new Set<unknown>();
  for (const each of operations) if (each.op === 'get' && each.outcome === 'ok') seen.add(each.output);
  return operations
    .filter((each) => {
      if (each.outcome === 'fail') return false;
      if (each.outcome === 'ok') return true;
      if (each.op === 'get') return false;
      return !onlyPutsAndGets || seen.has(each.value);
    })
    .sort((a, b) => a.callNs - b.callNs);
}

type Step = { readonly legal: false } | { readonly legal: true; readonly state: RegisterValue };

const ILLEGAL: Step = { legal: false };

/** The register after the operation, if the operation could have seen what it saw. */
function apply(state: RegisterValue, operation: HistoryOperation): Step {
  const told = operation.outcome === 'ok';
  switch (operation.op) {
    case 'get':
      return operation.output === state ? { legal: true, state } : ILLEGAL;
    case 'put':
      return { legal: true, state: operation.value };
    case 'delete': {
      if (!told || operation.output === undefined) return { legal: true, state: undefined };
      return operation.output === (state !== undefined) ? { legal: true, state: undefined } : ILLEGAL;
    }
    case 'cas': {
      const swapped = state === operation.expect;
      if (told && operation.output !== swapped) return ILLEGAL;
      return { legal: true, state: swapped ? operation.value : state };
    }
  }
}

type Verdict =
  | { readonly kind: 'legal' | 'undecided' }
  | { readonly kind: 'illegal'; readonly explained: number };

/** A call or a return, in a list from which linearized operations are lifted out and put back. */
interface Point {
  readonly operation: number;
  /** Undefined at a return; an operation of unknown outcome has no return. */
  readonly matching: Point | undefined;
  readonly isCall: boolean;
  previous: Point | undefined;
  next: Point | undefined;
}

interface Chosen {
  readonly point: Point;
  readonly state: RegisterValue;
}

class Search {
  readonly #operations: readonly HistoryOperation[];
  readonly #stepsMax: number;
  readonly #head: Point;
  readonly #linearized: Uint32Array;
  readonly #visited = new Map<number, { readonly bits: Uint32Array; readonly state: RegisterValue }[]>();
  #hash = 0;
  /** Operations that returned and are not yet linearized. */
  #left: number;

  constructor(operations: readonly HistoryOperation[], stepsMax: number) {
    this.#operations = operations;
    this.#stepsMax = stepsMax;
    this.#head = pointsOf(operations);
    this.#linearized = new Uint32Array((operations.length >>> 5) + 1);
    this.#left = operations.filter((each) => each.outcome === 'ok').length;
  }

  run(): Verdict {
    const chosen: Chosen[] = [];
    let state: RegisterValue = undefined;
    let explained = 0;
    let steps = 0;
    let point = this.#head.next;
    while (this.#left > 0) {
      if (++steps > this.#stepsMax) return { kind: 'undecided' };
      if (point?.isCall === true) {
        const step = apply(state, this.#at(point.operation));
        if (step.legal && this.#choose(point, step.state)) {
          chosen.push({ point, state });
          explained = Math.max(explained, chosen.length);
          state = step.state;
          point = this.#head.next;
        } else {
          point = point.next;
        }
        continue;
      }
      // A return, or the end: nothing more can be placed before it, so the last choice was wrong.
      const last = chosen.pop();
      if (last === undefined) return { kind: 'illegal', explained };
      this.#undo(last.point);
      state = last.state;
      point = last.point.next;
    }
    return { kind: 'legal' };
  }

  #at(operation: number): HistoryOperation {
    const found = this.#operations[operation];
    if (found === undefined) throw new RangeError('no such operation');
    return found;
  }

  /** Linearizes the operation next, unless this configuration was tried before. */
  #choose(point: Point, state: RegisterValue): boolean {
    this.#flip(point.operation);
    if (!this.#remember(state)) {
      this.#flip(point.operation);
      return false;
    }
    if (point.matching !== undefined) this.#left--;
    unlink(point);
    if (point.matching !== undefined) unlink(point.matching);
    return true;
  }

  #undo(point: Point): void {
    if (point.matching !== undefined) relink(point.matching);
    relink(point);
    if (point.matching !== undefined) this.#left++;
    this.#flip(point.operation);
  }

  #flip(operation: number): void {
    const word = operation >>> 5;
    this.#linearized[word] = (this.#linearized[word] ?? 0) ^ (1 << (operation & 31));
    this.#hash ^= scramble(operation + 1);
  }

  #remember(state: RegisterValue): boolean {
    const same = this.#visited.get(this.#hash);
    const bits = this.#linearized;
    if (same === undefined) {
      this.#visited.set(this.#hash, [{ bits: bits.slice(), state }]);
      return true;
    }
    for (const each of same) {
      if (each.state === state && each.bits.every((word, at) => word === bits[at])) return false;
    }
    same.push({ bits: bits.slice(), state });
    return true;
  }
}

function scramble(value: number): number {
  let hash = Math.imul(value, 0x9e3779b1);
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

function pointsOf(operations: readonly HistoryOperation[]): Point {
  const timed: { readonly point: Point; readonly at: number }[] = [];
  for (const [operation, each] of operations.entries()) {
    const links = { previous: undefined, next: undefined };
    const end: Point | undefined =
      each.outcome === 'ok' ? { operation, matching: undefined, isCall: false, ...links } : undefined;
    timed.push({ point: { operation, matching: end, isCall: true, ...links }, at: each.callNs });
    if (end !== undefined) timed.push({ point: end, at: each.returnNs });
  }
  // At one instant calls come before returns: the clock did not tell them apart, so they may overlap.
  timed.sort((a, b) => a.at - b.at || Number(b.point.isCall) - Number(a.point.isCall));
  const head: Point = {
    operation: -1,
    matching: undefined,
    isCall: false,
    previous: undefined,
    next: undefined,
  };
  let last = head;
  for (const { point } of timed) {
    last.next = point;
    point.previous = last;
    last = point;
  }
  return head;
}

function unlink(point: Point): void {
  if (point.previous !== undefined) point.previous.next = point.next;
  if (point.next !== undefined) point.next.previous = point.previous;
}

function relink(point: Point): void {
  if (point.previous !== undefined) point.previous.next = point;
  if (point.next !== undefined) point.next.previous = point;
}
