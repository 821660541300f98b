/** The largest number of visible characters of a sentence and of a table cell. */
const SENTENCE = 200;
const CELL = 120;
/** The largest number of columns of code. */
const CODE = 110;

/** Words with a full stop that does not end a sentence. */
const ABBREVIATION = /\b(?:e\.g|i\.e|cf|vs|al|etc)\.$/;

/** The visible text of a line. A link shows only its text. */
const visible = (text: string): string => text.replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1');

const withoutCode = (text: string): string => text.replace(/`[^`]*`/g, (code) => 'x'.repeat(code.length));

/** True if a sentence ends before the end of this text. */
function hasTwoSentences(text: string): boolean {
  const plain = withoutCode(visible(text));
  return [...plain.matchAll(/[.!?][)*_”"’]*\s+\S/g)].some(
    ({ index }) => !ABBREVIATION.test(plain.slice(0, index + 1)),
  );
}

const cellsOf = (row: string): string[] =>
  row
    .trim()
    .replace(/^\||\|$/g, '')
    .split(/(?<!\\)\|/);

/**
 * Lines of a Markdown page that break a limit: one sentence per line, the length of sentences and
 * cells, and the width of code.
 *
 * @returns `line: what is wrong: text` for each
 */
export function markdownBreaches(page: string): string[] {
  const found: string[] = [];
  const lines = page.split('\n');
  // the word after an opening fence
  let code: string | undefined;
  for (const [k, line] of lines.entries()) {
    const report = (what: string): void => void found.push(`${k + 1}: ${what}: ${line.slice(0, 80)}`);
    const fence = /^\s*```(\w*)/.exec(line);
    if (fence) {
      code = code === undefined ? fence[1] : undefined;
    } else if (code !== undefined) {
      // output has the lines of the program
      if (code !== 'text' && line.length > CODE) report(`code of ${line.length} columns, at most ${CODE}`);
    } else if (line.trimStart().startsWith('|')) {
      for (const cell of cellsOf(line)) {
        const { length } = visible(cell).trim();
        if (length > CELL) report(`a cell of ${length} characters, at most ${CELL}`);
      }
    } else if (line.trim() !== '' && !line.startsWith('#')) {
      const text = line.trim().replace(/^(?:[-*]|\d+\.)\s+(?:\[[ x]\]\s+)?/, '');
      const { length } = visible(text);
      if (length > SENTENCE) report(`a sentence of ${length} characters, at most ${SENTENCE}`);
      if (hasTwoSentences(text)) report('more than one sentence');
      const next = lines[k + 1] ?? '';
      const goesOn = next.trim() !== '' && !/^\s*(?:[-*]\s|\d+\.\s|\||#|```|\[)/.test(next);
      if (goesOn && !/[.:!?][)*_`”"’]*$/.test(text)) report('a sentence that goes on in the next line');
    }
  }
  return found;
}
