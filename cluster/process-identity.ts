/**
 * Which process is meant. A pid alone does not say: it is used again once its process has ended.
 * A pid together with the time its process began does, so nothing is ever signalled but what we
 * started ourselves.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface ProcessIdentity {
  readonly pid: number;
  /** As the system tells it; opaque, and the same for as long as the process lives. */
  readonly startedAt: string;
}

export type ProcessState = 'running' | 'paused' | 'stopped';

interface Observed {
  readonly startedAt: string;
  /** One letter, as in `ps`: T is stopped by a signal, Z has ended. */
  readonly letter: string;
}

/** Who has this pid now; undefined when nobody has. */
export function identify(pid: number): ProcessIdentity | undefined {
  const observed = observe(pid);
  return observed === undefined ? undefined : { pid, startedAt: observed.startedAt };
}

/** What became of the process that was once identified. */
export function stateOf(identity: ProcessIdentity): ProcessState {
  const observed = observe(identity.pid);
  if (observed === undefined || observed.startedAt !== identity.startedAt) return 'stopped';
  return observed.letter === 'T' ? 'paused' : 'running';
}

/** Sends a signal, unless that process is gone. Returns whether it was sent. */
export function signal(identity: ProcessIdentity, name: NodeJS.Signals): boolean {
  if (stateOf(identity) === 'stopped') return false;
  try {
    return process.kill(identity.pid, name);
  } catch {
    return false; // it ended just now
  }
}

function observe(pid: number): Observed | undefined {
  const observed = process.platform === 'linux' ? observeByProc(pid) : observeByPs(pid);
  return observed === undefined || observed.letter === 'Z' || observed.letter === 'X' ? undefined : observed;
}

/** proc(5): after the name in parentheses, the state comes first and the start time is the 20th field. */
function observeByProc(pid: number): Observed | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { letter: fields[0] ?? 'X', startedAt: fields[19] ?? '' };
  } catch {
    return undefined;
  }
}

function observeByPs(pid: number): Observed | undefined {
  try {
    const line = execFileSync('ps', ['-o', 'state=,lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
    return line === '' ? undefined : { letter: line.charAt(0), startedAt: line.slice(1).trim() };
  } catch {
    return undefined;
  }
}
