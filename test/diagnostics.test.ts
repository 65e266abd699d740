/** Trace and dry run over HTTP: headers that an option of the Koa adapter allows (4.7). */
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { ocapi } from '../adapters/ocapi/index.js'
import { memoryStorage } from '../adapters/storage/local/memory.js'
import { yaas } from '../adapters/yaas/index.js'
import { Status } from '../core/index.js'
import type { Context, Plugin, Trace } from '../core/index.js'
import { serve } from './support/api.js'
import type { ServiceOptions } from './support/api.js'
import type { Answer } from './support/http.js'
import { contentsOf } from './support/ways.js'
import { yaasBase, yaasCallers } from './support/yaas.js'

const beforeCreate = 'dw.ocapi.data.customer_list.customers.beforePOST'
const ocapiPath = '/s/-/dw/data/v16_2/customer_lists/SiteGenesis/customers'
const yaasPath = `${yaasBase}/sitegenesis/customers`

async function open(diagnostics: ServiceOptions['diagnostics'], plugins: readonly Plugin[] = []) {
  const storage = memoryStorage()
  const service = await serve({
    flavours: [ocapi(), yaas()],
    authenticate: ({ token }) => yaasCallers[token],
    library: { storage, plugins },
    ...(diagnostics && { diagnostics }),
  })
  const { customerNo } = await service.shop.createCustomer({ create: { lastName: 'Lebowski' } })
  return { service, storage, customerNo }
}

const traceOf = (answer: Answer) =>
  JSON.parse(String(answer.headers['x-clientele-trace'])) as Trace & { omitted?: number }
const traced = { 'x-clientele-trace': '1' }
const dry = { 'x-clientele-dry-run': '1' }

describe('x-clientele-trace: why did my hook not run?', () => {
  it('is off unless the host allows it', async () => {
    const { service } = await open(undefined)
    const answer = await service.call('GET', `${ocapiPath}/00000001`, { headers: traced })
    expect(answer.headers).to.not.have.property('x-clientele-trace')
    await service.stop()
  })

  it('gives points, handlers, outcome and the request id, in both APIs, also of a refusal', async () => {
    const plugins: Plugin[] = [
      {
        name: 'größe',
        hooks: { [beforeCreate]: (create) => (create.lastName === 'no' ? Status.error('NO', 'no') : undefined) },
      },
      { name: 'late', hooks: { [beforeCreate]: () => undefined } },
    ]
    const { service } = await open({ trace: true }, plugins)
    const json = { last_name: 'yes', credentials: { login: 'dude' } }
    const made = await service.call('POST', ocapiPath, { headers: traced, json })
    expect(made.status, made.text).to.equal(200)
    expect(traceOf(made)).to.include({ operation: 'createCustomer', list: 'SiteGenesis', outcome: 'done' })
    expect(traceOf(made).steps.map(({ step }) => step)).to.deep.equal(['point', 'handler', 'handler', 'point'])

    const headers = { ...traced, 'hybris-request-id': 'r-7' }
    const refused = await service.call('POST', yaasPath, { token: 'yaas', headers, json: { lastName: 'no' } })
    expect(refused.status).to.equal(400)
    expect(traceOf(refused)).to.include({ operation: 'createCustomer', outcome: 'refusedByHook', requestId: 'r-7' })
    expect(traceOf(refused).steps[1]).to.include({ plugin: 'größe', outcome: 'error', reason: 'NO' })
    expect(traceOf(refused).steps[2]).to.include({
      plugin: 'late',
      outcome: 'skipped',
      reason: "plug-in 'größe' ended the point",
    })
    await service.stop()
  })

  it('says so when a request ended before its points, or before any operation', async () => {
    const { service } = await open({ trace: true })
    const unknown = await service.call('DELETE', `${ocapiPath}/nobody`, { headers: traced })
    expect(traceOf(unknown)).to.deep.include({ operation: 'deleteCustomer', outcome: 'customerNotFound', steps: [] })
    const stranger = await service.call('DELETE', `${ocapiPath}/00000001`, { headers: traced, token: '' })
    expect(stranger.status).to.equal(401)
    expect(traceOf(stranger).outcome).to.equal('the request was answered before any operation ran')
    const read = await service.call('GET', `${yaasPath}/00000001`, { headers: traced, token: 'yaas' })
    expect(traceOf(read)).to.deep.include({ operation: 'getCustomer', outcome: 'done', steps: [] })
    await service.stop()
  })

  it('is cut to what a header can carry', async () => {
    const plugins = Array.from({ length: 90 }, (_, at): Plugin => ({
      name: `plug-in-${at}`,
      hooks: { [beforeCreate]: () => undefined },
    }))
    const { service } = await open({ trace: true }, plugins)
    const answer = await service.call('POST', yaasPath, { token: 'yaas', headers: traced, json: {} })
    expect(answer.status, answer.text).to.equal(201)
    expect(String(answer.headers['x-clientele-trace']).length).to.be.at.most(6000)
    const { steps, omitted = 0 } = traceOf(answer)
    expect(steps.length + omitted).to.equal(92)
    await service.stop()
  })
})

describe('x-clientele-dry-run: the would-be answer, and nothing stored', () => {
  it('in both APIs, for every method that writes', async () => {
    const seen: unknown[] = []
    const plugins: Plugin[] = [
      {
        name: 'p',
        hooks: {
          [beforeCreate](_create, _list, { dryRun, afterCommit }: Context) {
            seen.push(dryRun)
            afterCommit(() => void seen.push('task'))
          },
        },
      },
    ]
    const { service, storage, customerNo } = await open({ dryRun: true }, plugins)
    await service.clientele.idle()
    seen.splice(0)
    const before = await contentsOf(storage)
    const yaasToken = { token: 'yaas', headers: dry }
    const answers = [
      await service.call('POST', ocapiPath, { headers: dry, json: { credentials: { login: 'dude' } } }),
      await service.call('PATCH', `${ocapiPath}/${customerNo}`, { headers: dry, json: { last_name: 'x' } }),
      await service.call('POST', `${ocapiPath}/${customerNo}/addresses`, {
        headers: dry,
        json: { address_id: 'home' },
      }),
      await service.call('DELETE', `${ocapiPath}/${customerNo}`, { headers: dry }),
      await service.call('POST', yaasPath, { ...yaasToken, json: { contactEmail: 'dude@example.com' } }),
      await service.call('PUT', `${yaasPath}/${customerNo}`, { ...yaasToken, json: { lastName: 'x' } }),
      await service.call('DELETE', `${yaasPath}/${customerNo}`, yaasToken),
    ]
    expect(answers.map(({ status }) => status)).to.deep.equal([200, 200, 200, 204, 201, 200, 202])
    for (const answer of answers) expect(answer.headers['x-clientele-dry-run']).to.equal('1')
    expect(answers[1]?.json()['last_name']).to.equal('x')
    expect(answers[4]?.headers['location']).to.include(yaasPath)
    await service.clientele.idle()
    expect(seen).to.deep.equal([true, true])
    expect(await contentsOf(storage)).to.equal(before)
    await service.stop()
  })

  it('fails as the write would, and together with a trace', async () => {
    const { service } = await open({ dryRun: true, trace: true })
    const headers = { ...dry, ...traced }
    const answer = await service.call('PUT', `${yaasPath}/nobody`, { token: 'yaas', headers, json: {} })
    expect(answer.status).to.equal(404)
    const made = await service.call('POST', yaasPath, { token: 'yaas', headers, json: {} })
    expect(traceOf(made).outcome).to.equal('dryRun')
    await service.stop()
  })

  it('is refused where the host does not allow it, so that nobody believes a write was none', async () => {
    const { service, storage } = await open({ trace: true })
    const before = await contentsOf(storage)
    const first = await service.call('POST', ocapiPath, { headers: dry, json: { credentials: { login: 'dude' } } })
    const second = await service.call('POST', yaasPath, { token: 'yaas', headers: dry, json: {} })
    for (const answer of [first, second]) {
      expect(answer.status, answer.text).to.equal(400)
      expect(answer.text).to.match(
        /x-clientele-dry-run.*(expected no dry runs|asks for a dry run, and this server makes none)/,
      )
      expect(answer.headers).to.not.have.property('x-clientele-dry-run')
    }
    expect(await contentsOf(storage)).to.equal(before)
    expect((await service.call('GET', `${ocapiPath}/00000001`, { headers: dry })).status).to.equal(200)
    await service.stop()
  })
})
