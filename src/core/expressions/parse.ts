import { ArgumentError } from '../base/errors.js';

export type BinarySign = '+' | '-' | '*' | '/' | '**' | '==' | '!=' | '<' | '<=' | '>' | '>=' | '&&' | '||';

/** A node of an expression; `at` is its place in the text. */
export type Expression = { readonly at: number } & (
  | { readonly type: 'number'; readonly value: number; readonly kind: 'integer' | 'real' | 'imaginary' }
  | { readonly type: 'name'; readonly name: string }
  | { readonly type: 'unary'; readonly sign: '-' | '+' | '!'; readonly x: Expression }
  | { readonly type: 'binary'; readonly sign: BinarySign; readonly x: Expression; readonly y: Expression }
  | {
      readonly type: 'choice';
      readonly condition: Expression;
      readonly x: Expression;
      readonly y: Expression;
    }
  | { readonly type: 'call'; readonly name: string; readonly args: readonly Expression[] }
);

export interface Assignment {
  readonly at: number;
  readonly target: string;
  readonly value: Expression;
}

const PRECEDENCE: Readonly<Record<BinarySign, number>> = {
  '||': 1,
  '&&': 2,
  '==': 3,
  '!=': 3,
  '<': 4,
  '<=': 4,
  '>': 4,
  '>=': 4,
  '+': 5,
  '-': 5,
  '*': 6,
  '/': 6,
  '**': 8,
};
const UNARY = 7;
const COMPARISONS: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>=']);
/** The largest depth of brackets and operators. Deeper ones would overflow the stack. */
const DEEPEST = 200;

interface Token {
  readonly kind: 'number' | 'name' | 'sign' | 'end';
  readonly text: string;
  readonly at: number;
}

const TOKEN =
  /\s*(?:((?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?j?)|([A-Za-z_]\w*)|(\*\*|==|!=|<=|>=|&&|\|\||[-+*/<>!?:;,()=])|(.|\n))/y;

/** Throws {@link ArgumentError} with a message that shows the place. */
export function refuse(text: string, at: number, message: string): never {
  const before = text.slice(0, at).split('\n');
  const line = text.split('\n')[before.length - 1] ?? '';
  const column = before.at(-1)?.length ?? 0;
  throw new ArgumentError(`expression: ${message}\n  ${line}\n  ${' '.repeat(column)}^`);
}

function tokens(text: string): Token[] {
  const list: Token[] = [];
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(text); match; match = TOKEN.exec(text)) {
    const [all, number, name, sign, other] = match;
    const last = number ?? name ?? sign ?? other ?? '';
    const at = match.index + all.length - last.length;
    if (other !== undefined) {
      if (other.trim() === '') break;
      const hint =
        other === '^' ? ': powers are x ** y' : other === '%' ? ': remainders are x - y * floor(x / y)' : '';
      refuse(text, at, `'${other}' has no meaning here${hint}`);
    }
    list.push({
      kind: number !== undefined ? 'number' : name !== undefined ? 'name' : 'sign',
      text: last,
      at,
    });
  }
  const end = text.trimEnd().length;
  list.push({ kind: 'end', text: 'the end', at: end });
  return list;
}

class Parser {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;
  /** Operands that are enclosed in brackets. */
  readonly #bracketed = new WeakSet<Expression>();

  constructor(text: string) {
    this.#text = text;
    this.#tokens = tokens(text);
  }

  statements(): Assignment[] {
    const list: Assignment[] = [];
    while (!this.#ended()) {
      if (this.#takes(';')) continue;
      const target = this.#take();
      if (target.kind !== 'name') this.#unexpected(target, "an assignment such as 'z = x + y'");
      this.#expect('=');
      list.push({ at: target.at, target: target.text, value: this.#expression() });
      if (!this.#ended()) this.#expect(';');
    }
    return list;
  }

  #ended(): boolean {
    return this.#peek.kind === 'end';
  }

  get #peek(): Token {
    return this.#tokens[this.#next] as Token;
  }
  #take(): Token {
    const token = this.#peek;
    if (token.kind !== 'end') this.#next += 1;
    return token;
  }
  #takes(sign: string): boolean {
    const found = this.#peek.kind === 'sign' && this.#peek.text === sign;
    if (found) this.#next += 1;
    return found;
  }
  #expect(sign: string): void {
    if (!this.#takes(sign)) this.#unexpected(this.#peek, `'${sign}'`);
  }
  #unexpected(token: Token, expected: string): never {
    refuse(
      this.#text,
      token.at,
      `expected ${expected}, received ${token.kind === 'end' ? token.text : `'${token.text}'`}`,
    );
  }

  #expression(): Expression {
    return this.#nested(() => {
      const condition = this.#binary(0);
      if (!this.#takes('?')) return condition;
      const x = this.#expression();
      this.#expect(':');
      return { type: 'choice', at: condition.at, condition, x, y: this.#expression() };
    });
  }

  #binary(least: number): Expression {
    let x = this.#operand();
    for (let sign = this.#sign(least); sign; sign = this.#sign(least)) {
      const { at } = this.#take();
      // powers are grouped from the right
      const y = this.#nested(() => this.#binary(sign === '**' ? UNARY : PRECEDENCE[sign as BinarySign] + 1));
      if (this.#isChain(x, sign)) this.#refuseChain(at);
      x = { type: 'binary', at, sign, x, y };
    }
    return x;
  }
  /** True for `a < b <`, and for `a == b ==`. */
  #isChain(x: Expression, sign: BinarySign): boolean {
    return (
      COMPARISONS.has(sign) &&
      x.type === 'binary' &&
      PRECEDENCE[x.sign] === PRECEDENCE[sign] &&
      !this.#bracketed.has(x)
    );
  }
  /** Refuses a chain, because it would compare the result 0 or 1 of its first part. */
  #refuseChain(at: number): never {
    refuse(
      this.#text,
      at,
      'comparisons have two sides: write a < x && x < b for a < x < b, or brackets to compare a truth value',
    );
  }
  #sign(least: number): BinarySign | undefined {
    const { kind, text } = this.#peek;
    if (kind !== 'sign' || !Object.hasOwn(PRECEDENCE, text)) return undefined;
    const sign = text as BinarySign;
    return PRECEDENCE[sign] >= least ? sign : undefined;
  }
  #nested(parse: () => Expression): Expression {
    if (++this.#depth > DEEPEST)
      refuse(
        this.#text,
        this.#peek.at,
        `nested more than ${DEEPEST} deep: name parts of it, as in 't = …; z = …'`,
      );
    const result = parse();
    this.#depth -= 1;
    return result;
  }

  #operand(): Expression {
    const token = this.#take();
    const { at, text } = token;
    if (token.kind === 'number') {
      const value = Number.parseFloat(text);
      if (text.endsWith('j')) return { type: 'number', at, value, kind: 'imaginary' };
      return {
        type: 'number',
        at,
        value,
        kind: /^\d+$/.test(text) && (value | 0) === value ? 'integer' : 'real',
      };
    }
    if (token.kind === 'name')
      return this.#takes('(')
        ? { type: 'call', at, name: text, args: this.#arguments() }
        : { type: 'name', at, name: text };
    if (text === '(' && token.kind === 'sign') {
      const inner = this.#expression();
      this.#expect(')');
      this.#bracketed.add(inner);
      return inner;
    }
    if (token.kind === 'sign' && (text === '-' || text === '+' || text === '!'))
      return { type: 'unary', at, sign: text, x: this.#nested(() => this.#binary(UNARY)) };
    return this.#unexpected(token, 'a number, a name or a bracket');
  }

  #arguments(): Expression[] {
    const args: Expression[] = [];
    if (this.#takes(')')) return args;
    do args.push(this.#expression());
    while (this.#takes(','));
    this.#expect(')');
    return args;
  }
}

/**
 * Parses `name = expression; name = expression; …`.
 * @throws {@link ArgumentError} with the place of the error
 */
export function parseStatements(text: string): Assignment[] {
  return new Parser(text).statements();
}
