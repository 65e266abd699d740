/** The query language of YaaS: `q`. */
import { expect } from 'chai'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import { conditionOf, customerFields, mappingFields } from '../adapters/yaas/q-conditions.js'
import { parse, print, queryLimits, QueryMistake } from '../adapters/yaas/q-grammar.js'
import type { Literal, Predicate, Term } from '../adapters/yaas/q-grammar.js'

/** The tree without offsets. */
function bare(terms: readonly Term[]): unknown {
  return JSON.parse(JSON.stringify(terms, (key, value: unknown) => (key === 'at' ? undefined : value)))
}

function mistakeIn(text: string): QueryMistake {
  try {
    conditionOf(parse(text), customerFields)
  } catch (error) {
    if (error instanceof QueryMistake) return error
    throw error
  }
  throw new Error(`no mistake found in ${text}`)
}

const where = (text: string) => conditionOf(parse(text), customerFields)

describe('decision 3.10: q, every form', () => {
  const eq = (path: string[], value: string | number | boolean) => ({ op: 'eq', path, value })
  const forms: [string, unknown][] = [
    ['lastName:Smith', eq(['lastName'], 'Smith')],
    ['lastName:"van der Berg"', eq(['lastName'], 'van der Berg')],
    ['lastName:"say \\"hi\\" \\\\ C:\\temp"', eq(['lastName'], 'say "hi" \\ C:\\temp')],
    ['contactEmail:a-b.c+d@example.com', eq(['email'], 'a-b.c+d@example.com')],
    ['firstName:A  lastName:B', { op: 'and', of: [eq(['firstName'], 'A'), eq(['lastName'], 'B')] }],
    ['customerNumber:(C1, "C2")', { op: 'in', path: ['customerNo'], values: ['C1', 'C2'] }],
    ['id:C1', eq(['customerNo'], 'C1')],
    ['metadata.version:>2', { op: 'gt', path: ['version'], value: 2 }],
    ['metadata.version>=2', { op: 'gte', path: ['version'], value: 2 }],
    [
      'metadata.version:(>=2 AND <10)',
      {
        op: 'and',
        of: [
          { op: 'gte', path: ['version'], value: 2 },
          { op: 'lt', path: ['version'], value: 10 },
        ],
      },
    ],
    [
      'metadata.createdAt:>"2026-01-01T00:00:00.000Z"',
      { op: 'gt', path: ['creationDate'], value: '2026-01-01T00:00:00.000Z' },
    ],
    ['active:true', eq(['active'], true)],
    ['company:null', { op: 'not', of: { op: 'exists', path: ['companyName'] } }],
    ['company:missing', { op: 'not', of: { op: 'exists', path: ['companyName'] } }],
    ['company:exists', { op: 'exists', path: ['companyName'] }],
    ['company:"exists"', eq(['companyName'], 'exists')],
    ['title:~^Dr', { op: 'matches', path: ['title'], pattern: '^Dr' }],
    ['title:~"Dr (h|e)"', { op: 'matches', path: ['title'], pattern: 'Dr (h|e)' }],
    ['title:(~two (or|three) [)] words)', { op: 'matches', path: ['title'], pattern: 'two (or|three) [)] words' }],
    ['title:~(two words)', { op: 'matches', path: ['title'], pattern: '(two words)' }],
    ['title:~^(a|b c)d$ company:null', where('title:~"^(a|b c)d$" company:null')],
    ['preferredLanguage:en_US', eq(['preferredLocale'], 'en_US')],
    ['metadata.createdAt:2026-01-01T00:00:00Z', eq(['creationDate'], '2026-01-01T00:00:00.000Z')],
    ['mixins.loyalty.tier:"5"', eq(['mixins', 'loyalty', 'tier'], '5')],
    ['mixins.loyalty.tier:5', { op: 'in', path: ['mixins', 'loyalty', 'tier'], values: ['5', 5] }],
    ['mixins.loyalty.points:>=10', { op: 'gte', path: ['mixins', 'loyalty', 'points'], value: 10 }],
    ['mixins.shop.name.en:Hat', eq(['mixins', 'shop', 'name', 'en'], 'Hat')],
    ['mixins.custom.size:L', eq(['custom', 'size'], 'L')],
    ['metadata.mixins.loyalty:exists', { op: 'exists', path: ['mixinSchemas', 'loyalty'] }],
    ['', undefined],
    ['  ', undefined],
  ]
  for (const [text, condition] of forms)
    it(`understands ${JSON.stringify(text)}`, () => expect(where(text)).to.deep.equal(condition))

  it('asks for mixins as a whole with exists and missing only', () => {
    expect(conditionOf(parse('mixins:exists metadata.mixins:missing'), customerFields)).to.deep.equal({
      op: 'and',
      of: [
        { op: 'exists', path: ['mixins'] },
        { op: 'not', of: { op: 'exists', path: ['mixinSchemas'] } },
      ],
    })
    expect(mistakeIn('mixins:x').at).to.equal(0)
  })

  it('compares unquoted digits of a text property as text: 0003144965 keeps its zeros', () => {
    expect(conditionOf(parse('sdCustomerNumber:0003144965 deletedInYaaS:false'), mappingFields)).to.deep.equal({
      op: 'and',
      of: [eq(['sdCustomerNumber'], '0003144965'), eq(['deletedInYaaS'], false)],
    })
  })
})

describe('decision 3.10: messages point at the mistake', () => {
  const mistakes: [string, number, RegExp][] = [
    ['lastName', 8, /':' after the property name, found the end/],
    ['lastName:', 9, /expected a value, found the end/],
    ['lastName:Smith firstName', 24, /':' after/],
    ['a@b.example', 11, /':' after the property name/],
    ['lastName:"Smith', 9, /never closed/],
    ['lastName:(a,b', 9, /never closed/],
    ['lastName:(a b)', 12, /closing parenthesis/],
    ['lastName:()', 10, /a value/],
    ['lastName:(a,)', 12, /a value/],
    ['lastName:a,b', 10, /quote a value/],
    ['lastName:a;b', 10, /quote a value.*found ";"/],
    ['lastName:;', 9, /a value/],
    ['lastName:[a]', 9, /a value/],
    ['lastName:a{b}', 10, /quote a value/],
    ['lastName:a/b', 10, /quote a value/],
    ['lastName:(a;b)', 11, /closing parenthesis/],
    ['title:(~(two words)', 6, /never closed/],
    ['lastName:(null)', 10, /quote it/],
    ['metadata.version:(>1 AND 2)', 25, /<, <=, > or >=/],
    ['metadata.version:>two', 18, /a number/],
    ['active:yes', 7, /true or false/],
    ['active:>true', 8, /no order/],
    ['active:~t', 8, /searches text/],
    ['title:~', 7, /regular expression/],
    ['nonsense:1', 0, /no property "nonsense"/],
    ['lastName:a password:b', 11, /no property "password"/],
    ['credentials.login:a', 0, /no property/],
    ['keys.email:a', 0, /no property/],
    ['addresses.city:a', 0, /no property/],
    ['a..b:1', 2, /a property name/],
    [':1', 0, /a property name/],
  ]
  for (const [text, at, message] of mistakes)
    it(`of ${JSON.stringify(text)} at character ${at + 1}`, () => {
      const mistake = mistakeIn(text)
      expect(mistake.message).to.match(message)
      expect(mistake.at).to.equal(at)
    })

  it('limits the length of queries, lists and regular expressions and the number of conditions', () => {
    expect(mistakeIn('a'.repeat(queryLimits.characters + 1)).message).to.match(/at most 8000 characters/)
    expect(mistakeIn('title:a '.repeat(queryLimits.terms + 1)).message).to.match(/at most 50 conditions/)
    expect(mistakeIn(`title:(${'a,'.repeat(queryLimits.values)}a)`).message).to.match(/at most 500 values/)
    expect(mistakeIn(`title:~${'a'.repeat(queryLimits.pattern + 1)}`).message).to.match(/at most 250 characters/)
  })
})

describe('decision 3.10: parse, print, parse', () => {
  const word = fc.stringMatching(/^[^\s:<>="(),.~]{1,8}$/)
  const field = fc.array(word, { minLength: 1, maxLength: 4 })
  const literal: fc.Arbitrary<Literal> = fc.oneof(
    fc.string({ maxLength: 12 }).map((text) => ({ text, quoted: true, at: 0 })),
    fc
      .stringMatching(/^[A-Za-z0-9@+._-]{1,10}$/)
      .filter((text) => !['null', 'exists', 'missing'].includes(text))
      .map((text) => ({ text, quoted: false, at: 0 })),
  )
  const bound = fc.record({
    than: fc.constantFrom('<' as const, '<=' as const, '>' as const, '>=' as const),
    value: literal,
  })
  const predicate: fc.Arbitrary<Predicate> = fc.oneof(
    fc.constantFrom<Predicate>({ is: 'absent' }, { is: 'present' }),
    literal.map((value): Predicate => ({ is: 'equal', value })),
    fc.array(literal, { minLength: 1, maxLength: 4 }).map((values): Predicate => ({ is: 'among', values })),
    fc.array(bound, { minLength: 1, maxLength: 3 }).map((bounds): Predicate => ({ is: 'within', bounds })),
    fc.string({ minLength: 1, maxLength: 20 }).map((pattern): Predicate => ({ is: 'like', pattern, at: 0 })),
  )
  const terms = fc.array(fc.record({ field, at: fc.constant(0), predicate }), { maxLength: 4 })

  it('any tree survives being printed and parsed', () => {
    fc.assert(
      fc.property(terms, (tree) => {
        expect(bare(parse(print(tree)))).to.deep.equal(bare(tree))
      }),
      { numRuns: 500 },
    )
  })

  it('any text is parsed to a tree that survives, or refused with a position inside the text', () => {
    const alphabet = fc.constantFrom(
      ...Array.from('abn.:<>="(),~\\ \t1*[]é'),
      'AND',
      ' AND ',
      'null',
      'exists',
      ':(',
      ':>',
      ':~',
      'title:',
    )
    fc.assert(
      fc.property(fc.array(alphabet, { maxLength: 16 }), (pieces) => {
        const text = pieces.join('')
        let tree
        try {
          tree = parse(text)
        } catch (error) {
          expect(error).to.be.instanceOf(QueryMistake)
          expect((error as QueryMistake).at).to.be.within(0, text.length)
          return
        }
        expect(bare(parse(print(tree)))).to.deep.equal(bare(tree))
      }),
      { numRuns: 1500 },
    )
  })
})
