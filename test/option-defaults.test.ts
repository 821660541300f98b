/**
 * Compares the `@default` of each option in the doc comments with the constant of defaults. Only
 * the syntax is read: names of interfaces and of exported constants are unique in src.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import ts from 'typescript';

/** The defaults in the doc comments of options, by option. Undefined without `@default`. */
type Docs = Map<string, string | undefined>;

interface Constant {
  readonly file: ts.SourceFile;
  readonly value: ts.Expression;
}

interface Library {
  readonly interfaces: Map<string, ts.InterfaceDeclaration>;
  readonly aliases: Map<string, ts.TypeNode>;
  /** Constants by file path and name. Exported constants also by the name alone. */
  readonly constants: Map<string, Constant>;
}

function read(files: readonly (readonly [path: string, text: string])[]): Library {
  const library: Library = { interfaces: new Map(), aliases: new Map(), constants: new Map() };
  for (const [path, text] of files) {
    const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
    for (const statement of file.statements) {
      if (ts.isInterfaceDeclaration(statement)) library.interfaces.set(statement.name.text, statement);
      if (ts.isTypeAliasDeclaration(statement)) library.aliases.set(statement.name.text, statement.type);
      if (!ts.isVariableStatement(statement)) continue;
      for (const { name, initializer } of statement.declarationList.declarations) {
        if (!initializer) continue;
        const constant = { file, value: initializer };
        library.constants.set(`${path}:${name.getText()}`, constant);
        if (statement.modifiers?.some((m) => m.kind === ts.SyntaxKind.ExportKeyword))
          library.constants.set(name.getText(), constant);
      }
    }
  }
  return library;
}

/** The error of {@link evaluate} for an expression that is not a literal. */
class NoLiteral extends Error {}

/** The value of an expression of literals and constants. */
function evaluate(library: Library, file: ts.SourceFile, node: ts.Expression): unknown {
  const value = (expression: ts.Expression) => evaluate(library, file, expression);
  if (ts.isSatisfiesExpression(node) || ts.isAsExpression(node) || ts.isParenthesizedExpression(node))
    return value(node.expression);
  if (ts.isNumericLiteral(node)) return Number(node.text);
  if (ts.isStringLiteral(node)) return node.text;
  if (node.kind === ts.SyntaxKind.TrueKeyword) return true;
  if (node.kind === ts.SyntaxKind.FalseKeyword) return false;
  if (ts.isPrefixUnaryExpression(node)) return -(value(node.operand) as number);
  if (ts.isArrayLiteralExpression(node)) return node.elements.map(value);
  if (ts.isPropertyAccessExpression(node) && node.expression.getText() === 'Number')
    return Number[node.name.text as 'EPSILON'];
  if (ts.isPropertyAccessExpression(node))
    return (value(node.expression) as Record<string, unknown>)[node.name.text];
  if (ts.isIdentifier(node)) {
    if (node.text === 'undefined') return undefined;
    if (node.text === 'Infinity') return Number.POSITIVE_INFINITY;
    const constant =
      library.constants.get(`${file.fileName}:${node.text}`) ?? library.constants.get(node.text);
    if (constant) return evaluate(library, constant.file, constant.value);
  }
  if (ts.isObjectLiteralExpression(node))
    return Object.assign(
      {},
      ...node.properties.map((property) => {
        if (ts.isSpreadAssignment(property)) return value(property.expression);
        if (ts.isPropertyAssignment(property))
          return { [property.name.getText()]: value(property.initializer) };
        throw new NoLiteral(property.getText());
      }),
    );
  throw new NoLiteral(node.getText());
}

/** The value in the text of a `@default`, if the text is a literal and nothing else. */
function literalIn(text: string): { readonly value: unknown } | undefined {
  const file = ts.createSourceFile('default.ts', `(${text})`, ts.ScriptTarget.Latest, true);
  const [statement] = file.statements;
  const { parseDiagnostics } = file as unknown as { readonly parseDiagnostics: readonly unknown[] };
  if (parseDiagnostics.length > 0 || !statement || !ts.isExpressionStatement(statement)) return undefined;
  const empty: Library = { interfaces: new Map(), aliases: new Map(), constants: new Map() };
  try {
    return { value: evaluate(empty, file, statement.expression) };
  } catch (error) {
    if (error instanceof NoLiteral) return undefined;
    throw error;
  }
}

/**
 * The options of a type, with the defaults in their comments. Undefined for other kinds of types.
 */
function docsOf(library: Library, node: ts.TypeNode): Docs | undefined {
  if (ts.isIntersectionTypeNode(node)) return joined(node.types.map((type) => docsOf(library, type)));
  const reference = ts.isTypeReferenceNode(node) || ts.isExpressionWithTypeArguments(node);
  if (!reference) return undefined;
  const name = (ts.isTypeReferenceNode(node) ? node.typeName : node.expression).getText();
  const [first, second] = node.typeArguments ?? [];
  if (first && (name === 'Partial' || name === 'Readonly')) return docsOf(library, first);
  if (first && second && name === 'Omit') {
    const docs = docsOf(library, first);
    for (const [, key = ''] of second.getText().matchAll(/'(\w+)'/g)) docs?.delete(key);
    return docs;
  }
  const alias = library.aliases.get(name);
  if (alias) return docsOf(library, alias);
  const declaration = library.interfaces.get(name);
  if (!declaration) return undefined;
  const bases = (declaration.heritageClauses ?? []).flatMap(({ types }) => [...types]);
  const docs = joined(bases.map((base) => docsOf(library, base)));
  for (const member of declaration.members) {
    if (!member.name) continue;
    const tag = ts.getJSDocTags(member).find(({ tagName }) => tagName.text === 'default');
    docs?.set(member.name.getText(), tag && (ts.getTextOfJSDocComment(tag.comment) ?? ''));
  }
  return docs;
}

function joined(parts: readonly (Docs | undefined)[]): Docs | undefined {
  return parts.every((part) => part !== undefined) ? new Map(parts.flatMap((part) => [...part])) : undefined;
}

/** The constants of defaults, and the errors in the comments of their options. */
function compare(library: Library): {
  readonly constants: string[];
  readonly picked: string[];
  readonly wrong: string[];
} {
  const constants: string[] = [];
  const picked: string[] = [];
  const wrong: string[] = [];
  for (const [key, { file, value }] of library.constants) {
    if (!key.includes(':') || !ts.isSatisfiesExpression(value)) continue;
    const { type } = value;
    if (!ts.isTypeReferenceNode(type) || type.typeName.getText() !== 'Defaults') continue;
    const docs = docsOf(library, type.typeArguments?.[0] as ts.TypeNode);
    // if options are picked from another type, their defaults differ from those in its comments
    if (!docs) {
      picked.push(key);
      continue;
    }
    constants.push(key);
    const defaults = evaluate(library, file, value) as Readonly<Record<string, unknown>>;
    for (const [option, text] of docs) {
      const said = text === undefined ? undefined : literalIn(text.replace(/;.*$/s, ''));
      // JSON has no undefined values: such a default has no tag
      const expected = JSON.stringify(defaults[option], plain);
      if (JSON.stringify(said?.value, plain) !== expected)
        wrong.push(`${key}: ${option} is ${expected}, its comment says ${text}`);
    }
  }
  return { constants, picked, wrong };
}

const plain = (_: string, value: unknown) => (typeof value === 'number' ? `number ${value}` : value);

const src = fileURLToPath(new URL('../../src/', import.meta.url));

describe('defaults of options', function () {
  this.timeout(60_000);

  it('are what the doc comments say', () => {
    const paths = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((path) =>
      path.endsWith('.ts'),
    );
    const library = read(paths.map((path) => [path, readFileSync(src + path, 'utf8')]));
    const { constants, picked, wrong } = compare(library);
    expect(constants).to.have.length.above(100);
    // options picked from another function, with other defaults than there
    expect(picked.sort()).to.deep.equal([
      'cli/solver-log.ts:WRITE_HISTORY_DEFAULTS',
      'core/distributed/distributed-array.ts:FROM_LOCAL_DEFAULTS',
      'optimization/sparsity/irls.ts:INNER_DEFAULTS',
      'optimization/sparsity/split-bregman.ts:SOLVER_DEFAULTS',
      'proximal/solvers/admml2.ts:INNER_DEFAULTS',
    ]);
    expect(wrong, wrong.join('\n')).to.deep.equal([]);
  });

  it('of another value, without a comment, and with a comment only, are found', () => {
    const text = `
      interface Base { /** @default 'a' */ readonly kind?: string; /** @default 2 */ readonly gone?: number }
      interface Options extends Omit<Base, 'gone'> {
        /** @default 1; 2 elsewhere */
        readonly right?: number;
        /** @default [0, -1] */
        readonly list?: number[];
        readonly silent?: boolean;
        /** @default 3 */
        readonly absent?: number;
        /** @default that of the model */
        readonly other?: number;
      }
      const LIST = [0, 1];
      const DEFAULTS = {
        kind: 'b', right: 1, list: LIST, silent: false, absent: undefined, other: undefined,
      } satisfies Defaults<Options>;
    `;
    const { wrong } = compare(read([['file.ts', text]]));
    expect(wrong.map((line) => /: (\w+) is/.exec(line)?.[1])).to.have.members([
      'kind',
      'list',
      'silent',
      'absent',
    ]);
  });
});
