/** The trace of a call: why did my hook run, and why not? (4.1) */
import { setTimeout as delay } from 'node:timers/promises'
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { yaas } from '../adapters/yaas/index.js'
import { Status } from '../core/index.js'
import type { CallOptions, Plugin, Trace, TraceStep, Transaction } from '../core/index.js'
import { openShop, problemOf } from './support/shop.js'

const list = 'dw.ocapi.data.customer_list.'
const beforeCreate = `${list}customers.beforePOST` as const
const afterCreate = `${list}customers.afterPOST` as const
const afterChange = `${list}customer.afterPATCH` as const
const afterAddress = `${list}customer.addresses.afterPOST` as const

/** A step in one line. */
function lineOf(step: TraceStep): string {
  const indent = 'depth' in step ? '  '.repeat(step.depth) : ''
  if (step.step === 'point') return `${indent}${step.point.replace(list, '')} (${step.handlers})`
  if (step.step === 'task') return `task of ${step.plugin}`
  if (step.step === 'effect') return `effect: ${step.effect} (${step.records})`
  return `${indent}- ${step.plugin} ${step.outcome}${step.reason === undefined ? '' : `: ${step.reason}`}`
}

async function open(plugins: readonly Plugin[], options: CallOptions = {}) {
  const traces: Trace[] = []
  const { clientele, shop } = await openShop({ plugins })
  const traced = clientele.list('SiteGenesis', {
    requestId: 'r1',
    ...options,
    onTrace: (trace) => void traces.push(trace),
  })
  const last = () => {
    const trace = traces.at(-1)
    return [`${trace?.operation} ${trace?.outcome}`, ...(trace?.steps ?? []).map(lineOf)]
  }
  return { clientele, shop, traced, traces, last }
}

describe('trace', () => {
  it('names points passed, handlers run with outcome and milliseconds, and tasks', async () => {
    let took = Infinity
    const { traced, traces, last } = await open([
      {
        name: 'a',
        hooks: {
          async [beforeCreate]() {
            const begun = performance.now()
            await delay(12)
            took = performance.now() - begun
          },
        },
      },
      { name: 'b', hooks: { [beforeCreate]: (_create, _list, { afterCommit }) => afterCommit(() => undefined) } },
    ])
    await traced.createCustomer({ create: {} })
    expect(last()).to.deep.equal([
      'createCustomer done',
      'customers.beforePOST (2)',
      '- a ok',
      'task of b',
      '- b ok',
      'customers.afterPOST (0)',
    ])
    expect(traces[0]).to.include({ operation: 'createCustomer', list: 'SiteGenesis', requestId: 'r1', outcome: 'done' })
    const [, first] = traces[0]?.steps ?? []
    expect(first).to.include({ handler: beforeCreate, point: beforeCreate })
    expect(first?.step === 'handler' && first.ms)
      .to.be.at.least(took)
      .and.below(60_000)
    const begins = (traces[0]?.steps ?? []).flatMap((step) => (step.step === 'handler' ? [step.at] : []))
    expect(begins[0]).to.be.within(0, 60_000)
    expect((begins[1] ?? 0) - (begins[0] ?? 0)).to.be.at.least(took)
  })

  it('shows inner calls one step deeper, and why a handler is skipped', async () => {
    const { shop, traced, last } = await open([
      {
        name: 'stamp',
        hooks: {
          async [afterChange]({ customerNo }, _update, _list, { customers }) {
            await customers.updateCustomer({ customerNo, update: { title: 'x' } })
          },
        },
      },
    ])
    await shop.createCustomer({ create: { customerNo: 'C1' } })
    await traced.updateCustomer({ customerNo: 'C1', update: {} })
    expect(last()).to.deep.equal([
      'updateCustomer done',
      'customer.beforePATCH (0)',
      'customer.afterPATCH (1)',
      '  customer.beforePATCH (0)',
      '  customer.afterPATCH (1)',
      '  - stamp skipped: its own write: it runs already for this record',
      '- stamp ok',
    ])
  })

  it('shows who ended a point, and who was not reached', async () => {
    const { traced, last } = await open([
      { name: 'strict', hooks: { [beforeCreate]: () => Status.error('NO', 'no') } },
      { name: 'late', hooks: { [beforeCreate]: () => undefined, [afterCreate]: () => undefined } },
    ])
    await problemOf(traced.createCustomer({ create: {} }))
    expect(last()).to.deep.equal([
      'createCustomer refusedByHook',
      'customers.beforePOST (2)',
      '- strict error: NO',
      "- late skipped: plug-in 'strict' ended the point",
    ])
  })

  it('shows a throw, and a chain that a Status ended', async () => {
    const { traced, last } = await open([
      { name: 'one', chain: 'c', hooks: { [beforeCreate]: () => Status.OK } },
      { name: 'two', chain: 'c', hooks: { [beforeCreate]: () => undefined } },
      { name: 'bad', hooks: { [beforeCreate]: () => Promise.reject(new Error('x')) } },
    ])
    await problemOf(traced.createCustomer({ create: {} }))
    expect(last()).to.deep.equal([
      'createCustomer internal',
      'customers.beforePOST (3)',
      '- one ok',
      `- two skipped: plug-in 'one' (${beforeCreate}) ended the chain with a Status`,
      '- bad threw: it threw',
    ])
  })

  it('shows that a request did not get as far as its points, and that reads have none', async () => {
    const { traced, last } = await open([{ name: 'a', hooks: { [afterChange]: () => undefined } }])
    await problemOf(traced.updateCustomer({ customerNo: 'nobody', update: {} }))
    expect(last()).to.deep.equal(['updateCustomer customerNotFound'])
    await problemOf(traced.createCustomer({ create: { lastName: 7 as never } }))
    expect(last()).to.deep.equal(['createCustomer documentInvalid'])
    await traced.findCustomers()
    expect(last()).to.deep.equal(['findCustomers done'])
    await problemOf(traced.getCustomer({ customerNo: 'nobody' }))
    expect(last()).to.deep.equal(['getCustomer customerNotFound'])
  })

  it('shows side effects, which run no points', async () => {
    const { traced, last } = await open([{ name: 'a', hooks: { [afterAddress]: () => undefined } }], {
      profile: yaas().profile,
    })
    const { customerNo } = await traced.createCustomer({ create: { email: 'a@b.example' } })
    expect(last().filter((line) => line.startsWith('effect'))).to.deep.equal(['effect: internal account created (1)'])
    await traced.updateCustomer({ customerNo, update: { email: 'c@d.example' } })
    expect(last().filter((line) => line.startsWith('effect'))).to.deep.equal(['effect: login moved with the email (1)'])
    await traced.createAddress({ customerNo, create: { addressId: 'a' } })
    expect(last().filter((line) => line.startsWith('effect'))).to.deep.equal([])
    await traced.createAddress({ customerNo, create: { addressId: 'b', isDefault: true } })
    expect(last().filter((line) => line.startsWith('effect'))).to.deep.equal(['effect: default moved (1)'])
    await traced.deleteAddress({ customerNo, addressId: 'b' })
    expect(last().filter((line) => line.startsWith('effect'))).to.deep.equal(['effect: default moved (1)'])
    await traced.createMapping({ create: { customerNumber: customerNo, sdCustomerNumber: '7' } })
    await traced.importSocialMediaUsers({ users: [{ id: 's1', referenceCustomerNumber: customerNo }] })
    await traced.updateCustomer({ customerNo, update: { customerNo: 'C2' } })
    expect(last().filter((line) => line.startsWith('effect'))).to.deep.equal([
      'effect: mappings renumbered (1)',
      'effect: social media users renumbered (1)',
    ])
    await traced.deleteCustomer({ customerNo: 'C2' })
    expect(last().filter((line) => line.startsWith('effect'))).to.deep.equal([
      'effect: addresses deleted (1)',
      'effect: social media users deleted (1)',
      'effect: mappings marked deletedInYaaS (1)',
    ])
  })

  it('of a transaction shows the points of all its calls', async () => {
    const { clientele } = await open([])
    const traces: Trace[] = []
    const work = ({ customers }: Transaction) => customers.createCustomer({ create: {} })
    await clientele.transaction('SiteGenesis', work, { onTrace: (trace) => void traces.push(trace) })
    expect(traces.map(({ operation, outcome, steps }) => [operation, outcome, steps.length])).to.deep.equal([
      ['transaction', 'done', 2],
    ])
  })

  it('holds no data of a customer, and an onTrace that throws changes nothing', async () => {
    const { traced, traces, clientele } = await open([
      { name: 'a', hooks: { [beforeCreate]: () => Promise.reject(new Error('secret-name')) } },
    ])
    await problemOf(traced.createCustomer({ create: { lastName: 'secret-name', customerNo: 'secret-name' } }))
    expect(JSON.stringify(traces)).to.not.include('secret-name')
    const broken = clientele.list('SiteGenesis', {
      onTrace: () => {
        throw new Error('mine')
      },
    })
    expect((await broken.findCustomers()).total).to.equal(0)
  })
})
