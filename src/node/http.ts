import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ErrorCode, StoreError } from '../base/errors.ts';
import type { NodeId } from '../base/flavor.ts';
import type { Cut } from '../transport/peer-links.ts';
import type { NodeStatus } from '../wire/client-frames.ts';
import { MEMBERS_MAX } from '../wire/wire-limits.ts';
import { stages } from './stage-histograms.ts';

/** What the plain HTTP side of a node needs to know, and may do. */
export interface HttpFacts {
  readonly status: () => NodeStatus;
  /** Why this node should get no traffic; undefined if it is ready. */
  readonly notReady: () => string | undefined;
  /** Undefined unless faults are allowed. */
  readonly setCut: ((cut: Cut) => void) | undefined;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

const PATHS: Readonly<Record<string, readonly string[]>> = {
  '/health': ['GET', 'HEAD'],
  '/ready': ['GET', 'HEAD'],
  '/status': ['GET', 'HEAD'],
  '/stages': ['GET', 'HEAD'],
  '/faults': ['POST'],
};
const WEB_SOCKET_PATHS: readonly string[] = ['/peer', '/client'];
const FAULTS_BODY_BYTES_MAX = 4096;

/** Answers one request; never throws. */
export async function handleHttp(
  request: IncomingMessage,
  response: ServerResponse,
  facts: HttpFacts,
): Promise<void> {
  try {
    respond(response, await answer(request, facts));
  } catch (error) {
    respond(response, refusal(400, 'BAD_REQUEST', error instanceof Error ? error.message : 'a bad request'));
  }
}

/** A refusal in the shape of all others. */
export function refusal(status: number, code: ErrorCode, message: string): Answer {
  return { status, body: { error: { code, message } } };
}

export function respond(response: ServerResponse, { status, body, headers }: Answer): void {
  if (response.destroyed || response.headersSent) return;
  const text = `${JSON.stringify(body)}\n`;
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    ...headers,
  });
  response.end(response.req.method === 'HEAD' ? undefined : text);
}

async function answer(request: IncomingMessage, facts: HttpFacts): Promise<Answer> {
  const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
  if (WEB_SOCKET_PATHS.includes(path)) {
    const answer = refusal(426, 'BAD_REQUEST', `${path} speaks WebSocket`);
    return { ...answer, headers: { upgrade: 'websocket', connection: 'upgrade' } };
  }
  const methods = Object.hasOwn(PATHS, path) ? PATHS[path] : undefined;
  if (methods === undefined) return refusal(404, 'BAD_REQUEST', 'there is nothing at this path');
  if (!methods.includes(request.method ?? '')) {
    const answer = refusal(405, 'BAD_REQUEST', `${path} takes ${methods.join(', ')}`);
    return { ...answer, headers: { allow: methods.join(', ') } };
  }
  if (path === '/faults') return faults(request, facts);
  if (path === '/ready') {
    const reason = facts.notReady();
    return reason === undefined
      ? { status: 200, body: { ready: true } }
      : { status: 503, body: { ready: false, reason } };
  }
  return { status: 200, body: path === '/stages' ? stages.report() : facts.status() };
}

async function faults(request: IncomingMessage, facts: HttpFacts): Promise<Answer> {
  const { setCut } = facts;
  if (setCut === undefined) return refusal(403, 'DENIED', 'this node was started without --allow-faults');
  if (!isLoopback(request.socket.remoteAddress ?? '')) {
    return refusal(403, 'DENIED', 'faults are taken from this machine alone');
  }
  if (request.headers.origin !== undefined)
    return refusal(403, 'DENIED', 'faults are not taken from web pages');
  const cut = parseCut(await readBody(request));
  setCut(cut);
  return { status: 200, body: { cutTo: cut.to, cutFrom: cut.from } };
}

function isLoopback(address: string): boolean {
  return address === '::1' || /^(::ffff:)?127\./.test(address);
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > FAULTS_BODY_BYTES_MAX) throw new StoreError('FRAME_TOO_LARGE', 'the body is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** @throws StoreError BAD_REQUEST */
function parseCut(text: string): Cut {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new StoreError('BAD_REQUEST', 'the body is not JSON');
  }
  if (typeof body !== 'object' || body === null)
    throw new StoreError('BAD_REQUEST', 'the body is not an object');
  const { cutTo = [], cutFrom = [], ...rest } = body as Record<string, unknown>;
  if (Object.keys(rest).length > 0)
    throw new StoreError('BAD_REQUEST', 'the body has cutTo and cutFrom alone');
  return { to: nodeIds('cutTo', cutTo), from: nodeIds('cutFrom', cutFrom) };
}

/** Of members or not: a node may be cut off before this one has heard of it. */
function nodeIds(name: string, value: unknown): readonly NodeId[] {
  if (Array.isArray(value) && value.length <= MEMBERS_MAX && value.every(isNodeId)) return value;
  throw new StoreError('BAD_REQUEST', `${name} must be a list of at most ${MEMBERS_MAX} nodes' ids`);
}

function isNodeId(id: unknown): id is NodeId {
  return Number.isSafeInteger(id) && Number(id) >= 1;
}
