import { expect } from 'chai';
import { markdownBreaches } from './markdown-limits.js';

const kinds = (page: string): string[] =>
  markdownBreaches(page).map((text) => text.replace(/^(\d+: [a-z ]+?)( of|:).*/, '$1'));

describe('limits of Markdown', () => {
  it('one sentence a line', () => {
    expect(kinds('One. Two.')).to.deep.equal(['1: more than one sentence']);
    expect(kinds('- [ ] One (a link). [two](b.md) three.')).to.deep.equal(['1: more than one sentence']);
    expect(kinds('A sentence over\ntwo lines.')).to.deep.equal([
      '1: a sentence that goes on in the next line',
    ]);
    expect(kinds('1. One, e.g. `a. b`.\n   Two, see [a b](c.md).\n\n## Three. Four\n| a. b |')).to.deep.equal(
      [],
    );
    expect(kinds('As follows:\n- one\n- two')).to.deep.equal([]);
  });

  it('lengths of sentences, cells and code', () => {
    expect(kinds(`${'x'.repeat(200)}\n\n${'x'.repeat(201)}`)).to.deep.equal(['3: a sentence']);
    expect(kinds(`| a | ${'x'.repeat(120)} |\n| a | ${'x'.repeat(121)} |`)).to.deep.equal(['2: a cell']);
    expect(kinds(`| [a](${'x'.repeat(121)}) | ${'x'.repeat(60)} \\| ${'x'.repeat(60)} |`)).to.deep.equal([
      '1: a cell',
    ]);
    expect(kinds(`\`\`\`ts\n${'x'.repeat(110)}\n${'x'.repeat(111)}\n\`\`\``)).to.deep.equal(['3: code']);
  });
});
