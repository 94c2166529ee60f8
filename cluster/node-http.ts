import type { StageReport } from '../src/node/stage-histograms.ts';
import type { NodeStatus } from '../src/wire/client-frames.ts';
import type { NodeId } from '../src/base/flavor.ts';
import { ClusterError } from './cluster-error.ts';

const ANSWER_TIMEOUT_MS = 1_000;

/** How a node says it stands; undefined when it does not answer in time. */
export async function fetchStatus(address: string): Promise<NodeStatus | undefined> {
  try {
    const response = await fetch(`http://${address}/health`, {
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    });
    const found: unknown = await response.json();
    return isStatus(found) ? found : undefined;
  } catch {
    return undefined; // it is down, paused, or not yet up: the caller asks again
  }
}

function isStatus(found: unknown): found is NodeStatus {
  return typeof found === 'object' && found !== null && 'role' in found && 'term' in found;
}

/** How long the stages of a put take at a node; undefined when it does not answer in time. */
export async function fetchStages(address: string): Promise<readonly StageReport[] | undefined> {
  try {
    const response = await fetch(`http://${address}/stages`, {
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    });
    const found: unknown = await response.json();
    return response.ok && Array.isArray(found) ? (found as readonly StageReport[]) : undefined;
  } catch {
    return undefined; // it is down, or of another release
  }
}

/** Makes a node drop its links with these nodes, both ways, until it is told otherwise. */
export async function postCut(address: string, cut: readonly NodeId[]): Promise<void> {
  const body = JSON.stringify({ cutTo: cut, cutFrom: cut });
  const response = await fetch(`http://${address}/faults`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
    signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
  });
  if (response.ok) return;
  throw new ClusterError(
    'node-failed',
    `${address} refused the cut: ${response.status} ${await response.text()}`,
  );
}
