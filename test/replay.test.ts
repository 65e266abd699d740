/** The samples of both seed documents as HTTP requests to the example server (adapters/README.md, Samples). */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { startServer, type ServerChild } from './support/child.js'
import { send, type Answer } from './support/http.js'
import { tokenOf } from './support/tokens.js'
import { ocapi as ocapiFlavour } from '../adapters/ocapi/index.js'
import { openapi } from '../adapters/openapi/index.js'
import { yaas as yaasFlavour } from '../adapters/yaas/index.js'
import { answerCheck, type AnswerCheck } from './support/openapi.js'
import { samples as ocapi } from './samples/ocapi.js'
import { differences, type Sample, type SampleRequest } from './samples/sample.js'
import { samples as yaas } from './samples/yaas.js'

const documents: Readonly<Record<string, readonly Sample[]>> = { '003 (OCAPI)': ocapi, '000 (YaaS)': yaas }

describe('replay: every sample request of the seed documents (adapters/README.md, Samples)', () => {
  let server: ServerChild
  let tokens: { readonly ocapi: string; readonly yaas: string }
  let folder: string
  let checks: { readonly ocapi: AnswerCheck; readonly yaas: AnswerCheck }
  const begin = async (): Promise<void> => {
    const DATA_FILE = path.join(folder, 'customers.json')
    server = await startServer({ STORAGE: 'json-file', DATA_FILE, PLUGINS: 'dist/test/samples/seed-data.js' })
    tokens = { ocapi: await tokenOf(server.origin, 'ocapi'), yaas: await tokenOf(server.origin, 'yaas', 'acme') }
  }
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'clientele-'))
    const at = { server: 'https://shop.example.com' }
    const described = { ocapi: await openapi(ocapiFlavour(), at), yaas: await openapi(yaasFlavour(), at) }
    checks = { ocapi: answerCheck(described.ocapi), yaas: answerCheck(described.yaas) }
    await begin()
  })
  after(async () => {
    await server.stop()
    await rm(folder, { recursive: true })
  })

  /** Sends a request; its answer must be what the OpenAPI document says. */
  const ask = async ({ method, path, headers, body }: SampleRequest, etag = ''): Promise<Answer> => {
    const flavour = path.startsWith('/hybris/') ? 'yaas' : 'ocapi'
    const token = tokens[flavour]
    const sent = Object.entries(headers ?? {}).map(([name, value]) => [name, value.replace('<etag>', etag)] as const)
    const text = body === undefined ? {} : { body: JSON.stringify(body) }
    const all = [...sent, ['Authorization', `Bearer ${token}`] as const]
    const answer = await send(server.origin, { method, path, headers: all, ...text })
    expect(await checks[flavour](method, path.replace(/^\/s\/-/, ''), answer)).to.deep.equal([])
    return answer
  }

  /** Deletes every customer and mapping of list 4711, so that each sample starts from nothing. */
  const clear = async (): Promise<void> => {
    for (const [resource, status] of [
      ['customers', 202],
      ['sdCustomerMappings', 204],
    ] as const) {
      const path = `/hybris/cecentercustomer/v1/acme/${resource}`
      const found = await ask({ method: 'GET', path: `${path}?pageSize=1000` })
      const numbers = found.json<{ customerNumber: string }[]>().map(({ customerNumber }) => customerNumber)
      for (const number of new Set(numbers))
        expect((await ask({ method: 'DELETE', path: `${path}/${encodeURIComponent(number)}` })).status).to.equal(status)
    }
  }

  /** Every customer of list 4711 with its addresses, as both APIs show them. */
  const everything = async (): Promise<unknown[]> => {
    const found = await ask({ method: 'GET', path: '/hybris/cecentercustomer/v1/acme/customers?pageSize=1000' })
    const all: unknown[] = found.json<unknown[]>()
    for (const { id } of found.json<{ id: string }[]>()) {
      const customer = `/s/-/dw/data/v16_2/customer_lists/4711/customers/${encodeURIComponent(id)}`
      for (const path of [customer, `${customer}/addresses`]) {
        const { status, headers, text } = await ask({ method: 'GET', path })
        expect(status).to.equal(200)
        all.push([headers.etag, text.replaceAll(server.origin, '')])
      }
    }
    return all
  }

  for (const [name, samples] of Object.entries(documents)) {
    describe(name, () => {
      for (const sample of samples)
        it(`line ${sample.line}: ${sample.name}`, async () => {
          await clear()
          let etag: string | undefined
          for (const step of sample.given ?? []) {
            const made = await ask(step)
            expect(made.status, `${step.method} ${step.path}: ${made.text}`).to.be.within(200, 299)
            etag = made.headers.etag
          }
          const answer = await ask(sample.request, etag)
          expect(answer.status, answer.text).to.equal(sample.answer.status)
          const headers = Object.fromEntries(
            Object.entries(sample.answer.headers ?? {}).map(([header, value]) => [header.toLowerCase(), value]),
          )
          expect(differences(headers, answer.headers)).to.deep.equal([])
          if (sample.answer.body === undefined) {
            expect(answer.text).to.equal('')
            return
          }
          expect(differences(sample.answer.body, answer.json<unknown>())).to.deep.equal([])
          expect(answer.json()).not.to.have.any.keys(...(sample.answer.absent ?? ['']))
          const { method, path } = sample.request
          if (samples !== ocapi || method !== 'GET') return
          const xml = await ask({ ...sample.request, path: `${path}${path.includes('?') ? '&' : '?'}format=xml` })
          expect(xml.text).to.match(/^<\?xml/)
        })
    })
  }

  for (const signal of ['SIGTERM', 'SIGKILL'] as const)
    it(`a restart after ${signal} finds everything again`, async () => {
      for (const step of [...ocapi, ...yaas].flatMap(({ given }) => given ?? [])) await ask(step)
      const path = '/s/-/dw/data/v16_2/customer_lists/4711/customers'
      for (const login of ['one', 'two']) await ask({ method: 'POST', path, body: { credentials: { login } } })
      const before = await everything()
      expect(before).to.have.length.above(6)
      await server.stop(signal)
      await begin()
      expect(await everything()).to.deep.equal(before)
    })
})
