import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { type ErrorCode, StoreError } from '../base/errors.ts';
import type { Address } from './address.ts';
import type { NodeLimits } from './config.ts';
import { handleHttp, type HttpFacts } from './http.ts';

export interface ListenerOptions {
  readonly listen: Address;
  readonly limits: NodeLimits;
  readonly originsAllowed: readonly string[];
  readonly http: HttpFacts;
  /** Takes over a WebSocket on `/peer`. */
  readonly onPeer: (socket: WebSocket, remoteAddress: string) => void;
  /** Takes over a WebSocket on `/client`. */
  readonly onClient: (socket: WebSocket, remoteAddress: string) => void;
}

const HEADER_BYTES_MAX = 8 * 1024;
const CHECK_MS = 1_000;

/** The one port of a node: WebSockets for peers and clients, plain HTTP for health checks. */
export class Listener {
  readonly #options: ListenerOptions;
  readonly #server: Server;
  readonly #peers: WebSocketServer;
  readonly #clients: WebSocketServer;
  #closing = false;

  private constructor(options: ListenerOptions) {
    this.#options = options;
    const { limits } = options;
    this.#peers = webSocketServer(limits.peerFrameBytesMax);
    this.#clients = webSocketServer(2 * limits.clientFrameBytesMax);
    this.#server = createServer(
      {
        headersTimeout: limits.headersMs,
        requestTimeout: limits.headersMs,
        keepAliveTimeout: limits.headersMs,
        maxHeaderSize: HEADER_BYTES_MAX,
        connectionsCheckingInterval: CHECK_MS,
      },
      (request, response) => void handleHttp(request, response, options.http),
    );
    this.#server.maxConnections = limits.socketsMax;
    this.#server.on('clientError', (error: NodeJS.ErrnoException, socket) => onClientError(error, socket));
    this.#server.on('upgrade', (request, socket, head) => this.#onUpgrade(request, socket, head));
  }

  /**
   * Opens the port.
   *
   * @throws StoreError PORT_IN_USE, CONFIG_INVALID
   */
  static async open(options: ListenerOptions): Promise<Listener> {
    const listener = new Listener(options);
    const { host, port } = options.listen;
    await new Promise<void>((resolve, reject) => {
      listener.#server.once('error', (error: NodeJS.ErrnoException) =>
        reject(listenError(error, options.listen)),
      );
      listener.#server.listen({ host, port }, resolve);
    });
    // A listening socket that fails later (out of descriptors) takes no connection, and goes on.
    listener.#server.removeAllListeners('error').on('error', () => undefined);
    return listener;
  }

  /** Where it listens; the port is the one that was given, or drawn for port 0. */
  get address(): Address {
    const { address, port } = this.#server.address() as AddressInfo;
    return { host: address, port };
  }

  /** Takes no new connections; those that it handed out are their owners'. */
  close(): void {
    this.#closing = true;
    this.#server.close();
    this.#server.closeIdleConnections();
  }

  #onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    const { originsAllowed, onPeer, onClient } = this.#options;
    const path = (request.url ?? '').split('?', 1)[0];
    const { origin } = request.headers;
    const remoteAddress = request.socket.remoteAddress ?? 'unknown';
    if (this.#closing)
      return refuse(socket, '503 Service Unavailable', 'SHUTTING_DOWN', 'this node is shutting down');
    if (origin !== undefined && (path !== '/client' || !originsAllowed.includes(origin))) {
      return refuse(socket, '403 Forbidden', 'DENIED', 'web pages of this origin may not connect');
    }
    if (path === '/peer') {
      this.#peers.handleUpgrade(request, socket, head, (web) => onPeer(web, remoteAddress));
    } else if (path === '/client') {
      this.#clients.handleUpgrade(request, socket, head, (web) => onClient(web, remoteAddress));
    } else {
      refuse(socket, '404 Not Found', 'BAD_REQUEST', 'WebSockets are at /client and /peer');
    }
  }
}

function webSocketServer(maxPayload: number): WebSocketServer {
  return new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    skipUTF8Validation: true,
    maxPayload,
  });
}

function onClientError(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const late = error.code === 'ERR_HTTP_REQUEST_TIMEOUT';
  if (late) refuse(socket, '408 Request Timeout', 'TIMEOUT', 'the request took too long');
  else refuse(socket, '400 Bad Request', 'BAD_REQUEST', 'this port speaks HTTP and WebSocket');
}

/** Writes a whole answer by hand, where the HTTP server has handed the socket out, and closes. */
function refuse(socket: Duplex, status: string, code: ErrorCode, message: string): void {
  const body = `${JSON.stringify({ error: { code, message } })}\n`;
  const head = [
    `HTTP/1.1 ${status}`,
    'connection: close',
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
  (socket as Socket).setTimeout(CHECK_MS, () => socket.destroy());
}

function listenError(error: NodeJS.ErrnoException, { host, port }: Address): StoreError {
  if (error.code === 'EADDRINUSE') {
    return new StoreError('PORT_IN_USE', `port ${port} of ${host} is in use`, { cause: error });
  }
  return new StoreError('CONFIG_INVALID', `listen: cannot listen at ${host}:${port}: ${error.message}`, {
    cause: error,
  });
}
