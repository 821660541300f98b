/** A row of the table of a section. */
export type Row = Readonly<Record<string, string | number>>;

/** A part of the report: a program that prints a {@link Line} for each thing that it finds. */
export interface Section {
  readonly name: string;
  readonly title: string;
  /** What the section says and how, for the page. */
  readonly about: string;
  /** The most seconds that it may take. */
  readonly seconds: number;
  /** The program and its arguments. */
  readonly command: readonly [string, ...string[]];
}

/** A line of JSON that a section prints. */
export type Line =
  | { readonly row: Row }
  /** Something that is wrong. The section goes on. */
  | { readonly failure: string }
  /** Why the section has nothing to say on this machine. */
  | { readonly skipped: string };

/** How a section ended: `open` before its turn, `running` in it. */
export type Status = 'open' | 'running' | 'passed' | 'failed' | 'skipped' | 'out of time' | 'interrupted';

/** A section, and what it has printed so far. */
export interface SectionResult {
  readonly name: string;
  readonly title: string;
  readonly about: string;
  readonly status: Status;
  readonly seconds: number;
  readonly limit: number;
  readonly rows: readonly Row[];
  readonly failures: readonly string[];
  readonly skipped?: string;
  /** The end of what it printed besides. */
  readonly output: string;
}
