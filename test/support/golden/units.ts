import { existsSync, readdirSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { GoldenCase } from './case.js';
import { tutorialParts } from './kinds/tutorial.js';

/** One line of the report: a case, or a part of one. */
export interface Unit {
  readonly name: string;
  readonly folder: string;
  readonly part?: string | undefined;
}

const byNumber = new Intl.Collator('en', { numeric: true });

function folders(root: string): string[] {
  const below = readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .sort((a, b) => byNumber.compare(a.name, b.name))
    .flatMap((entry) => folders(join(root, entry.name)));
  return existsSync(join(root, 'case.json')) ? [root, ...below] : below;
}

/** All cases in a folder, or the folder itself if it is a case, sorted by name. */
export function findUnits(root: string): Unit[] {
  return folders(root).flatMap((folder): Unit[] => {
    const name = relative(root, folder) || basename(folder);
    const parts = partsOf(folder);
    return parts.map((part) =>
      part === undefined ? { name, folder } : { name: `${name}:${part}`, folder, part },
    );
  });
}

function partsOf(folder: string): readonly (string | undefined)[] {
  try {
    const { kind, family } = new GoldenCase(folder).content;
    return kind === 'tutorial' ? tutorialParts(family) : [undefined];
  } catch {
    // the ranks report a case that cannot be read
    return [undefined];
  }
}
