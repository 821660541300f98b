/**
 * The thread that serves the page of a watch. It runs beside a program that leaves no turn to its
 * event loop, and imports nothing of the library.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { workerData } from 'node:worker_threads';
import { drawingOf, type SliceEvent } from './drawing.js';
import {
  type PointsMessage,
  type RunMessage,
  type ServerData,
  SHARED,
  type WatchMessage,
} from './messages.js';

const { channel, shared, port, token, html, policy } = workerData as ServerData;
/** The most pages at once, and the most bytes that one of them has not read yet. */
const MOST_CLIENTS = 8;
const MOST_UNREAD = 1 << 22;
/** The most runs of a page, and the most points of a run. */
const MOST_RUNS = 8;
const MOST_POINTS = 2000;

/** The history of a run: every `stride`-th iteration. */
interface History {
  readonly run: RunMessage;
  iterations: number[];
  costs: (number | null)[];
  stride: number;
}

const began = performance.now();
const histories = new Map<number, History>();
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
    ...[...histories.values()].flatMap(({ run, iterations, costs }) => [
      run,
      { kind: 'points', run: run.run, iterations, costs },
    ]),
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

/** Adds points to a history, and returns those that pages need. */
function add(history: History, { run, iterations, costs }: PointsMessage): PointsMessage {
  const kept = iterations.flatMap((iteration, k) =>
    iteration % history.stride === 0 || k === iterations.length - 1 ? [k] : [],
  );
  for (const k of kept) {
    history.iterations.push(iterations[k] as number);
    history.costs.push(costs[k] ?? null);
  }
  while (history.iterations.length > MOST_POINTS) {
    history.stride *= 2;
    const last = history.iterations.length - 1;
    const stays = history.iterations.map((iteration, k) => iteration % history.stride === 0 || k === last);
    history.costs = history.costs.filter((_, k) => stays[k]);
    history.iterations = history.iterations.filter((_, k) => stays[k]);
  }
  return {
    kind: 'points',
    run,
    iterations: kept.map((k) => iterations[k] as number),
    costs: kept.map((k) => costs[k] ?? null),
  };
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
    histories.set(message.run, { run: message, iterations: [], costs: [], stride: 1 });
    const [first] = histories.keys();
    if (histories.size > MOST_RUNS) histories.delete(first as number);
    broadcast(message);
  } else if (message.kind === 'points') {
    const history = histories.get(message.run);
    if (history) broadcast(add(history, message));
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
  channel.postMessage(error.message);
  set(SHARED.state, 2);
  channel.close();
});
server.listen(port, '127.0.0.1', () => {
  Atomics.store(shared, SHARED.port, (server.address() as AddressInfo).port);
  channel.on('message', receive);
  set(SHARED.state, 1);
});
