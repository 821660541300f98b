import { type ClientRequest, get, type IncomingMessage } from 'node:http';

/** A message of the page of a watch. */
export interface PageEvent {
  readonly kind: string;
  readonly [name: string]: unknown;
}

/** The events that a page of a watch receives. */
export class EventStream {
  readonly events: PageEvent[] = [];
  isClosed = false;
  readonly #request: ClientRequest;
  #wake: () => void = () => undefined;

  /** Resolves once the server has answered, and so counts the page. */
  static async open(address: string): Promise<EventStream> {
    const request = get(`${address}events`);
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      request.on('response', resolve).on('error', reject);
    });
    return new EventStream(request, response);
  }

  private constructor(request: ClientRequest, response: IncomingMessage) {
    this.#request = request;
    let text = '';
    const end = (): void => {
      this.isClosed = true;
      this.#wake();
    };
    response.setEncoding('utf8').on('data', (part: string) => {
      const whole = (text + part).split('\n\n');
      text = whole.pop() as string;
      for (const event of whole) this.events.push(JSON.parse(event.replace(/^data: /, '')));
      this.#wake();
    });
    response.on('close', end).on('error', end);
    request.on('error', end);
  }

  /** Waits until the events are as expected, or the stream ends. */
  async until(arrived: (events: readonly PageEvent[]) => boolean): Promise<void> {
    while (!arrived(this.events) && !this.isClosed)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
  }

  of(kind: string): PageEvent[] {
    return this.events.filter((event) => event.kind === kind);
  }

  close(): void {
    this.#request.destroy();
  }
}
