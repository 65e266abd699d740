/** Property selectors (decision 2.19). */
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { selectorOf } from '../adapters/ocapi/select.js'

const document = {
  a: 1,
  b: 'x',
  l: { s: ['x', 'y', 'z'] },
  o: { p: 1, q: { r: 2 } },
  data: [
    { city: 'Boston', n: 1, o: { p: 1 } },
    { city: 'Bonn', n: 2 },
    { city: 'Oslo', n: 3 },
  ],
}
const cities = (...names: string[]) => ({ data: names.map((city) => ({ city })) })

describe('select: what a selector leaves (2.19)', () => {
  const leaves: readonly (readonly [string, object])[] = [
    ['(**)', document],
    ['(*)', { a: 1, b: 'x' }],
    ['(a)', { a: 1 }],
    ['(+a,b)', { a: 1, b: 'x' }],
    [' ( a , b ) ', { a: 1, b: 'x' }],
    ['(nonsense)', {}],
    ['(**,-data,-o,-l)', { a: 1, b: 'x' }],
    ['(*,-a)', { b: 'x' }],
    ['(*,o.(p))', { a: 1, b: 'x', o: { p: 1 } }],
    ['(o.(*))', { o: { p: 1 } }],
    ['(o.q.r)', { o: { q: { r: 2 } } }],
    ['(o.(p),o.(q))', { o: { p: 1, q: { r: 2 } } }],
    ['(**,-o.q)', { ...document, o: { p: 1 } }],
    ['(data.(city))', cities('Boston', 'Bonn', 'Oslo')],
    ['(data[1].(city))', cities('Bonn')],
    ['(data[0:1].(city))', cities('Boston', 'Bonn')],
    ['(data[1:].(city))', cities('Bonn', 'Oslo')],
    ['(data[0,2].(city))', cities('Boston', 'Oslo')],
    ['(data[9].(city))', cities()],
    ["(data[?(@.city=='Bonn')].(city))", cities('Bonn')],
    ["(data[?(@.n>=2 && @.city!='Oslo')].(city))", cities('Bonn')],
    ['(data[?(@.n<2 || @.n>2)].(city))', cities('Boston', 'Oslo')],
    ['(data[?((@.n<2 || @.n>2) && @.o.p==1)].(city))', cities('Boston')],
    ["(data[?(@.n=='1')].(city))", cities()],
    ['(data[0].(city),data[1].(n))', { data: [{ city: 'Boston' }, { n: 2 }] }],
    ['(data[1],data[0].(n))', { data: [{ n: 1 }, document.data[1]] }],
    ['(data[0].(city),data[1,2].(city))', cities('Boston', 'Bonn', 'Oslo')],
    ["(data[?(@.n<2)].(city),data[?(@.city=='Oslo')].(n))", { data: [{ city: 'Boston' }, { n: 3 }] }],
    ['(data[0:1].(city),data[1:].(n))', { data: [{ city: 'Boston' }, { city: 'Bonn', n: 2 }, { n: 3 }] }],
    ['(l.(s[0]),l.(s[2]))', { l: { s: ['x', 'z'] } }],
    ['(**,-o.(q))', { ...document, o: { p: 1 } }],
    ['(**,-o.(p,q.(r)))', { ...document, o: { q: {} } }],
    ['(*,o,-o.(q.r))', { a: 1, b: 'x', o: { p: 1, q: {} } }],
    ['(**,-data[0])', { ...document, data: document.data.slice(1) }],
    ['(**,-data[0,2].(city,o))', { ...document, data: [{ n: 1 }, document.data[1], { n: 3 }] }],
    ["(**,-data[?(@.city!='Bonn')])", { ...document, data: [document.data[1]] }],
    ['(o.(*,-p),o.(p))', { o: { p: 1 } }],
  ]
  for (const [text, expected] of leaves)
    it(text, () => {
      const selector = selectorOf(text)
      expect(JSON.parse(JSON.stringify(selector?.apply(document)))).to.deep.equal(expected)
    })
})

describe('select: what is malformed', () => {
  const short = ['', 'a', '()', '(a', 'a)', '(a))', '(a,)', '(,a)', '(-a)', '(a,-b)', '(a b)', '(1)', '(a.)', '(a..b)']
  const indexes = ['(a[])', '(a[x])', '(a[0)', '(a[?()])', '(a[?(@.b)])', "(a[?(@.b=='x)])", '(a[?(b==1)])', '(a[0,])']
  const removals = ['(**,-a.(**))', '(**,-a.(*))', '(**,-a.(-b))', '(**,-a.(b,-c))', '(**,-a.())']
  for (const text of [
    ...short,
    ...indexes,
    ...removals,
    '(***)',
    '('.repeat(5000),
    `${'(a.'.repeat(30)}(b)${')'.repeat(30)}`,
    `(a${'.a'.repeat(50)})`,
    `(a[?(${'('.repeat(50)}@.b==1${')'.repeat(50)})])`,
  ])
    it(text.slice(0, 30) || '(nothing)', () => expect(selectorOf(text)).to.equal(undefined))
})
