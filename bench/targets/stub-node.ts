/**
 * A process of the bench: `node stub-node.js PORT` speaks to clients as a node does, over the same
 * WebSockets with the same frames, and stores nothing: every put and get is answered at once. What a load
 * generator gets out of it is what the generator and the client library can drive at all.
 */
import { type WebSocket, WebSocketServer } from 'ws';
import { decodeClientFrames } from '../../src/wire/client-codec.ts';
import type { ClientFrame, CommandFrame, QueryFrame, ServerFrame } from '../../src/wire/client-frames.ts';
import { encodeServerFrames } from '../../src/wire/server-codec.ts';
import { VALUE } from '../questions/keys.ts';

/** So many answers leave as one message: the client is at work on the first while the others are made. */
const ANSWERS_PER_MESSAGE = 64;

const HOST = '127.0.0.1';
const port = Number(process.argv[2]);
const server = new WebSocketServer({ host: HOST, port, perMessageDeflate: false, skipUTF8Validation: true });
server.on('connection', serve);

function serve(socket: WebSocket): void {
  let revision = 0;
  socket.on('error', () => socket.terminate());
  socket.on('message', (message: Buffer) => {
    const answers = decodeClientFrames(message).flatMap((frame) => answer(frame, ++revision) ?? []);
    for (let from = 0; from < answers.length; from += ANSWERS_PER_MESSAGE)
      socket.send(encodeServerFrames(answers.slice(from, from + ANSWERS_PER_MESSAGE)));
  });
}

function answer(frame: ClientFrame, revision: number): ServerFrame | undefined {
  switch (frame.kind) {
    case 'hello': {
      const members = [{ id: 1, address: `${HOST}:${port}` }];
      return { kind: 'welcome', clusterId: 'stub', nodeId: 1, members, leader: 1 };
    }
    case 'command':
      return result(frame, revision, commandResult(frame, revision));
    case 'query':
      return result(frame, revision, { kind: 'get', entry: record('key', revision) });
    case 'ping':
      return { kind: 'pong' };
    default:
      return undefined; // nobody here asks for it
  }
}

function result({ request }: CommandFrame | QueryFrame, revision: number, result: unknown): ServerFrame {
  return { kind: 'result', request, revision, index: revision, result };
}

function commandResult({ machine }: CommandFrame, revision: number): unknown {
  if (machine === 'sessions') return { kind: 'opened', id: 1, ttlMs: 60_000 };
  return { kind: 'put', revision, createRevision: 1, version: revision };
}

function record(key: string, revision: number): unknown {
  return { key, value: VALUE, createRevision: 1, modRevision: revision, version: revision };
}
