import { readFileSync } from 'node:fs';

/** A fenced block of code on a page. */
export interface CodeBlock {
  readonly page: string;
  /** The line of its opening fence, counted from 1. */
  readonly line: number;
  readonly code: string;
  /** False if the block is only type-checked: for 'ts no-run' and 'ts deadlock'. */
  readonly runs: boolean;
  /** The expected output: the block of 'text' directly after it, or a later 'text 1 rank'. */
  readonly prints: string | undefined;
  /** The expected output of all ranks, in their order: the block of 'text 2 ranks' that follows. */
  readonly printsOnTwo: string | undefined;
  /** Of a block 'ts deadlock': flags of `lops run`, and lines that it then prints on two ranks. */
  readonly reports: readonly { readonly flags: string; readonly lines: string }[];
}

/** A cell of the column 'example' of a table: an expression that makes an operator. */
export interface TableExample {
  readonly page: string;
  readonly line: number;
  readonly code: string;
}

interface Fence {
  readonly line: number;
  readonly info: string;
  readonly text: string;
  /** The line after the closing fence. */
  readonly next: number;
}

function fences(lines: readonly string[]): Fence[] {
  const found: Fence[] = [];
  for (let i = 0; i < lines.length; i++) {
    const info = /^```(.*)$/.exec(lines[i] as string)?.[1]?.trim();
    if (info === undefined) continue;
    const end = lines.findIndex((line, k) => k > i && line.trimEnd() === '```');
    if (end < 0) throw new Error(`the block that line ${i + 1} opens is never closed`);
    found.push({ line: i + 1, info, text: lines.slice(i + 1, end).join('\n'), next: end + 1 });
    i = end;
  }
  return found;
}

/** The words that may follow 'ts'. */
const WORDS = ['no-run', 'deadlock'];
/** 'text', and what the block shows: output, that of some ranks, or the report of a deadlock. */
const OUTPUTS = /^text( 1 rank| 2 ranks| --.*)?$/;

/**
 * The TypeScript blocks of a page.
 *
 * @throws Error if an unknown word follows 'ts' or 'text', or a deadlock has no report
 */
export function codeBlocks(page: string, text = readFileSync(page, 'utf8')): CodeBlock[] {
  const lines = text.split('\n');
  const all = fences(lines);
  return all.flatMap(({ line, info, text: code, next }, k): CodeBlock[] => {
    const [language, ...words] = info.split(/\s+/);
    if (language === 'text' && !OUTPUTS.test(info))
      throw new Error(
        `${page}:${line}: expected 'text', 'text 1 rank', 'text 2 ranks' or 'text --FLAGS', ` +
          `received '${info}'`,
      );
    if (language !== 'ts') return [];
    const unknown = words.find((word) => !WORDS.includes(word));
    if (unknown)
      throw new Error(
        `${page}:${line}: expected 'ts' or 'ts ${WORDS.join("' or 'ts ")}', received '${info}'`,
      );
    // the blocks of 'text' up to the next one of code
    const rest = all.slice(k + 1);
    const end = rest.findIndex((other) => other.info.split(/\s+/)[0] !== 'text');
    const outputs = rest.slice(0, end < 0 ? rest.length : end);
    const shown = (words: string) => outputs.find((output) => output.info === words)?.text;
    const follower = all[k + 1];
    const isOutput =
      follower?.info === 'text' && lines.slice(next, follower.line - 1).every((l) => l.trim() === '');
    const reports = outputs.flatMap((output) => {
      const flags = /^text (--.*)$/.exec(output.info)?.[1];
      return flags === undefined ? [] : [{ flags, lines: output.text }];
    });
    if (words.includes('deadlock') && reports.length === 0)
      throw new Error(`${page}:${line}: expected a report of the deadlock, a block 'text --FLAGS'`);
    return [
      {
        page,
        line,
        code,
        runs: words.length === 0,
        prints: isOutput ? follower.text : shown('text 1 rank'),
        printsOnTwo: shown('text 2 ranks'),
        reports,
      },
    ];
  });
}

const cellsOf = (row: string): string[] =>
  row
    .trim()
    .replace(/^\||\|$/g, '')
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll('\\|', '|'));

/** The code cells under the heading 'example' in the tables of a page. */
export function tableExamples(page: string, text = readFileSync(page, 'utf8')): TableExample[] {
  const found: TableExample[] = [];
  let column = -1;
  for (const [i, line] of text.split('\n').entries()) {
    if (!line.startsWith('|')) {
      column = -1;
      continue;
    }
    const cells = cellsOf(line);
    if (column < 0) {
      column = cells.indexOf('example');
      if (column < 0) column = cells.length;
      continue;
    }
    const code = /^`(.+)`$/.exec(cells[column] ?? '')?.[1];
    if (code) found.push({ page, line: i + 1, code });
  }
  return found;
}

/** The targets of links and images of a page that are files. */
export function relativeLinks(text: string): string[] {
  const outside = text.replace(/^```[\s\S]*?^```/gm, '').replace(/`[^`\n]*`/g, '');
  return [...outside.matchAll(/\]\(([^)\s]+)\)/g)]
    .map((m) => m[1] as string)
    .filter((target) => !/^[a-z]+:/.test(target));
}
