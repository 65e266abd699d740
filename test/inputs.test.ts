/** Library calls are checked like requests: what an input names, and the order of its checks. */
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { CustomerError, operations } from '../core/index.js'
import type { CustomerOperations, Operation, Query } from '../core/index.js'
import { openShop } from './support/shop.js'

type Methods = Readonly<Record<string, (input?: unknown) => Promise<unknown>>>
const methodsOf = (shop: CustomerOperations): Methods => shop as object as Methods

/** Documents that are good, so that only names can be wrong. */
const documents: Readonly<Record<string, object>> = {
  createMapping: { create: { customerNumber: '1', sdCustomerNumber: '1' } },
  linkAccount: { account: { id: '1', providerId: 'facebook' } },
  unlinkAccount: { account: { id: '1', providerId: 'facebook' } },
  importSocialMediaUsers: { users: [] },
}

async function saidBy(call: Promise<unknown>): Promise<string> {
  try {
    await call
    return 'done'
  } catch (error) {
    if (!(error instanceof CustomerError)) throw error
    return error.problem.kind === 'documentInvalid' ? error.message : error.problem.kind
  }
}

describe('library calls: what names a record is a text, in every operation', () => {
  for (const operation of Object.keys(operations) as Operation[]) {
    const { names, oneOf }: { readonly names: readonly string[]; readonly oneOf: readonly string[] } =
      operations[operation]
    const good = Object.fromEntries([...names, ...oneOf].map((name) => [name, 'none']))
    const wrong: (readonly [input: unknown, said: string])[] = [
      ...[null, 7, 'C1', []].map((input) => [input, 'invalid input: (document): must be object'] as const),
      ...names.map((name) => [{ ...good, [name]: undefined }, `invalid input: ${name}: is missing`] as const),
      ...[...names, ...oneOf].map(
        (name) => [{ ...good, [name]: 7 }, `invalid input: ${name}: must be string`] as const,
      ),
      ...(oneOf.length > 0 ? [[{}, `invalid input: (document): names none of ${oneOf.join(', ')}`] as const] : []),
    ]
    it(`${operation}: ${[...names, ...oneOf].join(', ') || 'none'}`, async () => {
      const { clientele, shop } = await openShop()
      for (const [input, said] of wrong) {
        const all =
          input !== null && typeof input === 'object' && !Array.isArray(input)
            ? { ...documents[operation], ...input }
            : input
        expect(await saidBy(methodsOf(shop)[operation]!(all)), JSON.stringify(input)).to.equal(said)
      }
      // an unknown list comes first (2.24), whatever else is wrong
      const nowhere = methodsOf(clientele.list('nowhere'))
      expect(await saidBy(nowhere[operation]!(null))).to.equal('listNotFound')
      expect(await saidBy(nowhere[operation]!({ ...good, create: { nonsense: 1 }, update: 7, account: 7 }))).to.equal(
        'listNotFound',
      )
      await clientele.close()
    })
  }

  it("a handler's call too: its plug-in is to blame", async () => {
    const errors: string[] = []
    const { clientele, shop } = await openShop({
      onError: (error) => void errors.push((error as Error).message),
      plugins: [
        {
          name: 'sloppy',
          hooks: {
            'dw.ocapi.data.customer_list.customers.beforePOST': async (_create, _list, { customers }) => {
              await customers.getCustomer({} as { customerNo: string })
            },
          },
        },
      ],
    })
    expect(await saidBy(shop.createCustomer({ create: {} }))).to.equal('internal')
    expect(errors.join()).to.match(/sloppy.*customerNo: is missing/)
    await clientele.close()
  })

  it('a query that cannot be meant says where, and runs nowhere', async () => {
    const { clientele, shop } = await openShop()
    const path = ['email']
    const wrong: Readonly<Record<string, unknown>> = {
      '(document): must be object': 'email',
      'filter: is no property of this document': { filter: {} },
      'limit: must be integer': { limit: '10' },
      'totals: is not one of the allowed values': { totals: 'some' },
      'offset: must be >= 0': { offset: -1 },
      'sort: must be array': { sort: 'email' },
      'sort.0.path: is missing': { sort: [{}] },
      'where.op: is not one of the allowed values': { where: { op: 'like', path, value: 'a' } },
      'where.value: is missing': { where: { op: 'eq', path } },
      'where.path: must be array': { where: { op: 'exists', path: 'email' } },
      'where.of.0.values: must be array': { where: { op: 'and', of: [{ op: 'in', path, values: 'a' }] } },
      'where.of.of: must be array': { where: { op: 'not', of: { op: 'or', of: {} } } },
      'where.pattern: must be string': { where: { op: 'matches', path, pattern: /a/ } },
    }
    for (const [said, query] of Object.entries(wrong)) {
      expect(await saidBy(shop.findCustomers({ query: query as Query })), said).to.match(/^invalid query: /)
      expect(await saidBy(shop.findCustomers({ query: query as Query }))).to.include(said)
    }
    const good: Query = {
      where: {
        op: 'not',
        of: {
          op: 'or',
          of: [
            { op: 'in', path, values: ['a'] },
            { op: 'matches', path, pattern: '\u0000' },
          ],
        },
      },
      sort: [{ path, descending: true }],
      offset: 0,
      limit: 10,
      totals: 'capped',
    }
    expect(await shop.findCustomers({ query: good })).to.deep.equal({ items: [], total: 0 })
    await clientele.close()
  })
})
