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
