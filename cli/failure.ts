import { StoreError } from '../src/base/errors.ts';
import type { Outcome } from '../src/base/errors.ts';
import { EXIT, EXIT_STATUS } from './exit-status.ts';
import type { ExitStatus } from './exit-status.ts';
import { note, red } from './output.ts';

/** A command came to an end that is not "done": what happened, what to do next, and the exit status. */
export class CommandFailure extends Error {
  override readonly name: string = 'CommandFailure';
  /** Upper case, stable. */
  readonly code: string;
  readonly status: ExitStatus;
  readonly advice: string;
  readonly outcome: Outcome;

  constructor(
    code: string,
    status: ExitStatus,
    message: string,
    advice = '',
    outcome: Outcome = 'not-applied',
  ) {
    super(message);
    this.code = code;
    this.status = status;
    this.advice = advice;
    this.outcome = outcome;
  }
}

/** There is no such thing. */
export function notFound(what: string): CommandFailure {
  return new CommandFailure('NOT_FOUND', EXIT.notFoundOrFalse, what);
}

/** A key does not stand as the command asked. */
export function conditionFalse(key: string, modRevision: number | undefined): CommandFailure {
  const state = modRevision === undefined ? 'does not exist' : `was last changed at revision ${modRevision}`;
  const message = `${JSON.stringify(key)} ${state}; nothing was changed`;
  return new CommandFailure('CONDITION_FALSE', EXIT.notFoundOrFalse, message);
}

/** The command line itself is wrong. */
export function badUsage(message: string): CommandFailure {
  return new CommandFailure('BAD_USAGE', EXIT.badUsage, message, 'Add --help to see how it is used.');
}

/** Tells on stderr what went wrong, as JSON if that is asked for, and returns the exit status. */
export function reportFailure(error: unknown, { json }: { readonly json: boolean }): ExitStatus {
  const { code, message, outcome, advice, status } = describeFailure(error);
  if (json) {
    note(JSON.stringify({ error: { code, message, outcome, advice } }));
    return status;
  }
  if (status === EXIT.interrupted) return status;
  note(`${red('error:')} ${message} (${code})`);
  if (outcome === 'unknown') note('The outcome is unknown: it may or may not have taken effect.');
  if (advice !== '') note(advice);
  return status;
}

function describeFailure(error: unknown): CommandFailure {
  if (error instanceof CommandFailure) return error;
  if (error instanceof StoreError) {
    const { code, message, advice, outcome } = error;
    return new CommandFailure(code, EXIT_STATUS[code], message, advice, outcome);
  }
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') {
    return new CommandFailure(error.code, EXIT.badUsage, error.message);
  }
  throw error;
}
