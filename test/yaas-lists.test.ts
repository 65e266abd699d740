/** The YaaS flavour over HTTP: lists of customers, and what they expand. */
import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { yaas } from '../adapters/yaas/index.js'
import { errorOf, serveYaas } from './support/yaas.js'
import type { YaasService } from './support/yaas.js'

describe('yaas 3.9, 3.11: lists', () => {
  let lists: YaasService
  const numbers: string[] = []
  before(async () => {
    lists = await serveYaas()
    for (let i = 0; i < 40; i++)
      numbers.push(await lists.create({ lastName: `Name ${i % 4}`, ...(i % 2 && { firstName: `F${i}` }) }))
  })
  after(() => lists.stop())
  const page = async (query: string) => {
    const answer = await lists.at('GET', `/customers${query.includes('%') ? query : encodeURI(query)}`)
    expect(answer.status, answer.text).to.equal(200)
    const links = Object.fromEntries(
      [...(answer.headers['link'] as string).matchAll(/<([^>]+)>; rel="(\w+)"/g)].map(([, url, rel]) => [rel, url]),
    ) as Record<string, string>
    return { links, count: answer.headers['hybris-count'], items: answer.json<Record<string, unknown>[]>() }
  }

  it('has 16 on a page, in the order of creation, with the total', async () => {
    const { items, count } = await page('')
    expect(items.map(({ id }) => id)).to.deep.equal(numbers.slice(0, 16))
    expect(count).to.equal('40')
  })

  it('sends no total where none is wanted, and links all the same (3.9)', async () => {
    const { items, count, links } = await page('?totalCount=false&pageNumber=2')
    expect([items.length, count]).to.deep.equal([16, undefined])
    expect(links).to.have.keys('self', 'next', 'prev')
    expect((await page('?totalCount=true')).count).to.equal('40')
    const silent = await serveYaas({ totals: 'none' })
    await silent.create()
    const answer = await silent.at('GET', '/customers?totalCount=true')
    expect([answer.status, answer.headers['hybris-count']]).to.deep.equal([200, undefined])
    await silent.stop()
    expect(() => yaas({ totals: 'some' as never })).to.throw("yaas: totals must be 'exact', 'capped' or 'none'")
  })

  it('links to the next and previous page; following them shows each customer once, and parameters stay', async () => {
    const seen: unknown[] = []
    let at: string | undefined = `${lists.origin}/x?pageSize=7&sort=lastName:desc&fields=lastName`
    let last = ''
    while (at !== undefined) {
      const { items, links } = await page(new URL(at).search)
      seen.push(...items.map(({ id }) => id))
      for (const item of items) expect(Object.keys(item)).to.have.members(['id', 'lastName'])
      last = links['self'] as string
      at = links['next']
    }
    expect(seen).to.have.members(numbers).and.have.length(40)
    let pages = 0
    for (at = last; at !== undefined; pages++) at = (await page(new URL(at).search)).links['prev']
    expect(pages).to.equal(6)
  })

  it('shows an empty page after the end, with a link back to the last one', async () => {
    const { items, links, count } = await page('?pageNumber=100')
    expect([items, count]).to.deep.equal([[], '40'])
    expect(links).to.have.keys('self', 'prev')
    expect(new URL(links['prev'] as string).searchParams.get('pageNumber')).to.equal('3')
  })

  it('sorts by several properties, absent values first, ties in order of creation; unknown properties are ignored', async () => {
    const { items } = await page('?sort=colour,firstName:asc,lastName:desc&pageSize=40')
    expect(items[0]).to.not.have.property('firstName')
    expect(items.slice(0, 20).map(({ lastName }) => lastName)).to.deep.equal([
      ...Array<string>(10).fill('Name 2'),
      ...Array<string>(10).fill('Name 0'),
    ])
    expect(items[0]?.['id']).to.equal(numbers[2])
  })

  it('finds by q and says where a query is wrong', async () => {
    expect((await page('?q=lastName:"Name 1" firstName:(F1,F5,F39)')).count).to.equal('2')
    expect((await page('?q=firstName:missing&pageSize=1')).count).to.equal('20')
    expect((await page('?q=lastName:~1$')).count).to.equal('10')
    for (const words of ['(~Name [01])', '~(Name [01])'])
      expect((await page(`?q=lastName:${encodeURIComponent(words)}`)).count, words).to.equal('20')
    const punctuated = await lists.at('GET', '/customers?q=lastName:a;b')
    expect(errorOf(punctuated)).to.equal('400 validation_violation; q invalid_query_parameter')
    expect(punctuated.text).to.include('at character 11')
    const answer = await lists.at('GET', '/customers?q=lastName:')
    expect(errorOf(answer)).to.equal('400 validation_violation; q invalid_query_parameter')
    expect(answer.text).to.include('at character 10')
    const pattern = await lists.at('GET', '/customers?q=firstName:A%20lastName:~(a')
    expect(errorOf(pattern)).to.equal('400 validation_violation; q invalid_query_parameter')
    expect(pattern.text).to.include('at character 23: invalid regular expression')
  })

  it('refuses bad parameters, naming them', async () => {
    for (const [query, parameter] of [
      ['pageNumber=0', 'pageNumber'],
      ['pageNumber=-1', 'pageNumber'],
      ['pageNumber=1.5', 'pageNumber'],
      ['pageNumber=x', 'pageNumber'],
      ['pageNumber=99999999999999999999', 'pageNumber'],
      ['pageNumber=999999999999999', 'pageNumber'],
      ['pageSize=0', 'pageSize'],
      ['pageSize=1001', 'pageSize'],
      ['pageSize=', 'pageSize'],
      ['totalCount=perhaps', 'totalCount'],
      ['sort=lastName:down', 'sort'],
      ['fields=', 'fields'],
    ] as const)
      for (const path of ['/customers', '/sdCustomerMappings', `/customers/${numbers[0]}/addresses`])
        expect(errorOf(await lists.at('GET', `${path}?${query}`)), query).to.equal(
          `400 validation_violation; ${parameter} invalid_query_parameter`,
        )
  })

  it('finds by time as time: any precision, any offset; what is no time is refused', async () => {
    const { metadata } = (await lists.at('GET', `/customers/${numbers[0]}`)).json<{ metadata: { createdAt: string } }>()
    const made = new Date(metadata.createdAt)
    const second = new Date(Math.floor(made.getTime() / 1000) * 1000)
    const there = new Date(made.getTime() + 3_600_000).toISOString().replace('Z', '+01:00')
    const count = async (q: string) => (await page(`?q=id:${numbers[0]}%20${encodeURIComponent(q)}`)).count
    for (const [q, expected] of [
      [`metadata.createdAt:>="${second.toISOString().replace('.000', '')}"`, '1'],
      [`metadata.createdAt:${there}`, '1'],
      [`metadata.createdAt:<${there}`, '0'],
      [`metadata.modifiedAt:>${made.toISOString().slice(0, 10)}`, '1'],
    ] as const)
      expect(await count(q), q).to.equal(expected)
    for (const wrong of ['yesterday', '2026-02-30', '2026-01-01T25:00:00Z', '2026-01-01T12:00:00']) {
      const answer = await lists.at('GET', `/customers?q=metadata.createdAt:>${wrong}`)
      expect(errorOf(answer), wrong).to.equal('400 validation_violation; q invalid_query_parameter')
      expect(answer.text).to.include('at character 21')
    }
  })

  it('expands accounts, addresses and the default address, on item and list; unknown elements are ignored', async () => {
    const id = numbers[0] as string
    const [a, b] = [await lists.createAddress(id, { city: 'A' }), await lists.createAddress(id, { city: 'B' })]
    await lists.at('POST', `/customers/${id}/accounts/internal`, { json: { email: 'zero@example.com' } })
    const addresses = [
      { id: a, city: 'A', isDefault: true },
      { id: b, city: 'B', isDefault: false },
    ]
    const expected = {
      addresses,
      accounts: [{ id: 'zero@example.com', providerId: 'internal' }],
      defaultAddress: addresses[0],
    }
    const query = '?expand=addresses, accounts,defaultAddress,colour'
    expect((await lists.at('GET', `/customers/${id}${encodeURI(query)}`)).json()).to.deep.include(expected)
    const repeated = `/customers/${id}?expand=accounts&expand=addresses,defaultAddress`
    expect((await lists.at('GET', repeated)).json()).to.deep.include(expected)
    expect((await page(`${query}&pageSize=1`)).items[0]).to.deep.include(expected)
    expect((await page('?pageSize=1')).items[0]).to.not.have.any.keys('addresses', 'accounts', 'defaultAddress')
  })
})
