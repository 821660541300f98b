import { ArgumentError, messageOf } from '../../../core/base/errors.js';
import { isObject, type Json, type JsonObject, objectIn, parseJson } from './zarr-json.js';
import type { ArrayDocument } from './zarr-metadata.js';
import { readAll, type ZarrStore } from './zarr-store.js';

/** The file of an array or a group of version 3. */
export const METADATA = 'zarr.json';
/** The files of version 2. */
const [ARRAY, ATTRIBUTES, GROUP, CONSOLIDATED] = ['.zarray', '.zattrs', '.zgroup', '.zmetadata'] as const;

/** The most bytes of a file of metadata. */
const MOST = 1 << 26;

interface Text {
  readonly name: string;
  readonly text: string;
  readonly json: Json;
}

/**
 * A file of metadata. Undefined if there is none.
 *
 * @throws {@link ArgumentError} if it is no JSON
 */
function textIn(store: ZarrStore, key: string): Text | undefined {
  const text = store.withValue(key, (value) => new TextDecoder().decode(readAll(value, MOST)));
  if (text === undefined) return undefined;
  const name = store.nameOf(key);
  try {
    return { name, text, json: parseJson(text) };
  } catch (error) {
    throw new ArgumentError(`${name} is no JSON (${messageOf(error)})`, { cause: error });
  }
}

/** The documents in the consolidated metadata of a group, by the path of the array in the group. */
function consolidatedIn(group: ZarrStore): (array: string) => ArrayDocument | undefined {
  const [third, second] = [textIn(group, METADATA), textIn(group, CONSOLIDATED)];
  const metadataOf = (json: Json | undefined): JsonObject => objectIn(objectIn(json)['metadata']);
  const inThird = metadataOf(objectIn(third?.json)['consolidated_metadata']);
  const inSecond = metadataOf(second?.json);
  return (path) => {
    const array = inThird[path];
    if (third && isObject(array)) return { ...third, version: 3, array, attributes: undefined };
    const prefix = path === '' ? '' : `${path}/`;
    const older = inSecond[`${prefix}${ARRAY}`];
    if (!second || !isObject(older)) return undefined;
    return { ...second, version: 2, array: older, attributes: inSecond[`${prefix}${ATTRIBUTES}`] };
  };
}

/** The document of an array that has no file of its own, from a group around it. */
function fromGroups(store: ZarrStore): ArrayDocument | undefined {
  let [group, path] = [store, ''];
  for (;;) {
    const found = consolidatedIn(group)(path);
    if (found) return found;
    const around = group.parent();
    if (!around) return undefined;
    path = path === '' ? around[1] : `${around[1]}/${path}`;
    group = around[0];
  }
}

/**
 * Finds what describes an array: its zarr.json, otherwise its .zarray and .zattrs, otherwise its
 * entry in the consolidated metadata of a group around it. Undefined if there is none.
 *
 * @throws {@link ArgumentError} if it is a group, with the path of one of its arrays
 */
export function findDocument(store: ZarrStore): ArrayDocument | undefined {
  const third = textIn(store, METADATA);
  const isGroup = third && objectIn(third.json)['node_type'] === 'group';
  if (third && !isGroup) return { ...third, version: 3, array: third.json, attributes: undefined };
  const second = textIn(store, ARRAY);
  if (second) {
    const attributes = textIn(store, ATTRIBUTES);
    const text = `${second.text}\n${attributes?.text ?? ''}`;
    return { name: second.name, text, version: 2, array: second.json, attributes: attributes?.json };
  }
  const found = fromGroups(store);
  if (found) return found;
  const inside = store.foldersWith([METADATA, ARRAY]);
  if (isGroup || inside.length > 0 || textIn(store, GROUP))
    throw new ArgumentError(
      `${store.nameOf('')} is a group of Zarr: expected the path of an array${
        inside.length > 0 ? `, such as ${store.nameOf(inside[0] as string)}` : ''
      }`,
    );
  return undefined;
}
