// The exports of the entries of package.json, as TypeScript reads them: names, parameters, options.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

export const root = fileURLToPath(new URL('..', import.meta.url));

const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const sources = Object.entries(exports).flatMap(([entry, { types }]) =>
  types ? [[entry, join(root, types.replace('./dist/', '').replace(/\.d\.ts$/, '.ts'))]] : [],
);
const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
const { options } = ts.parseJsonConfigFileContent({ ...config, include: [] }, ts.sys, root);
const program = ts.createProgram(
  sources.map(([, file]) => file),
  options,
);
export const checker = program.getTypeChecker();

/** The exports of each entry: the name, and the symbol of what it stands for. */
export const entries = new Map(
  sources.map(([entry, file]) => [
    entry,
    checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(file))).map((symbol) => ({
      name: symbol.name,
      symbol: symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol,
    })),
  ]),
);

/** All exports, one for each name. */
export const exported = [
  ...new Map([...entries.values()].flat().map((found) => [found.name, found])).values(),
];

export const oneLine = (text) =>
  text
    .replace(/\{@link (\w+)\}/g, '`$1`')
    .replace(/\s+/g, ' ')
    .trim();

/** The text of a tag of a doc comment. */
export const tagOf = (symbol, tag) => {
  const found = symbol.getJsDocTags(checker).find(({ name }) => name === tag);
  return found ? oneLine(ts.displayPartsToString(found.text)) : '';
};

/** The name, default and meaning of each property of an options object. */
export const optionsOf = (type) =>
  checker.getPropertiesOfType(type).map((property) => ({
    name: property.name,
    default: tagOf(property, 'default'),
    meaning: oneLine(ts.displayPartsToString(property.getDocumentationComment(checker))),
  }));

const declarationOf = (symbol) => symbol.valueDeclaration ?? symbol.declarations?.[0];
const typeOf = (symbol) => checker.getTypeOfSymbolAtLocation(symbol, declarationOf(symbol));
const signaturesOf = (type) => [...type.getConstructSignatures(), ...type.getCallSignatures()];

/** The type of a parameter if it is an object of options. */
function givenOptions(parameter) {
  const type = parameter && checker.getNonNullableType(typeOf(parameter));
  return /.Options$/.test((type?.aliasSymbol ?? type?.symbol)?.name) ? type : undefined;
}

/** The options interface with the name of a function, or with the beginning of its name. */
const optionsNamed = (name) =>
  exported
    .filter((other) => /.Options$/.test(other.name))
    .filter((other) => name.toLowerCase().startsWith(other.name.slice(0, -'Options'.length).toLowerCase()))
    .sort((a, b) => b.name.length - a.name.length)[0];

/** The options of an exported class or function. Undefined if it has none. */
export function optionsFor(name, symbol) {
  if (!(symbol.flags & ts.SymbolFlags.Value)) return undefined;
  const type = typeOf(symbol);
  const given = givenOptions(signaturesOf(type)[0]?.parameters.at(-1));
  if (given) return optionsOf(given);
  const isSolver = type.getProperty('steps') !== undefined;
  const own = isSolver ? optionsNamed(name) : undefined;
  return own && optionsOf(checker.getDeclaredTypeOfSymbol(own.symbol));
}

const isOurs = (node) => node.getSourceFile().fileName.startsWith(join(root, 'src'));

/** The fields of a parameter that is an object of data, such as a geometry. */
function fieldsOf(type) {
  const fields = type.getProperties();
  const isData = fields.every(({ declarations }) =>
    declarations?.every((node) => ts.isPropertySignature(node) && isOurs(node)),
  );
  return isData ? fields.map(({ name }) => name) : [];
}

/** The names of the parameters and of the fields of objects among them. */
const parametersOf = (type) => [
  ...new Set(
    signaturesOf(type).flatMap(({ parameters }) =>
      parameters.flatMap((parameter) => [
        parameter.name,
        ...fieldsOf(checker.getNonNullableType(typeOf(parameter))),
      ]),
    ),
  ),
];

/** True if a type is a class, an array of it, a union with one of these, or a variable of such. */
function mentions(type, name, seen = new Set()) {
  const bound = checker.getBaseConstraintOfType(type) ?? type;
  if (seen.has(bound)) return false;
  seen.add(bound);
  const parts = bound.isUnion() ? bound.types : checker.isArrayType(bound) ? bound.typeArguments : [];
  return bound.symbol?.name === name || parts.some((part) => mentions(part, name, seen));
}

/** True if a function takes a distributed array and its result is not always a local one. */
const takesDistributed = (type) =>
  type
    .getCallSignatures()
    .some(
      (call) =>
        call.parameters.some((parameter) => mentions(typeOf(parameter), 'DistributedArray')) &&
        !(mentions(call.getReturnType(), 'NDArray') && !mentions(call.getReturnType(), 'DistributedArray')),
    );

/** What a symbol stands for: `{ parameters, options, distributed }`. */
function callOf(name, symbol) {
  const type = typeOf(symbol);
  const options = optionsFor(name, symbol) ?? [];
  const given = signaturesOf(type).flatMap(({ parameters }) => parameters.map(givenOptions).filter(Boolean));
  for (const option of given.flatMap(optionsOf))
    if (!options.some((known) => known.name === option.name)) options.push(option);
  return { parameters: parametersOf(type), options, distributed: takesDistributed(type) };
}

const isPublic = (node) =>
  (ts.getCombinedModifierFlags(node) & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected)) === 0;

/**
 * The exports by name: the entry that has it, parameters, options, whether it takes distributed
 * arrays, and members. A member is one of a class, of its instances, of an interface or of a
 * function with properties.
 * @param preferred the entry of names that several have, instead of the first
 */
export function libraryFacts(preferred) {
  const facts = {};
  const ordered = [...entries].sort(([a], [b]) => Number(b === preferred) - Number(a === preferred));
  for (const [entry, found] of ordered) {
    for (const { name, symbol } of found) {
      if (facts[name]) continue;
      const isValue = (symbol.flags & ts.SymbolFlags.Value) !== 0;
      const types = [checker.getDeclaredTypeOfSymbol(symbol), ...(isValue ? [typeOf(symbol)] : [])];
      const members = types
        .flatMap((type) => checker.getPropertiesOfType(type))
        .filter((member) => member.declarations?.every(isPublic) && !/^(#|__|prototype$)/.test(member.name))
        .map((member) => [member.name, callOf(member.name, member)]);
      const own = isValue ? callOf(name, symbol) : { parameters: [], options: [] };
      facts[name] = { entry, isValue, ...own, members: Object.fromEntries(members) };
    }
  }
  return facts;
}
