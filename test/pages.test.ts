/** The pages hold together: links and anchors, numbers of decisions, and what comments cite. */
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { isFile, readText, root, sources } from './support/sources.js'

const rooms = ['core', 'adapters', 'hooks', 'examples', 'test']
const pages: readonly string[] = [
  ...readdirSync(root).filter((name) => name.endsWith('.md')),
  ...['.github', ...rooms].filter(isFile).flatMap((room) =>
    readdirSync(path.join(root, room), { recursive: true, encoding: 'utf8' })
      .map((name) => path.posix.join(room, name.replaceAll(path.sep, '/')))
      .filter((name) => name.endsWith('.md')),
  ),
]

/** A page without its blocks of code. */
const proseOf = (page: string): string => readText(page).replace(/^```[^]*?^```$/gm, '')
const headingsOf = (page: string): readonly string[] =>
  [...proseOf(page).matchAll(/^#{1,6} (.+)$/gm)].map(([, title = '']) => title)
/** The anchors that a page has: of its headings, as GitHub makes them. */
const anchorsOf = (page: string): readonly string[] => {
  const seen = new Map<string, number>()
  return headingsOf(page).map((title) => {
    const slug = title
      .toLowerCase()
      .replace(/[^\p{L}\p{M}\p{N}_\- ]/gu, '')
      .replaceAll(' ', '-')
    const times = seen.get(slug) ?? 0
    seen.set(slug, times + 1)
    return times === 0 ? slug : `${slug}-${times}`
  })
}

/** Decisions by their numbers, in the order in which the pages define them. */
const defined = pages.flatMap((page) => [
  ...headingsOf(page).flatMap((title) => /^(\d\.\d+) /.exec(title)?.[1] ?? []),
  ...[...proseOf(page).matchAll(/^\| (5[a-z]) \|/gm)].map((match) => match[1] ?? ''),
])

/** A text of several comment lines as one line. */
const joined = (text: string): string => text.replace(/\s*\n\s*(?:\*|\/\/) ?/g, ' ')
/** Comments, and titles of tests: where code cites. */
const citing = (text: string): readonly string[] => [
  ...[...text.matchAll(/\/\*\*?[^]*?\*\//g)].map(([comment]) => joined(comment)),
  ...[...text.matchAll(/(?:^\s*\/\/.*\n?)+/gm)].map(([comment]) => joined(`\n${comment}`)),
  ...[...text.matchAll(/\b(?:describe|it)\(\s*(['"`])((?:(?!\1)[^\\]|\\.)*)\1/g)].map((match) => match[2] ?? ''),
]
const number = String.raw`(?:[1-4]\.\d{1,2}|5[a-z])(?![\d.]*\d)`
const numbers = `${number}(?:(?:, | and |, and | to )${number})*`
const forms = [
  // decision 2.7; decisions 2.7 and 3.3
  new RegExp(String.raw`\bdecisions? (${numbers})`, 'g'),
  // (2.11) at the end of what it explains; (1.14, 3.15)
  new RegExp(String.raw`(?<!\w)\((${numbers})[);]`, 'g'),
  // a group of tests: '4.8: recursion', 'yaas 3.4, 3.5, seed: create a customer'
  new RegExp(String.raw`^(?:yaas |ocapi )?(${numbers})[,:]`, 'g'),
]
/** Numbers of decisions that a text cites. */
const numbersIn = (text: string): readonly string[] =>
  forms.flatMap((form) => [...text.matchAll(form)].flatMap((match) => match[1]?.split(/, and |, | and | to /) ?? []))

describe('pages', () => {
  it('link only to files and headings that exist', () => {
    const broken = pages.flatMap((page) =>
      [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link = '']) => {
        if (/^[a-z]+:/.test(link)) return []
        const [file = '', anchor] = link.split('#')
        const target = file === '' ? page : path.posix.join(path.posix.dirname(page), file)
        const isGood = isFile(target) && (anchor === undefined || anchorsOf(target).includes(anchor))
        return isGood ? [] : [`${page}: ${link}`]
      }),
    )
    expect(broken).to.deep.equal([])
  })

  it('name only files that exist, such as those that a recipe says to touch', () => {
    const named = pages.flatMap((page) =>
      [...proseOf(page).matchAll(/`((?:core|adapters|hooks|examples|test)\/[\w./-]+\.\w+)`/g)].map(([, file = '']) => [
        page,
        file,
      ]),
    )
    expect(named.length).to.be.greaterThan(20)
    expect(named.filter(([, file = '']) => !isFile(file)).map((each) => each.join(': '))).to.deep.equal([])
  })

  it('define each decision once, in order and without gaps', () => {
    for (const [section, last] of [
      ['1', 17],
      ['2', 24],
      ['3', 19],
      ['4', 12],
    ] as const) {
      const found = defined.filter((each) => each.startsWith(`${section}.`))
      expect(found).to.deep.equal(found.map((_, at) => `${section}.${at + 1}`))
      expect(found.length, `decisions of section ${section}`).to.be.at.least(last)
    }
    expect(defined.filter((each) => each.startsWith('5')).join(' ')).to.equal('5a 5b 5c 5d 5e 5f 5g 5h 5i 5j 5k 5l 5m')
  })

  it('define every decision that code and pages cite', () => {
    const cited = [
      ...sources(...rooms).flatMap(({ name, text }) =>
        citing(text).flatMap((each) => numbersIn(each).map((n) => [name, n])),
      ),
      ...pages.flatMap((page) => numbersIn(joined(proseOf(page))).map((n) => [page, n])),
    ]
    expect(cited.length).to.be.greaterThan(150)
    expect(cited.filter(([, n = '']) => !defined.includes(n)).map((each) => each.join(': '))).to.deep.equal([])
  })

  it('are the only pages that comments cite, and have the headings that are named', () => {
    const wrong = sources(...rooms).flatMap(({ name, text }) =>
      citing(text).flatMap((comment) =>
        [...comment.matchAll(/((?:[\w.-]+\/)*[\w-]+\.md)\b(?:, ([A-Z][^();:,.]*))?/g)].flatMap(
          ([cite, page = '', heading]) => {
            const isThere = pages.includes(page)
            const isNamed =
              heading === undefined || (isThere && headingsOf(page).some((title) => heading.startsWith(title)))
            return isThere && isNamed ? [] : [`${name}: ${cite}`]
          },
        ),
      ),
    )
    expect(wrong).to.deep.equal([])
  })
})
