/** The literal beginning of regular expressions, by which an index finds what they are tried on. */
import { expect } from 'chai'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import { patternCompiler, prefixOf, textAfter } from '../core/model/pattern.js'

describe('the prefix of a regular expression', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['^Leb', 'Leb'],
    ['^john\\.doe@', 'john.doe@'],
    ['^ab*c', 'a'],
    ['^ab?c', 'a'],
    ['^ab{0,2}', 'a'],
    ['^ab+c', 'ab'],
    ['^a.c', 'a'],
    ['^a(b|c)', ''],
    ['^a|b', ''],
    ['^ab\\d', 'ab'],
    ['^ab\\Qc', 'a'],
    ['^ab\\_', 'ab'],
    ['^a(?i)?', ''],
    ['^ab[cd]', 'ab'],
    ['^😀x?', '😀'],
    ['^😀?', ''],
    ['^a$', 'a'],
    ['^^a', ''],
    ['Leb', ''],
    ['(?i)^Leb', ''],
    ['^(?i)Leb', ''],
    ['^', ''],
  ]
  for (const [pattern, prefix] of cases)
    it(`${pattern}: ${prefix || 'none'}`, () => expect(prefixOf(pattern)).to.equal(prefix))

  it('begins every text that matches, and the text after it comes after all of them', async () => {
    const compiler = await patternCompiler()
    const piece = fc.constantFrom(
      'a',
      'b',
      '*',
      '+',
      '?',
      '.',
      '\\.',
      '(',
      ')',
      '[ab]',
      '{2}',
      '|',
      '$',
      '\\w',
      '😀',
      '\ud7ff',
    )
    const texts = fc.array(fc.constantFrom('a', 'b', '.', '😀', '\ud7ff', '\ue000'), { maxLength: 6 })
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 6 }), texts, (pieces, characters) => {
        const pattern = `^${pieces.join('')}`
        const text = characters.join('')
        let isMatch: boolean
        try {
          isMatch = compiler.compile(pattern).test(text)
        } catch {
          return
        }
        const prefix = prefixOf(pattern)
        if (isMatch) expect(text.startsWith(prefix), `${pattern} on ${text}`).to.equal(true)
        const end = textAfter(prefix)
        if (end !== undefined && text.startsWith(prefix))
          expect(Buffer.compare(Buffer.from(text), Buffer.from(end))).to.equal(-1)
      }),
      { numRuns: 2000 },
    )
  })
  it('the text after the last one of all does not exist', () => {
    expect(textAfter('')).to.equal(undefined)
    expect(textAfter('\u{10ffff}')).to.equal(undefined)
    expect(textAfter('a\u{10ffff}')).to.equal('b')
    expect(textAfter('\ud7ff')).to.equal('\ue000')
  })
})
