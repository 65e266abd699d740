/** Hostile requests of all kinds to the OCAPI flavour: never a 500, never a reply without the form of a fault. */
import { expect } from 'chai'
import fc from 'fast-check'
import { after, before, describe, it } from 'mocha'
import { ocapi } from '../../adapters/ocapi/index.js'
import { serve } from '../support/api.js'
import type { Service } from '../support/api.js'
import { openapi } from '../../adapters/openapi/index.js'
import { answerCheck } from '../support/openapi.js'
import type { AnswerCheck } from '../support/openapi.js'
import { sendBytes } from '../support/http.js'

const lists = '/dw/data/v16_2/customer_lists'
let service: Service
let asDescribed: AnswerCheck
const incidents: unknown[] = []

before(async () => {
  asDescribed = answerCheck(await openapi(ocapi(), { server: 'https://shop.example.com' }))
  service = await serve({ flavours: [ocapi()], library: { onError: (error) => incidents.push(error) } })
  await service.shop.createCustomer({ create: { customerNo: 'c1', credentials: { login: 'c1' } } })
  await service.shop.createAddress({ customerNo: 'c1', create: { addressId: 'a1' } })
})
after(() => service.stop())

const words = [
  ...[
    '_v',
    '_type',
    '_delete',
    'credentials',
    'login',
    'enabled',
    'locked',
    'password_question',
    'customer_no',
    'email',
  ],
  ...['birthday', 'gender', 'title', 'address_id', 'country_code', 'full_name', 'etag', 'c_a', 'c_', 'c___proto__'],
  ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', 'then', 'length', ''],
]
const odd = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom(
    ...words,
    'a@example.com',
    '16.2',
    'customer',
    '\u0000',
    '\ud800',
    '\uffff',
    '.',
    '..',
    ' ',
    '2020-02-30',
    'x'.repeat(300),
  ),
)
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { depthSize: 'medium', withCrossShrink: true },
    odd,
    fc.integer(),
    fc.double(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('any'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(fc.constantFrom(...words), odd), tie('any'), { maxKeys: 5 }),
  ),
})).any
const segment = fc.oneof(
  odd.map((text) => encodeURIComponent(text.replaceAll(/\p{Surrogate}/gu, ''))),
  fc.constantFrom('c1', 'a1', 'SiteGenesis', '%', '%2F', '%00', '%E0%A4%A', '..', '.', '%2e%2e', '', 'customers'),
)
const path = fc.oneof(
  segment.map((id) => `${lists}/SiteGenesis/customers/${id}`),
  segment.map((id) => `${lists}/SiteGenesis/customers/c1/addresses/${id}`),
  fc
    .constantFrom('', '/c1', '/c1/addresses', '/c1/addresses/a1')
    .map((rest) => `${lists}/SiteGenesis/customers${rest}`),
  fc.tuple(segment, segment).map(([a, b]) => `/s/${a}/dw/data/${b}/customer_lists/x`),
  fc.array(segment, { maxLength: 6 }).map((segments) => `/dw/data/${segments.join('/')}`),
)
const query = fc
  .dictionary(fc.constantFrom('select', 'format', 'start', 'count', 'method', 'client_id', 'expand', 'locale'), odd, {
    maxKeys: 3,
  })
  .map((pairs) => new URLSearchParams(pairs).toString())
const selector = fc
  .array(
    fc.constantFrom('(', ')', '*', '**', '[', ']', '?', '@', '.', 'a', "'", '==', '&&', '||', ',', '-', '+', '0', ':'),
    { maxLength: 15 },
  )
  .map((parts) => `select=${encodeURIComponent(parts.join(''))}`)
const headerText = fc.oneof(
  fc.constantFrom(
    '*',
    'W/"x"',
    'application/json',
    'text/xml',
    'utf-8',
    'gzip',
    'deflate, br',
    'bytes=0-',
    '\u00e9',
    'a,b;q=x',
    ';;;',
    '1e99',
  ),
  fc.stringMatching(/^[ -~]{0,30}$/).map((text) => text.trim()),
)
const names = [
  'If-Match',
  'Accept',
  'Accept-Charset',
  'Content-Type',
  'Content-Encoding',
  'x-dw-http-method-override',
  'x-dw-client-id',
  'Origin',
  'Host',
  'Forwarded',
  'Expect-Nothing',
]
const headers = fc.dictionary(fc.constantFrom(...names), headerText, { maxKeys: 3 })
const xml = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '<customer>',
        '</customer>',
        '<title>',
        '</title>',
        '<c_a type="set">',
        '<value>',
        '</value>',
        '</c_a>',
        '<_delete>',
        '</_delete>',
        '&#1;',
        '&amp;',
        '<![CDATA[',
        ']]>',
        '<!--',
        '-->',
        '<?x?>',
        '<a b="c"/>',
        '<a:b xmlns:a="x"/>',
      ),
      odd,
    ),
    { maxLength: 8 },
  )
  .map((parts) => `<customer>${parts.join('')}</customer>`)
const json = value.map((any) => JSON.stringify(any))
const body = fc.oneof(
  { weight: 4, arbitrary: json },
  xml,
  odd,
  json.map((text) => text.slice(0, -1)),
)

describe('ocapi: hostile requests', () => {
  it('10,000 generated requests: no 500, and every refusal is a fault', async () => {
    const request = fc.record({
      method: fc.constantFrom('GET', 'POST', 'PATCH', 'DELETE', 'PUT', 'OPTIONS'),
      path,
      query: fc.oneof(query, selector, fc.constant('')),
      headers,
      body: fc.option(body),
      isXml: fc.boolean(),
      token: fc.constantFrom('ocapi', 'ocapi', 'ocapi', 'ocapi', 'limited', 'yaas', ''),
    })
    const seen = new Map<string, number>()
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 20, maxLength: 20 }), async (requests) => {
        await Promise.all(
          requests.map(async ({ method, path: target, query: asked, headers: given, body: text, isXml, token }) => {
            const sent = { ...(text?.startsWith('<') && isXml && { 'Content-Type': 'application/xml' }), ...given }
            const withBody = text !== null && method !== 'GET' && { body: text }
            const answer = await service.call(method, target + (asked && `?${asked}`), {
              headers: sent,
              token,
              ...withBody,
            })
            const about = JSON.stringify({ method, target, asked, sent, text })
            expect(answer.status, `${about} ${answer.text} ${String(incidents.at(-1))}`).to.be.below(500)
            const isOverridden = asked.includes('method=') || 'x-dw-http-method-override' in sent
            if (!isOverridden) expect(asDescribed(method, target, answer), about).to.deep.equal([])
            const kind = /(?:"type":"|<type>)(\w+)/.exec(answer.text)?.[1] ?? String(answer.status)
            seen.set(kind, (seen.get(kind) ?? 0) + 1)
            if (answer.status >= 400 && target.startsWith('/dw/data/'))
              expect(answer.text, about).to.match(/^(\{"_v":"16\.2","_type":"fault"|<\?xml.*\n<fault version="16\.2">)/)
          }),
        )
        if ((await service.call('GET', `${lists}/SiteGenesis/customers/c1`)).status === 404)
          await service.shop.createCustomer({ create: { customerNo: 'c1' } })
      }),
      { numRuns: 500, interruptAfterTimeLimit: 300_000, markInterruptAsFailure: false },
    )
    expect(incidents).to.deep.equal([])
    expect([...seen.keys()], 'the requests reach most checks').to.have.length.above(18)
  })

  it('10,000 generated documents: no 500, and what was accepted can be read in both formats', async () => {
    const seen = new Set<string>()
    const property = fc.tuple(fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...words) }, odd), value)
    const document = fc
      .array(property, { maxLength: 4 })
      .map((pairs) => JSON.stringify(Object.fromEntries(pairs)).replaceAll('\\u0000', '\\u0001'))
    const target = fc.constantFrom(
      ['POST', ''],
      ['PATCH', '/c1'],
      ['POST', '/c1/addresses'],
      ['PATCH', '/c1/addresses/a1'],
    )
    const request = fc.record({ target, text: fc.oneof({ weight: 9, arbitrary: document }, xml), login: fc.boolean() })
    let count = 0
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 20, maxLength: 20 }), async (requests) => {
        for (const { target, text, login } of requests) {
          const [method, rest] = target as [string, string]
          const credentials = `{"credentials":{"login":"l${++count}"},"address_id":"i${count}",`
          const body = login && text.startsWith('{') && text !== '{}' ? credentials + text.slice(1) : text
          const type = text.startsWith('<') ? 'text/xml' : 'application/json'
          const answer = await service.call(method, `${lists}/SiteGenesis/customers${rest}`, {
            headers: { 'Content-Type': type },
            body,
          })
          expect(answer.status, `${body} ${String(incidents.at(-1))}`).to.be.below(500)
          const path = `${lists}/SiteGenesis/customers${rest}`
          expect(asDescribed(method, path, answer), body).to.deep.equal([])
          seen.add(/(?:"type":"|<type>)(\w+)/.exec(answer.text)?.[1] ?? String(answer.status))
          if (answer.status !== 200) continue
          for (const format of ['json', 'xml']) {
            const read = await service.call('GET', `${lists}/SiteGenesis/customers/c1?format=${format}`)
            expect(read.status, body).to.be.oneOf([200, 404])
          }
        }
        const now = await service.call('GET', `${lists}/SiteGenesis/customers/c1/addresses/a1`)
        if (now.status === 200) return
        await service.clientele
          .list('SiteGenesis')
          .createCustomer({ create: { customerNo: 'c1' } })
          .catch(() => undefined)
        await service.shop.createAddress({ customerNo: 'c1', create: { addressId: 'a1' } })
      }),
      { numRuns: 500, interruptAfterTimeLimit: 300_000, markInterruptAsFailure: false },
    )
    expect(incidents).to.deep.equal([])
    expect([...seen], 'the documents reach most checks').to.have.length.above(8)
  })

  it('requests that are no HTTP, or hardly', async () => {
    const path = `${lists}/SiteGenesis`
    for (const bytes of [
      `GET ${path} HTTP/1.0\r\nAuthorization: Bearer ocapi\r\n\r\n`,
      `GET http://elsewhere.example${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ocapi\r\n\r\n`,
      `GET ${path}?a=%zz&select=%ff HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ocapi\r\n\r\n`,
      `GET ${path}#fragment HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ocapi\r\n\r\n`,
      `GET ${path}\\..\\x HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ocapi\r\n\r\n`,
      `POST ${path}/customers HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ocapi\r\nContent-Length: 0\r\n\r\n`,
      `PATCH ${path}/customers/c1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ocapi\r\nAuthorization: Bearer x\r\nIf-Match: a\r\nIf-Match: b\r\nContent-Length: 2\r\n\r\n{}`,
    ]) {
      const answer = await sendBytes(service.origin, bytes)
      expect(answer, bytes).to.match(/^HTTP\/1\.1 [234]\d\d /)
    }
  })
})
