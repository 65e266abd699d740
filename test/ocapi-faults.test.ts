/**
 * Every fault of the OCAPI flavour, provoked over HTTP (decision 2.5). The table is total over the
 * fault map: a fault that nothing provokes does not compile here, or fails.
 */
import { gzipSync } from 'node:zlib'
import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { ocapi } from '../adapters/ocapi/index.js'
import type { OcapiOptions } from '../adapters/ocapi/index.js'
import { faultTypes } from '../adapters/ocapi/faults.js'
import type { FaultType } from '../adapters/ocapi/faults.js'
import { memoryStorage } from '../adapters/storage/local/memory.js'
import { Status, definePlugin } from '../core/index.js'
import { faultyStorage } from './faulty-storage.js'
import { callers, serve } from './support/api.js'
import type { Service } from './support/api.js'
import type { Answer, Sent } from './support/http.js'

const root = '/s/-/dw/data/v16_2/customer_lists/SiteGenesis'
const customers = `${root}/customers`
const c1 = `${customers}/c1`
const a1 = `${c1}/addresses/a1`

const settings: OcapiOptions['settings'] = {
  clients: [
    {
      client_id: 'ocapi-client',
      allowed_origins: ['https://shop.example.com'],
      resources: [
        { resource_id: '/customer_lists/{list_id}', methods: ['get'] },
        { resource_id: '/customer_lists/*/customers', methods: ['post'], read_attributes: '(**)' },
      ],
    },
  ],
}

const storage = faultyStorage(memoryStorage())
const plugin = definePlugin({
  name: 'moody',
  hooks: {
    'dw.ocapi.data.customer_list.customers.beforePOST': (create) => {
      if (create.title === 'refuse') return Status.error('NO', 'not today', { weekday: 'monday' })
      if (create.title === 'throw') throw new Error('a secret reason')
      return undefined
    },
    'dw.ocapi.data.customer_list.customer.beforeDELETE': () => {
      throw new Error('broken')
    },
  },
})

let open: Service
let strict: Service
let closed: Service
before(async () => {
  open = await serve({
    flavours: [ocapi()],
    maxBody: 2000,
    library: { storage, plugins: [plugin], breaker: { window: 4, failures: 2 } },
    authenticate: ({ token }) => {
      if (token === 'down') throw new Error('the token service is down')
      return callers[token]
    },
  })
  strict = await serve({ flavours: [ocapi({ settings, ifMatch: 'required', plainHttp: 'loopback' })] })
  closed = await serve({ flavours: [ocapi({ plainHttp: 'refused' })] })
  for (const { shop } of [open, strict]) {
    await shop.createCustomer({ create: { customerNo: 'c1', credentials: { login: 'first' } } })
    await shop.createCustomer({ create: { customerNo: 'c2' } })
    await shop.createAddress({ customerNo: 'c1', create: { addressId: 'a1' } })
    await shop.createAddress({ customerNo: 'c1', create: { addressId: 'a2' } })
  }
})
after(() => Promise.all([open.stop(), strict.stop(), closed.stop()]))

type Send = () => Promise<Answer>
const get =
  (path: string, more: Sent & { token?: string } = {}): Send =>
  () =>
    open.call('GET', path, more)
const create =
  (json: unknown, path = customers): Send =>
  () =>
    open.call('POST', path, { json })
const patch =
  (json: unknown, path = c1): Send =>
  () =>
    open.call('PATCH', path, { json })
const raw =
  (contentType: string, body: string | Uint8Array, more: Record<string, string> = {}): Send =>
  () =>
    open.call('POST', customers, { headers: { 'Content-Type': contentType, ...more }, body })
const login = { credentials: { login: 'new' } }

async function broken(): Promise<Answer> {
  const undo = storage.inject({ step: 'write', does: 'fail' })
  const answer = await patch({ title: 'x' })()
  undo()
  return answer
}

async function opened(): Promise<Answer> {
  let answer = await open.call('DELETE', c1)
  for (let n = 0; n < 5 && answer.status === 500; n++) answer = await open.call('DELETE', c1)
  return answer
}

/** Status, arguments, and requests that provoke it. */
type Expected = readonly [status: number, args: Readonly<Record<string, unknown>> | undefined, ...sends: Send[]]

const table: { readonly [T in FaultType]: Expected } = {
  SecureCommunicationRequiredException: [
    403,
    undefined,
    () => closed.call('GET', root),
    get(root, { headers: { Forwarded: 'for=10.0.0.1' } }),
    get(root, { headers: { 'X-Forwarded-For': '10.0.0.1' } }),
  ],
  InvalidHostHeaderException: [
    400,
    { host: 'a"b' },
    ...['a"b', '..:::', 'user@evil', 'a:b', 'a..b', '[::1', 'a, b'].map((host) =>
      get(root, { headers: { Host: host } }),
    ),
  ],
  IllegalHttpMethodOverrideException: [
    400,
    { method: 'patch' },
    create({}, `${c1}?method=patch`),
    () => open.call('POST', c1, { json: {}, headers: { 'x-dw-http-method-override': 'patch' } }),
  ],
  ResourcePathException: [
    400,
    { message: 'it has a malformed percent-encoding' },
    get(`${customers}/%E0%A4%A`),
    get(root.replace('/-/', '/%E0%A4%A/')),
  ],
  SiteAccessForbiddenException: [
    403,
    { siteId: 'Site X' },
    get(root.replace('/-/', '/Site%20X/')),
    get(root.replace('/-/', '/S%69te/')),
  ],
  InvalidVersionException: [400, undefined, get('/dw/data/16.2/customer_lists/x'), get('/dw/data//customer_lists/x')],
  VersionNotFoundException: [404, { version: '17.1' }, get('/dw/data/v17_1/customer_lists/x')],
  ResourcePathNotFoundException: [
    404,
    { path: '/dw/data/v16_2/Customer_lists/x' },
    get('/dw/data/v16_2/Customer_lists/x'),
  ],
  MethodNotAllowedException: [405, { method: 'PUT' }, () => open.call('PUT', c1), create({}, `${c1}?method=PUT`)],
  AuthorizationHeaderMissingException: [401, undefined, get(root, { token: '' })],
  InvalidAuthorizationHeaderException: [
    401,
    undefined,
    get(root, { token: '', headers: { Authorization: 'Basic YTpi' } }),
    get(root, { token: '', headers: { Authorization: 'Bearer' } }),
    get(root, { token: '', headers: { Authorization: 'Bearer a b' } }),
  ],
  InvalidAccessTokenException: [401, undefined, get(root, { token: 'unknown' }), get(root, { token: 'yaas' })],
  InvalidClientIdException: [
    400,
    { clientId: 'other' },
    get(`${root}?client_id=other`),
    get(root, { headers: { 'x-dw-client-id': 'other' } }),
  ],
  ClientAccessForbiddenException: [403, { method: 'GET', path: root }, get(root, { token: 'limited' })],
  UnauthorizedOriginException: [
    401,
    { origin: 'https://evil.example.com' },
    () => strict.call('POST', customers, { headers: { Origin: 'https://evil.example.com' }, json: {} }),
  ],
  UnauthorizedReadAccessException: [401, { method: 'GET', path: root }, () => strict.call('GET', root)],
  UnauthorizedWriteAccessException: [
    401,
    { method: 'POST', path: customers },
    () => strict.call('POST', customers, { json: login }),
  ],
  MalformedParameterException: [
    400,
    { parameter: 'start', value: 'abc' },
    get(`${c1}/addresses?start=abc`),
    get(`${c1}/addresses?start=abc&count=1`),
  ],
  ValueConstraintViolationException: [
    400,
    { parameter: 'count', expected: '1..200' },
    get(`${c1}/addresses?count=201`),
  ],
  MalformedSelectorException: [400, { selector: '(a' }, get(`${c1}?select=(a`)],
  UnsupportedFormatException: [415, { format: 'yaml' }, get(`${c1}?format=yaml`)],
  CharsetNotAcceptableException: [
    406,
    { charset: 'iso-8859-1' },
    get(c1, { headers: { 'Accept-Charset': 'iso-8859-1' } }),
  ],
  MalformedMediaTypeException: [400, { mediaType: 'json;' }, raw('json;', '{}')],
  UnsupportedContentTypeException: [
    415,
    { contentType: 'text/plain' },
    raw('text/plain', '{}'),
    raw('application/json', '{}', { 'Content-Encoding': 'compress' }),
  ],
  RequestEntityTooLargeException: [
    413,
    undefined,
    raw('application/json', JSON.stringify({ title: 'x'.repeat(3000) })),
    raw('application/json', gzipSync(' '.repeat(100_000)), { 'Content-Encoding': 'gzip' }),
  ],
  BodyDecodingException: [400, { position: 'line 2, column 5' }, raw('application/json', '{\n"a":,}')],
  CustomerListNotFoundException: [
    404,
    { customerListId: 'no' },
    get(root.replace('SiteGenesis', 'no')),
    get(c1.replace('SiteGenesis', 'no')),
    create({ nonsense: 1 }, customers.replace('SiteGenesis', 'no')),
    patch({ nonsense: 1 }, a1.replace('SiteGenesis', 'no')),
    () => open.call('DELETE', c1.replace('SiteGenesis', 'no')),
  ],
  CustomerListCustomerNotFoundException: [
    404,
    { customerNo: 'no', customerListId: 'SiteGenesis' },
    get(`${customers}/no`),
    get(`${customers}/no/addresses`),
    get(`${customers}/no/addresses/a1`),
    patch({ nonsense: 1 }, `${customers}/no`),
    create({ nonsense: 1 }, `${customers}/no/addresses`),
    () => open.call('DELETE', `${customers}/no`),
  ],
  CustomerListCustomerAddressNotFoundException: [
    404,
    { addressId: 'A1', customerNo: 'c1', customerListId: 'SiteGenesis' },
    get(`${c1}/addresses/A1`),
    patch({ nonsense: 1 }, `${c1}/addresses/A1`),
    () => open.call('DELETE', `${c1}/addresses/A1`),
  ],
  UnexpectedVersionException: [400, { version: '17.1' }, patch({ _v: '17.1' }), create({ ...login, _v: '17.1' })],
  UnknownPropertyException: [
    400,
    { property: 'nonsense', document: 'customer' },
    patch({ nonsense: 1 }),
    patch({ nonsense: null }),
    patch({ _delete: ['nonsense'] }),
    create({ nonsense: 1, gender: 'm' }),
  ],
  TypeDecodingException: [
    400,
    { path: 'gender', expectedTypes: ['Integer'], actualType: 'String' },
    patch({ gender: 'm' }),
    create({ gender: 'm', nonsense: 1 }),
  ],
  PropertyConstraintViolationException: [
    400,
    { document: 'customer', path: 'title' },
    patch({ title: 'x'.repeat(257) }),
    create({ ...login, title: 'a\u0000b' }),
    raw('application/json', '{"title":"\\ud800"}'),
  ],
  PropertyNotPermittedException: [
    400,
    { property: 'creation_date', document: 'customer' },
    patch({ creation_date: '2001-01-01T00:00:00.000Z' }),
    patch({ _delete: ['creation_date'] }),
    patch({ _delete: ['customer_id'] }),
    patch({ _delete: ['last_login_time'] }),
    patch({ customer_id: null }),
    create({ ...login, creation_date: 'x' }),
  ],
  EnumConstraintViolationException: [400, { document: 'customer', enumValue: 3 }, patch({ gender: 3 })],
  InvalidCustomPropertyException: [
    400,
    undefined,
    patch({ c_1: 1 }),
    patch({ 'c_a b': 1 }),
    patch({ c_x: { a: 1 } }),
    patch({ c_x: [null] }),
    patch({ c_x: [[1]] }),
    patch({ c_x: 'a\u0000b' }),
    patch({ _delete: ['c_1'] }),
    raw('application/json', '{"c___proto__":1}'),
    raw('application/json', '{"c_i":9007199254740993}'),
    raw('application/json', '{"c_i":[1,-9007199254740993]}'),
  ],
  IfMatchRequiredException: [
    409,
    undefined,
    async () => {
      const needing = await serve({ flavours: [ocapi({ ifMatch: 'required' })] })
      await needing.shop.createCustomer({ create: { customerNo: 'c1' } })
      const answer = await needing.call('PATCH', c1, { json: {} })
      await needing.stop()
      return answer
    },
  ],
  InvalidIfMatchException: [
    412,
    { ifMatch: 'x' },
    () => open.call('PATCH', c1, { json: {}, headers: { 'If-Match': 'x' } }),
    () => open.call('DELETE', a1, { headers: { 'If-Match': 'x' } }),
  ],
  HookStatusException: [
    400,
    {
      extensionPoint: 'dw.ocapi.data.customer_list.customers.beforePOST',
      statusCode: 'NO',
      statusMsg: 'not today',
      statusDetails: { weekday: 'monday' },
    },
    create({ ...login, title: 'refuse' }),
  ],
  HookCircuitBreakerException: [503, { extensionPoint: 'dw.ocapi.data.customer_list.customer.beforeDELETE' }, opened],
  CredentialsMissingException: [400, undefined, create({}), create({ credentials: null }), create({ email: 'bad' })],
  LoginMissingException: [
    400,
    undefined,
    create({ credentials: {} }),
    create({ credentials: { login: null } }),
    patch({ credentials: { password: 'x' } }, `${customers}/c2`),
    patch({ credentials: { password_question: 'x' } }, `${customers}/c2`),
  ],
  InvalidLoginException: [
    400,
    undefined,
    create({ credentials: { login: '' } }),
    create({ credentials: { login: 'a<b' }, email: 'bad' }),
    create({ credentials: { login: 'x'.repeat(257) } }),
    patch({ credentials: { login: ' ' } }),
  ],
  InvalidEmailException: [400, { email: 'bad' }, create({ ...login, email: 'bad' }), patch({ email: 'bad' })],
  InvalidPasswordException: [
    400,
    undefined,
    create({ credentials: { login: 'pw', password: '' } }),
    patch({ credentials: { password: '  ' } }),
  ],
  LoginAlreadyInUseException: [
    400,
    undefined,
    create({ credentials: { login: ' FIRST ' } }),
    patch({ credentials: { login: 'First' } }, `${customers}/c2`),
  ],
  CustomerNumberAlreadyInUseException: [
    400,
    undefined,
    create({ ...login, customer_no: 'C1' }),
    patch({ customer_no: 'c1 ' }, `${customers}/c2`),
  ],
  InvalidAddressIdException: [
    400,
    undefined,
    create({}, `${c1}/addresses`),
    create({ address_id: null }, `${c1}/addresses`),
    create({ address_id: ' ' }, `${c1}/addresses`),
    create({ address_id: '..' }, `${c1}/addresses`),
    patch({ address_id: '' }, a1),
  ],
  AddressIdAlreadyInUseException: [
    400,
    undefined,
    create({ address_id: 'a1' }, `${c1}/addresses`),
    patch({ address_id: 'a1' }, `${c1}/addresses/a2`),
  ],
  ServiceUnavailableException: [503, undefined, broken],
  InternalServerErrorException: [500, undefined, create({ ...login, title: 'throw' })],
}

describe('ocapi: every fault, over HTTP (adapters/ocapi/README.md, Faults; 2.5)', () => {
  for (const [type, [status, args, ...sends]] of Object.entries(table))
    for (const [at, send] of sends.entries())
      it(`${type}${sends.length > 1 ? `, ${at + 1}` : ''}`, async () => {
        const answer = await send()
        const body = answer.json<{ fault: { type: string; message: string; arguments?: Record<string, unknown> } }>()
        expect(body.fault.type, answer.text).to.equal(type)
        expect(answer.status).to.equal(status)
        expect(body).to.include({ _v: '16.2', _type: 'fault' })
        expect(body.fault.message).to.be.a('string').and.not.include('{')
        const given = body.fault.arguments
        if (type === 'InternalServerErrorException') expect(given?.['incident']).to.match(/^[0-9a-f]{16}$/)
        else if (at === 0) expect(given).to.deep.equal(args)
        expect(answer.headers['content-type']).to.equal('application/json;charset=UTF-8')
        expect(answer.text).to.not.include('secret')
      })

  it('has the texts of the seed', () => {
    expect(faultTypes.InvalidEmailException.text).to.equal('The syntax of the email address is invalid.')
    expect(faultTypes.AddressIdAlreadyInUseException.text).to.equal('Customer address id is already in use.')
    expect(faultTypes.InvalidPasswordException.text).to.equal("Password doesn't match acceptance criteria.")
    expect(faultTypes.SecureCommunicationRequiredException.text).to.equal('Secure communication required.')
  })

  it('leaves the records as they were', async () => {
    expect(await open.shop.findCustomers()).to.include({ total: 2 })
    expect(await open.shop.getCustomer({ customerNo: 'c1' })).to.include({ version: 1 })
    expect(await open.shop.findAddresses({ customerNo: 'c1' })).to.include({ total: 2 })
  })

  it('types the arguments where the host says so', async () => {
    const typed = await serve({ flavours: [ocapi({ faultArguments: 'typed' })] })
    expect((await typed.call('GET', c1)).json()).to.have.deep.nested.property('fault.arguments', {
      customerNo: { type: 'string', value: 'c1' },
      customerListId: { type: 'string', value: 'SiteGenesis' },
    })
    await typed.stop()
  })

  it('names an encoding that it cannot read as such', async () => {
    const answer = await raw('application/json', '{}', { 'Content-Encoding': 'compress' })()
    expect(answer.json()['fault']).to.deep.equal({
      type: 'UnsupportedContentTypeException',
      message: "Content encoding 'compress' is not supported.",
      arguments: { contentEncoding: 'compress' },
    })
  })

  it('gives authenticate the method that runs (1.12, 2.18)', async () => {
    const seen: string[] = []
    const watched = await serve({
      flavours: [ocapi()],
      authenticate: ({ method }) => void seen.push(method),
    })
    await watched.call('POST', `${c1}?method=DELETE`)
    await watched.call('POST', c1, { headers: { 'x-dw-http-method-override': 'PATCH' } })
    await watched.call('GET', c1)
    expect(seen).to.deep.equal(['DELETE', 'PATCH', 'GET'])
    await watched.stop()
  })

  it('takes a caller from any thenable, and says 503 when a host gives what is no caller (1.12)', async () => {
    const given: Record<string, unknown> = {
      thenable: { then: (resolve: (caller: unknown) => void) => resolve(callers['ocapi']) },
      refused: { then: (resolve: (caller: unknown) => void) => resolve(undefined) },
      broken: { then: (_: unknown, reject: (error: Error) => void) => reject(new Error('down')) },
      bare: { clientId: 'a' },
      text: 'ocapi',
      lists: { ...callers['ocapi'], lists: 'SiteGenesis' },
    }
    const loose = await serve({ flavours: [ocapi()], authenticate: ({ token }) => given[token] as never })
    const statusOf = async (token: string) => (await loose.call('GET', root, { token })).status
    expect(await Promise.all(Object.keys(given).map(statusOf))).to.deep.equal([200, 401, 503, 503, 503, 503])
    await loose.stop()
  })

  it('repeats no more of a request than it must', async () => {
    const long = 'x'.repeat(1500)
    const answers = [
      await patch({ _v: [long] })(),
      await patch({ _v: { [long]: 1 } })(),
      await patch({ gender: [long] })(),
      await patch({ [long]: 1 })(),
      await patch({ _delete: [long] })(),
      await patch({ email: long })(),
      await patch({ _type: [long] })(),
    ]
    for (const { status, text } of answers) {
      expect(status).to.equal(400)
      expect(text.length, text).to.be.below(1300)
    }
  })

  it('says 503 with an incident when nobody can tell whether a token is good (1.12)', async () => {
    const answer = await open.call('GET', c1, { token: 'down' })
    expect(answer.status).to.equal(503)
    expect(answer.json()).to.have.nested.property('fault.type', 'ServiceUnavailableException')
    expect(answer.json()).to.have.nested.property('fault.arguments.incident').that.is.a('string')
  })
})
