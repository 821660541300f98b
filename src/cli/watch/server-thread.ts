/**
 * The thread that serves the page of a watch. It runs beside a program that leaves no turn to its
 * event loop, and imports nothing of the library.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { workerData } from 'node:worker_threads';
import { drawingOf, type SliceEvent } from './drawing.js';
import { type RunMessage, type ServerData, SHARED, type WatchMessage } from './messages.js';
import { RunHistory } from './run-history.js';

const { channel, shared, port, token, html, policy } = workerData as ServerData;
/** The most pages at once, and the most bytes that one of them has not read yet. */
const MOST_CLIENTS = 8;
const MOST_UNREAD = 1 << 22;
/** The most runs of a page. */
const MOST_RUNS = 8;

const began = performance.now();
const histories = new Map<number, { readonly run: RunMessage; readonly points: RunHistory }>();
const clients = new Set<ServerResponse>();
let slice: SliceEvent | undefined;

const set = (at: number, value: number): void => {
  Atomics.store(shared, at, value);
  Atomics.notify(shared, at);
};

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
const expected = digest(token);

const seconds = (): number => Math.round(performance.now() - began) / 1000;
const textOf = (message: object): string => `data: ${JSON.stringify({ ...message, seconds: seconds() })}\n\n`;

/** Everything so far, for a page that was opened later. */
const everything = (): string =>
  [
    { kind: 'reset' },
    ...[...histories.values()].flatMap(({ run, points }) => [run, points.message]),
    ...(slice ? [slice] : []),
  ]
    .map(textOf)
    .join('');

function leave(client: ServerResponse): void {
  if (!clients.delete(client)) return;
  set(SHARED.clients, clients.size);
}

function broadcast(message: object): void {
  if (clients.size === 0) return;
  const text = textOf(message);
  for (const client of clients) {
    client.write(text);
    // It connects again once it reads, and then receives everything
    if (client.writableLength > MOST_UNREAD) client.destroy();
  }
}

function refuse(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'Content-Type': 'text/plain', Connection: 'close' });
  response.end(`${status}\n`);
}

/** The names by which a browser of this machine, or the end of a tunnel, may ask. */
const isLoopback = ({ headers }: IncomingMessage): boolean =>
  /^(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?$/i.test(headers.host ?? '');

const server = createServer((request, response) => {
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Referrer-Policy', 'no-referrer');
  response.setHeader('Content-Security-Policy', policy);
  // Other sites may not be led here by a name of theirs for this machine
  if (!isLoopback(request)) return refuse(response, 403);
  if (request.method !== 'GET') return refuse(response, 405);
  const [, given = '', file, ...rest] = (request.url ?? '').split('/');
  if (!timingSafeEqual(digest(given), expected) || rest.length > 0) return refuse(response, 404);
  if (file === '') {
    response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' });
    return response.end(html);
  }
  if (file !== 'events') return refuse(response, 404);
  if (clients.size >= MOST_CLIENTS) return refuse(response, 503);
  response.writeHead(200, { 'Content-Type': 'text/event-stream' });
  response.write(everything());
  clients.add(response);
  set(SHARED.clients, clients.size);
  response.on('close', () => leave(response));
  response.on('error', () => leave(response));
});

const receive = (message: WatchMessage): void => {
  if (message.kind === 'run') {
    histories.set(message.run, { run: message, points: new RunHistory(message.run) });
    const [first] = histories.keys();
    if (histories.size > MOST_RUNS) histories.delete(first as number);
    broadcast(message);
  } else if (message.kind === 'points') {
    const history = histories.get(message.run);
    if (history) broadcast(history.points.add(message));
  } else if (message.kind === 'slice') {
    slice = drawingOf(message);
    broadcast(slice);
  } else {
    broadcast(message);
    let left = clients.size;
    const over = (): void => {
      if (--left > 0) return;
      set(SHARED.ended, 1);
      channel.close();
      server.close();
      server.closeAllConnections();
    };
    if (left === 0) over();
    for (const client of clients) client.end(over);
  }
};

server.on('error', (error) => {
  // One connection failed; the others go on
  if (Atomics.load(shared, SHARED.state) === 1) return;
  channel.postMessage(error.message);
  set(SHARED.state, 2);
  channel.close();
});
server.listen(port, '127.0.0.1', () => {
  Atomics.store(shared, SHARED.port, (server.address() as AddressInfo).port);
  channel.on('message', receive);
  set(SHARED.state, 1);
});
