import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/**
 * The values that a parameter accepts, according to its TypeScript type. Numbers are indices into
 * {@link Signatures.kinds}.
 */
export type Kind =
  | { readonly is: 'any' | 'number' | 'string' | 'boolean' | 'nothing' | 'null' }
  | { readonly is: 'literal'; readonly value: string | number | boolean }
  | { readonly is: 'union' | 'tuple'; readonly of: readonly number[] }
  | { readonly is: 'list' | 'function'; readonly of: number }
  | { readonly is: 'object'; readonly name: string; readonly members: readonly Parameter[] }
  /** An instance of a class, or of an interface that cannot be written as an object literal. */
  | { readonly is: 'instance'; readonly name: string };

export interface Parameter {
  readonly name: string;
  readonly kind: number;
  readonly optional: boolean;
  readonly rest: boolean;
}

/** Something that can be called. */
export interface Target {
  /** The key in the `exports` of package.json. */
  readonly module: string;
  /** The name of the export. `member` is the name of its member. */
  readonly owner: string;
  readonly member: string;
  readonly form: 'function' | 'construct' | 'static' | 'method' | 'getter';
  /** The parameters: one list per overload. */
  readonly overloads: readonly (readonly Parameter[])[];
}

export interface Signatures {
  readonly kinds: readonly Kind[];
  readonly targets: readonly Target[];
  /** Exports that are objects rather than functions. Their methods are called. */
  readonly objects: readonly { readonly module: string; readonly name: string }[];
}

/** The path of the source of each module in the `exports` of package.json, by key. */
export function exportedModules(root: string): Map<string, string> {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    exports: Record<string, { types?: string }>;
  };
  const modules = new Map<string, string>();
  for (const [key, { types }] of Object.entries(exports))
    if (types) modules.set(key, types.replace(/^\.\/dist\//, '').replace(/\.d\.ts$/, '.ts'));
  return modules;
}

/**
 * Every function, class, method and property that the modules in the `exports` of package.json
 * contain, with its parameters.
 */
export function signaturesOf(root: string, made: ReadonlySet<string>): Signatures {
  const modules = exportedModules(root);
  const program = ts.createProgram(
    [...modules.values()].map((path) => join(root, path)),
    {
      target: ts.ScriptTarget.ES2023,
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      strict: true,
      lib: ['lib.es2023.d.ts'],
      types: ['node'],
      skipLibCheck: true,
      noEmit: true,
    },
  );
  const checker = program.getTypeChecker();
  const kinds: Kind[] = [];
  const known = new Map<ts.Type, number>();

  function plain(type: ts.Type): Kind {
    const { flags } = type;
    if (flags & ts.TypeFlags.TypeParameter) {
      const bound = checker.getBaseConstraintOfType(type);
      return bound && bound !== type ? (kinds[kindOf(bound)] as Kind) : { is: 'any' };
    }
    if (flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown)) return { is: 'any' };
    if (type.isStringLiteral() || type.isNumberLiteral()) return { is: 'literal', value: type.value };
    if (flags & ts.TypeFlags.Boolean) return { is: 'boolean' };
    if (flags & ts.TypeFlags.BooleanLiteral)
      return { is: 'literal', value: checker.typeToString(type) === 'true' };
    if (flags & ts.TypeFlags.NumberLike) return { is: 'number' };
    if (flags & ts.TypeFlags.StringLike) return { is: 'string' };
    if (flags & (ts.TypeFlags.Undefined | ts.TypeFlags.Void)) return { is: 'nothing' };
    if (flags & ts.TypeFlags.Null) return { is: 'null' };
    if (type.isUnion()) return { is: 'union', of: type.types.map(kindOf) };
    if (checker.isTupleType(type))
      return { is: 'tuple', of: checker.getTypeArguments(type as ts.TypeReference).map(kindOf) };
    if (checker.isArrayType(type))
      return { is: 'list', of: kindOf(checker.getTypeArguments(type as ts.TypeReference)[0] as ts.Type) };
    const name = (type.aliasSymbol ?? type.symbol)?.name ?? '';
    const own = type.symbol?.name ?? '';
    if (made.has(name)) return { is: 'instance', name };
    if (made.has(own) || type.isClass()) return { is: 'instance', name: own };
    const call = type.getCallSignatures()[0];
    if (call) return { is: 'function', of: kindOf(checker.getReturnTypeOfSignature(call)) };
    const file = type.symbol?.declarations?.[0]?.getSourceFile();
    if (file && /node_modules/.test(file.fileName)) return { is: 'instance', name: own };
    if (flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection)) {
      if (type.symbol && type.symbol.flags & ts.SymbolFlags.Class) return { is: 'instance', name: own };
      const members = checker.getPropertiesOfType(type).map((symbol): Parameter => {
        const of = checker.getTypeOfSymbol(symbol);
        return {
          name: symbol.name,
          kind: kindOf(of),
          optional: Boolean(symbol.flags & ts.SymbolFlags.Optional),
          rest: false,
        };
      });
      return { is: 'object', name: name === '__type' ? '' : name, members };
    }
    return { is: 'any' };
  }

  function kindOf(type: ts.Type): number {
    const before = known.get(type);
    if (before !== undefined) return before;
    const place = kinds.push({ is: 'any' }) - 1;
    known.set(type, place);
    kinds[place] = plain(type);
    return place;
  }

  const parametersOf = (signature: ts.Signature): Parameter[] =>
    signature.parameters.map((symbol) => {
      const declaration = symbol.valueDeclaration as ts.ParameterDeclaration;
      const rest = Boolean(declaration.dotDotDotToken);
      const type = checker.getTypeOfSymbol(symbol);
      const of =
        rest && checker.isArrayType(type)
          ? (checker.getTypeArguments(type as ts.TypeReference)[0] as ts.Type)
          : type;
      return {
        name: symbol.name,
        kind: kindOf(of),
        optional: Boolean(declaration.questionToken ?? declaration.initializer),
        rest,
      };
    });
  const overloadsOf = (signatures: readonly ts.Signature[]) => signatures.map(parametersOf);

  const hiddenDeclaration = (d: ts.Declaration): boolean =>
    /node_modules/.test(d.getSourceFile().fileName) ||
    Boolean(ts.getCombinedModifierFlags(d) & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected)) ||
    ts.getJSDocTags(d).some((tag) => tag.tagName.text === 'internal');
  const hidden = (symbol: ts.Symbol): boolean =>
    /^(__|#)/.test(symbol.name) || (symbol.declarations ?? []).some(hiddenDeclaration);

  const targets: Target[] = [];
  const objects: { module: string; name: string }[] = [];
  const seen = new Set<ts.Symbol>();

  function membersOf(
    module: string,
    owner: string,
    type: ts.Type,
    form: 'static' | 'method',
    declaredIn?: ts.Symbol,
  ): void {
    for (const symbol of checker.getPropertiesOfType(type)) {
      if (hidden(symbol) || symbol.name === 'prototype') continue;
      const parent = (symbol as ts.Symbol & { parent?: ts.Symbol }).parent;
      // an inherited method belongs to the class that declares it
      if (declaredIn && parent !== declaredIn && parent && classes.has(parent)) continue;
      const of = checker.getTypeOfSymbol(symbol);
      const calls = of.getCallSignatures();
      if (calls.length > 0)
        targets.push({ module, owner, member: symbol.name, form, overloads: overloadsOf(calls) });
      else if (symbol.flags & ts.SymbolFlags.GetAccessor && form === 'method')
        targets.push({ module, owner, member: symbol.name, form: 'getter', overloads: [] });
    }
  }

  const exported = [...modules].flatMap(([module, path]) => {
    const source = checker.getSymbolAtLocation(
      program.getSourceFile(join(root, path)) as ts.SourceFile,
    ) as ts.Symbol;
    return checker.getExportsOfModule(source).map((symbol) => ({
      module,
      name: symbol.name,
      symbol: symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol,
    }));
  });
  const classes = new Set(
    exported.map(({ symbol }) => symbol).filter((symbol) => symbol.flags & ts.SymbolFlags.Class),
  );
  for (const { module, name, symbol } of exported) {
    if (!(symbol.flags & ts.SymbolFlags.Value) || seen.has(symbol)) continue;
    seen.add(symbol);
    const type = checker.getTypeOfSymbol(symbol);
    if (symbol.flags & ts.SymbolFlags.Class) {
      const declaration = symbol.valueDeclaration as ts.Declaration;
      const constructors = type
        .getConstructSignatures()
        .filter(({ declaration: d }) => !d || !hiddenDeclaration(d));
      if (!(ts.getCombinedModifierFlags(declaration) & ts.ModifierFlags.Abstract) && constructors.length > 0)
        targets.push({
          module,
          owner: name,
          member: 'new',
          form: 'construct',
          overloads: overloadsOf(constructors),
        });
      membersOf(module, name, type, 'static');
      membersOf(module, name, checker.getDeclaredTypeOfSymbol(symbol), 'method', symbol);
      continue;
    }
    const calls = type.getCallSignatures();
    if (calls.length > 0) {
      targets.push({ module, owner: name, member: '', form: 'function', overloads: overloadsOf(calls) });
      membersOf(module, name, type, 'static');
    } else if (type.flags & ts.TypeFlags.Object && !checker.isArrayType(type) && !checker.isTupleType(type)) {
      objects.push({ module, name });
      membersOf(module, name, type, 'static');
    }
  }
  return { kinds, targets, objects };
}
