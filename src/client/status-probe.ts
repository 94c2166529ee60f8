import { StoreError } from '../base/errors.ts';
import type { MemberAddress, NodeStatus, ServerFrame } from '../wire/client-frames.ts';
import { Link } from './link.ts';
import type { CallOptions, ClientSettings } from './options.ts';

/** What a node said of itself and of the others. */
export interface StatusProbe {
  readonly status: NodeStatus;
  readonly members: readonly MemberAddress[];
}

/**
 * Asks one node how it stands, on a connection of its own, so that any node can be asked, leader or not.
 *
 * @throws StoreError UNREACHABLE, TIMEOUT, ABORTED, CLUSTER_MISMATCH, PROTOCOL_VERSION, PROTOCOL_VIOLATION
 */
export async function probeStatus(
  endpoint: string,
  settings: ClientSettings,
  options: CallOptions,
): Promise<StatusProbe> {
  const timeoutMs = options.timeoutMs ?? settings.timeoutMs;
  const { signal } = options;
  if (signal?.aborted === true) throw aborted(signal);
  const cleanups: (() => unknown)[] = [];
  let members: readonly MemberAddress[] = [];
  try {
    const status = await new Promise<NodeStatus>((resolve, reject) => {
      const link = new Link(endpoint, settings, {
        onWelcome: (link, welcome) => {
          ({ members } = welcome);
          link.send({ kind: 'status-request', request: 1 });
        },
        onFrames: (_link, frames) => onAnswer(frames, resolve, reject),
        onDrain: () => undefined,
        onRefused: (_link, _frame, error) => reject(error),
        onDown: (_link, error) => reject(error),
      });
      const timer = setTimeout(() => reject(late(endpoint, timeoutMs)), Math.min(timeoutMs, 2 ** 31 - 1));
      const onAbort = (): void => reject(aborted(signal));
      signal?.addEventListener('abort', onAbort, { once: true });
      cleanups.push(
        () => link.close(),
        () => clearTimeout(timer),
        () => signal?.removeEventListener('abort', onAbort),
      );
    });
    return { status, members };
  } finally {
    await Promise.all(cleanups.map((cleanup) => cleanup()));
  }
}

function onAnswer(
  frames: readonly ServerFrame[],
  resolve: (status: NodeStatus) => void,
  reject: (error: StoreError) => void,
): void {
  for (const frame of frames) {
    if (frame.kind === 'status') resolve(frame.status);
    if (frame.kind === 'error') reject(new StoreError(frame.code, frame.message, { outcome: frame.outcome }));
  }
}

function late(endpoint: string, timeoutMs: number): StoreError {
  return new StoreError('TIMEOUT', `${endpoint} gave no status in ${timeoutMs} ms`, {
    outcome: 'not-applied',
  });
}

function aborted(signal: AbortSignal | undefined): StoreError {
  const options = { outcome: 'not-applied', cause: signal?.reason } as const;
  return new StoreError('ABORTED', 'the call was aborted', options);
}
