/** Rules of the OCAPI flavour over HTTP: order of checks, formats, values, credentials. */
import { createHook } from 'node:async_hooks'
import { expect } from 'chai'
import { after, before, describe, it } from 'mocha'
import { ocapi } from '../adapters/ocapi/index.js'
import { memoryStorage } from '../adapters/storage/local/memory.js'
import { Secret, definePlugin } from '../core/index.js'
import type { Hooks, Storage } from '../core/index.js'
import { openShop } from './support/shop.js'
import { serve } from './support/api.js'
import type { Service } from './support/api.js'
import type { Answer, Sent } from './support/http.js'

const root = '/s/-/dw/data/v16_2/customer_lists/SiteGenesis'
const customers = `${root}/customers`
const typeOf = (answer: Answer) => answer.json<{ fault?: { type: string } }>().fault?.type

let service: Service
let count = 0
before(async () => {
  service = await serve({ flavours: [ocapi()] })
})
after(() => service.stop())
const create = (json: object) =>
  service.call('POST', customers, { json: { credentials: { login: `r-${++count}` }, ...json } })
async function customer(json: object = {}): Promise<string> {
  const answer = await create(json)
  expect(answer.status, answer.text).to.equal(200)
  return `${customers}/${encodeURIComponent(String(answer.json()['customer_no']))}`
}

describe('ocapi: the order of checks (2.24)', () => {
  it('each request is wrong in everything that comes later, and only the first is told', async () => {
    const plugin = definePlugin({
      name: 'p',
      hooks: {
        'dw.ocapi.data.customer_list.customer.beforePATCH': (_, update) => {
          if (update.title === 'stop') throw new Error('reached')
        },
      },
    })
    const ordered = await serve({ flavours: [ocapi()], maxBody: 300, library: { plugins: [plugin] } })
    await ordered.shop.createCustomer({ create: { customerNo: 'c', credentials: { login: 'c' } } })
    await ordered.shop.createCustomer({ create: { customerNo: 'd', credentials: { login: 'd' } } })
    const wrong = {
      proxy: { 'X-Forwarded-For': '1.2.3.4' },
      override: { 'x-dw-http-method-override': 'NO' },
      format: { 'Content-Type': 'text/plain' },
      ifMatch: { 'If-Match': 'x' },
    }
    const big = { body: `{"title":"${'x'.repeat(400)}"}` }
    const steps: readonly [string, string, string, Sent & { token?: string }][] = [
      [
        'SecureCommunicationRequiredException',
        'POST',
        '/s/x/dw/data/v1/x',
        { headers: { ...wrong.proxy, ...wrong.override } },
      ],
      ['IllegalHttpMethodOverrideException', 'POST', '/s/x/dw/data/v1/x', { headers: wrong.override, token: '' }],
      ['SiteAccessForbiddenException', 'GET', '/s/x/dw/data/v1_1/x', { token: '' }],
      ['VersionNotFoundException', 'GET', '/dw/data/v1_1/x', { token: '' }],
      ['ResourcePathNotFoundException', 'GET', '/dw/data/v16_2/x', { token: '' }],
      ['MethodNotAllowedException', 'PUT', `${customers}/c`, { token: '' }],
      ['AuthorizationHeaderMissingException', 'PATCH', `${customers}/c?client_id=x`, { token: '' }],
      ['InvalidAccessTokenException', 'PATCH', `${customers}/c?client_id=x`, { token: 'no' }],
      ['InvalidClientIdException', 'PATCH', `${customers}/c?client_id=x&select=x`, { token: 'limited' }],
      ['ClientAccessForbiddenException', 'PATCH', `${customers}/c?select=x`, { token: 'limited', ...big }],
      ['MalformedSelectorException', 'PATCH', `${customers}/no?select=x&format=x`, { headers: wrong.format, ...big }],
      ['UnsupportedFormatException', 'PATCH', `${customers}/no?format=x`, { headers: wrong.format, ...big }],
      ['UnsupportedContentTypeException', 'PATCH', `${customers}/no`, { headers: wrong.format, ...big }],
      ['RequestEntityTooLargeException', 'PATCH', `${customers}/no`, big],
      ['BodyDecodingException', 'PATCH', `${customers}/no`, { body: '{' }],
      ['CustomerListCustomerNotFoundException', 'PATCH', `${customers}/no`, { body: '{"x":1}' }],
      ['UnknownPropertyException', 'PATCH', `${customers}/c`, { body: '{"x":1,"gender":3}', headers: wrong.ifMatch }],
      ['InvalidIfMatchException', 'PATCH', `${customers}/c`, { json: { title: 'stop' }, headers: wrong.ifMatch }],
      ['InternalServerErrorException', 'PATCH', `${customers}/c`, { json: { title: 'stop', email: 'bad' } }],
      ['InvalidLoginException', 'PATCH', `${customers}/c`, { json: { email: 'bad', credentials: { login: '' } } }],
      ['InvalidEmailException', 'PATCH', `${customers}/c`, { json: { email: 'bad', customer_no: 'd' } }],
      ['CustomerNumberAlreadyInUseException', 'PATCH', `${customers}/c`, { json: { customer_no: 'd' } }],
    ]
    for (const [type, method, path, more] of steps)
      expect(typeOf(await ordered.call(method, path, more)), `${method} ${path}`).to.equal(type)
    await ordered.stop()
  })
})

describe('ocapi: formats and media types (2.15)', () => {
  const formatOf = async (path: string, headers: Record<string, string> = {}) =>
    /application\/(\w+)/.exec(String((await service.call('GET', path, { headers })).headers['content-type']))?.[1]

  it('format beats Accept, and Accept breaks a tie', async () => {
    expect(await formatOf(root)).to.equal('json')
    expect(await formatOf(`${root}?format=xml`, { Accept: 'application/json' })).to.equal('xml')
    expect(await formatOf(`${root}?format=json`, { Accept: 'text/xml' })).to.equal('json')
    for (const [accept, format] of [
      ['text/xml', 'xml'],
      ['application/xml;q=0.9, application/json', 'json'],
      ['application/xml, application/json;q=0.9', 'xml'],
      ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'xml'],
      ['*/*', 'json'],
      ['image/png', 'json'],
      ['application/xml;q=0, */*', 'json'],
      ['nonsense;;;', 'json'],
      ['Application/XML', 'xml'],
      ['TEXT/*', 'xml'],
      ['application/xml;q=0.1, application/*;q=0.05', 'xml'],
      ['application/json;q=0.2, application/*;q=0.5', 'xml'],
      ['application/xml;q=0.4, */*;q=0.9, text/xml;q=0.4', 'json'],
      ['application/json;q=0, */*;q=0.1', 'xml'],
    ] as const)
      expect(await formatOf(root, { Accept: accept }), accept).to.equal(format)
  })

  it('is the same for every fault of a request, however early', async () => {
    for (const [method, query, contentType, format] of [
      ['GET', 'json', 'application/xml', 'json'],
      ['GET', 'xml', 'application/json', 'xml'],
      ['DELETE', 'xml', 'application/json', 'xml'],
      ['PATCH', 'xml', 'application/json', 'json'],
      ['PATCH', 'json', 'text/xml', 'xml'],
      ['PUT', 'json', 'text/xml', 'xml'],
    ] as const) {
      const headers = { 'Content-Type': contentType }
      for (const token of ['', 'ocapi']) {
        const answer = await service.call(method, `${customers}/no?format=${query}`, { headers, token, body: '' })
        expect(answer.headers['content-type'], `${method} ${answer.text}`).to.include(format)
      }
    }
  })

  it('the Content-Type of a body beats format', async () => {
    const json = await service.call('POST', `${customers}?format=xml`, { json: { credentials: { login: 'f1' } } })
    expect(json.headers['content-type']).to.include('json')
    const none = await service.call('POST', `${customers}?format=xml`, { body: '{"credentials":{"login":"f2"}}' })
    expect(none.headers['content-type']).to.include('xml')
  })

  it('media types: UTF-8 in any spelling, no other charset, no other type', async () => {
    for (const [contentType, status] of [
      ['application/json; charset=utf-8', 200],
      ['APPLICATION/JSON;Charset="UTF8"', 200],
      ['application/json;', 200],
      ['application/json; a="b\\"c"; d=e', 200],
      ['application/json; charset=iso-8859-1', 415],
      ['application/merge-patch+json', 415],
      ['text/json', 415],
      ['application/x-www-form-urlencoded', 415],
      ['multipart/form-data; boundary=x', 415],
      ['application', 400],
      ['application/', 400],
      ['application/json; x', 400],
      ['a b/c', 400],
    ] as const) {
      const answer = await service.call('PATCH', await customer(), {
        headers: { 'Content-Type': contentType },
        body: '{}',
      })
      expect(answer.status, contentType).to.equal(status)
    }
  })

  it('reads hostile headers in linear time, before it knows who asks', async () => {
    const started = process.cpuUsage()
    for (const contentType of [
      `application/json${';  '.repeat(4000)}@`,
      `application/json;${' '.repeat(15_000)}@`,
      `application/json;a="${'\\"'.repeat(5000)}`,
    ]) {
      const headers = { 'Content-Type': contentType }
      expect((await service.call('POST', customers, { headers, token: '' })).status).to.equal(401)
      expect((await service.call('POST', customers, { headers })).status).to.equal(400)
    }
    for (const name of ['Accept', 'Accept-Charset', 'If-Match', 'Origin'])
      for (const text of [' ', ';  ', ',;', 'utf-8;q=0'])
        await service.call('GET', root, { headers: { [name]: `a${text.repeat(12_000 / text.length)}@` } })
    expect(process.cpuUsage(started).user).to.be.below(1_000_000)
  })

  it('a charset that the client does not take is 406', async () => {
    for (const [accept, status] of [
      ['utf-8', 200],
      ['iso-8859-1, utf-8;q=0.1', 200],
      ['*', 200],
      ['', 200],
      ['iso-8859-1', 406],
      ['utf-8;q=0', 406],
    ] as const)
      expect((await service.call('GET', root, { headers: { 'Accept-Charset': accept } })).status, accept).to.equal(
        status,
      )
  })
})

describe('ocapi: values (1.4, 1.8 to 1.11, 2.9, 2.10)', () => {
  it('keeps an empty string as a value', async () => {
    const path = await customer({ title: '', last_name: '' })
    expect((await service.call('GET', path)).json()).to.include({ title: '', last_name: '' })
    const address = { address_id: 'a', country_code: '', last_name: '' }
    expect((await service.call('POST', `${path}/addresses`, { json: address })).json()).to.include(address)
  })

  it('counts lengths in code points, and trims what is a key', async () => {
    const astral = '\u{1f600}'.repeat(256)
    expect((await create({ title: astral })).json()).to.include({ title: astral })
    expect(typeOf(await create({ title: `${astral}x` }))).to.equal('PropertyConstraintViolationException')
    const made = await create({ customer_no: '  Spaced  ', credentials: { login: ' Trim Me ' } })
    expect(made.json()).to.include({ customer_no: 'Spaced' }).and.have.nested.property('credentials.login', 'Trim Me')
    expect((await service.call('GET', `${customers}/sPACED`)).status).to.equal(200)
    const long = await create({ customer_no: `  ${'9'.repeat(100)}\t` })
    expect(long.json(), long.text).to.include({ customer_no: '9'.repeat(100) })
    expect(typeOf(await create({ credentials: { login: 'TRIM me' } }))).to.equal('LoginAlreadyInUseException')
  })

  it('refuses what cannot be a value, with the fault of its kind', async () => {
    for (const [json, type] of [
      [{ customer_no: '' }, 'PropertyConstraintViolationException'],
      [{ customer_no: ' ' }, 'PropertyConstraintViolationException'],
      [{ customer_no: '.' }, 'PropertyConstraintViolationException'],
      [{ customer_no: ' .. ' }, 'PropertyConstraintViolationException'],
      [{ customer_no: 'x'.repeat(101) }, 'PropertyConstraintViolationException'],
      [{ email: '' }, 'InvalidEmailException'],
      [{ email: `${'x'.repeat(250)}@example.com` }, 'InvalidEmailException'],
      [{ email: 'a@b' }, 'InvalidEmailException'],
      [{ birthday: '' }, 'TypeDecodingException'],
      [{ birthday: '2011-02-29' }, 'TypeDecodingException'],
      [{ birthday: '2011-2-1' }, 'TypeDecodingException'],
      [{ gender: 1.5 }, 'TypeDecodingException'],
      [{ gender: '1' }, 'TypeDecodingException'],
      [{ gender: 3 }, 'EnumConstraintViolationException'],
      [{ credentials: [] }, 'TypeDecodingException'],
      [{ credentials: 'x' }, 'TypeDecodingException'],
      [{ credentials: { login: 1 } }, 'TypeDecodingException'],
      [{ credentials: { locked: false, login: 'x' } }, 'PropertyNotPermittedException'],
      [{ last_modified: 'x' }, 'UnknownPropertyException'],
      [{ primary_address: {} }, 'UnknownPropertyException'],
      [{ customer_number: '1' }, 'UnknownPropertyException'],
      [{ customer_id: '1' }, 'PropertyNotPermittedException'],
      [{ _type: 'customer_address' }, 'PropertyConstraintViolationException'],
      [{ title: '\ufffe' }, 'PropertyConstraintViolationException'],
    ] as const)
      expect(typeOf(await create(json)), JSON.stringify(json).slice(0, 60)).to.equal(type)
    const path = await customer()
    for (const [json, type] of [
      [{ customer_no: null }, 'PropertyConstraintViolationException'],
      [{ credentials: null }, 'PropertyConstraintViolationException'],
      [{ credentials: { login: null } }, 'PropertyConstraintViolationException'],
      [{ credentials: { _delete: ['login'] } }, 'PropertyConstraintViolationException'],
      [{ _delete: ['credentials'] }, 'PropertyConstraintViolationException'],
      [{ credentials: { enabled: null } }, 'PropertyConstraintViolationException'],
    ] as const)
      expect(typeOf(await service.call('PATCH', path, { json })), JSON.stringify(json)).to.equal(type)
    const address = { address_id: 'a', country_code: 'DEU' }
    expect(typeOf(await service.call('POST', `${path}/addresses`, { json: address }))).to.equal(
      'PropertyConstraintViolationException',
    )
    await service.call('POST', `${path}/addresses`, { json: { address_id: 'a' } })
    for (const json of [{ address_id: null }, { _delete: ['address_id'] }])
      expect(typeOf(await service.call('PATCH', `${path}/addresses/a`, { json }))).to.equal(
        'PropertyConstraintViolationException',
      )
  })

  it('generates eight digits that skip numbers in use (2.14)', async () => {
    const other = await serve({ flavours: [ocapi()] })
    for (const customerNo of ['00000001', '00000003']) await other.shop.createCustomer({ create: { customerNo } })
    const made: unknown[] = []
    for (const login of ['a', 'b'])
      made.push((await other.call('POST', customers, { json: { credentials: { login } } })).json()['customer_no'])
    expect(made).to.deep.equal(['00000002', '00000004'])
    await other.stop()
  })

  it('shows a country of three letters that came from elsewhere (1.10), and the contact name without name parts', async () => {
    await service.shop.createCustomer({ create: { customerNo: 'wide' } })
    await service.shop.createAddress({
      customerNo: 'wide',
      create: { addressId: 'a', countryCode: 'DEU', contactName: 'C. O. Ntact' },
    })
    const path = `${customers}/wide/addresses/a`
    const read = await service.call('GET', path)
    expect(read.json()).to.include({ country_code: 'DEU', full_name: 'C. O. Ntact' })
    const back = await service.call('PATCH', path, { json: read.json() })
    expect([back.status, back.json()], back.text).to.deep.equal([200, read.json()])
    expect(typeOf(await service.call('PATCH', path, { json: { country_code: 'AUT' } }))).to.equal(
      'PropertyConstraintViolationException',
    )
    const patched = await service.call('PATCH', path, { json: { last_name: 'Krenz', suffix: 'jr.' } })
    expect(patched.json()).to.include({ full_name: 'Krenz jr.' })
  })
})

describe('ocapi: credentials (2.12, 2.13)', () => {
  const marker = 'Marker-P4ssword'

  /** A storage that keeps a text of everything that is written. */
  function recorded(): { storage: Storage; written: string[] } {
    const inner = memoryStorage()
    const written: string[] = []
    const storage: Storage = {
      open: (options) => inner.open(options),
      read: (list, work) => inner.read(list, work),
      write: (list, work) =>
        inner.write(list, (unit) => {
          const { customers, addresses, accounts, mappings, socialMediaUsers, signIns } = unit
          const noted: typeof customers = {
            get: (key) => customers.get(key),
            find: (query) => customers.find(query),
            remove: (record) => customers.remove(record),
            insert: (record) => (written.push(JSON.stringify(record)), customers.insert(record)),
            update: (record) => (written.push(JSON.stringify(record)), customers.update(record)),
          }
          const others = { addresses, accounts, mappings, socialMediaUsers, signIns }
          return work({ customers: noted, ...others, lock: (key) => unit.lock(key), flush: () => unit.flush() })
        }),
      counter: (list, name, n) => inner.counter(list, name, n),
      figures: () => inner.figures(),
      close: () => inner.close(),
    }
    return { storage, written }
  }

  it('stores a salted scrypt hash, and shows the password nowhere: no reply, log line, fault, hook argument, event', async () => {
    const seen: string[] = []
    const look = (...args: readonly unknown[]) =>
      void seen.push(JSON.stringify(args), ...args.map((each) => String((each as { password?: unknown })?.password)))
    const names = [
      'customers.beforePOST',
      'customers.afterPOST',
      'customer.beforePATCH',
      'customer.afterPATCH',
      'customer.beforeDELETE',
    ]
    const hooks = Object.fromEntries(names.map((name) => [`dw.ocapi.data.customer_list.${name}`, look])) as Hooks
    const { storage, written } = recorded()
    const log = (message: string, fields?: object) => void seen.push(message + JSON.stringify(fields))
    const secretive = await serve({
      flavours: [ocapi()],
      library: {
        storage,
        plugins: [definePlugin({ name: 'looks', hooks })],
        logger: { debug: log, info: log, warn: log, error: log },
        onError: (error, facts) => void seen.push(String(error), JSON.stringify(facts)),
        policies: { password: (password) => password.reveal() !== `${marker}-refused` },
      },
    })
    secretive.clientele.subscribe((event) => void seen.push(JSON.stringify(event)))
    const credentials = { login: 'secretive', password: marker }
    const made = await secretive.call('POST', customers, { json: { customer_no: 's', credentials } })
    expect(made.status, made.text).to.equal(200)
    const path = `${customers}/s`
    const answers = [
      made,
      await secretive.call('PATCH', path, { json: { credentials: { password: `${marker}-2` } } }),
      await secretive.call('PATCH', path, { json: { credentials: { password: `${marker}-refused` } } }),
      await secretive.call('PATCH', path, { json: { credentials: { password: [marker] } } }),
      await secretive.call('PATCH', path, { body: `{"credentials":{"password":"${marker}"` }),
      await secretive.call('PATCH', path, {
        headers: { 'Content-Type': 'text/xml' },
        body: `<customer><credentials><password>${marker}</password></credentials>`,
      }),
      await secretive.call('POST', customers, { json: { credentials } }),
      await secretive.call('GET', `${path}?select=(**,credentials.(password))`),
      await secretive.call('GET', `${path}?format=xml`),
      await secretive.call('PATCH', path, { json: { credentials: { password: null } } }),
      await secretive.call('DELETE', path),
    ]
    expect(answers.map(({ status }) => status)).to.deep.equal([200, 200, 400, 400, 400, 400, 400, 200, 200, 200, 204])
    const all = [...seen, ...written, ...answers.map(({ text }) => text)].join('\n')
    expect(all).to.not.include(marker)
    expect(answers.map(({ text }) => text).join('\n')).to.not.match(/hash|scrypt|"password"/)
    expect(seen.join('\n')).to.not.match(/scrypt/)
    const hashes = written.map(
      (text) => /\$scrypt\$ln=17,r=8,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}/.exec(text)?.[0],
    )
    const salted = hashes.filter((hash) => hash !== undefined)
    expect(salted.length).to.be.at.least(2)
    expect(new Set(salted).size, 'each has a salt of its own').to.equal(salted.length)
    await secretive.stop()
  })

  it('hashes two passwords at a time', async () => {
    let started = 0
    const hook = createHook({ init: (_, type) => void (type === 'SCRYPTREQUEST' && started++) }).enable()
    const { clientele, shop } = await openShop()
    const created = ['a', 'b', 'c'].map((login) =>
      shop.createCustomer({ create: { credentials: { login } }, password: new Secret('same') }),
    )
    const count = () => started
    while (count() === 0) await new Promise((resolve) => setImmediate(resolve))
    await new Promise((resolve) => setImmediate(resolve))
    expect(started).to.equal(2)
    await Promise.all(created)
    expect(started).to.equal(3)
    hook.disable()
    await clientele.close()
  })

  it('keeps the account state: enabled by PATCH without an account, locked only by the library', async () => {
    await service.shop.createCustomer({ create: { customerNo: 'bare' } })
    const path = `${customers}/bare`
    expect((await service.call('GET', path)).json()['credentials']).to.deep.equal({ enabled: true, locked: false })
    const disabled = await service.call('PATCH', path, { json: { credentials: { enabled: false, locked: false } } })
    expect(disabled.json()['credentials']).to.deep.equal({ enabled: false, locked: false })
    await service.shop.updateCustomer({ customerNo: 'bare', update: { credentials: { locked: true } } })
    expect((await service.call('GET', path)).json()['credentials']).to.deep.equal({ enabled: false, locked: true })
    expect(typeOf(await service.call('PATCH', path, { json: { credentials: { locked: false } } }))).to.equal(
      'PropertyNotPermittedException',
    )
    const login = await service.call('PATCH', path, { json: { credentials: { login: 'bare' } } })
    expect(login.json()).to.have.nested.property('credentials.login', 'bare')
  })

  it('accepts logins of letters, digits, space and . - _ @ +, or any email; a host may bring its own rule', async () => {
    for (const [login, status] of [
      ['Ünï çødé 1.-_@+', 200],
      ['o\u2019neil', 400],
      ["o'neil@example.com", 200],
      ['a\u00a0b', 400],
      ['tab\there', 400],
      ['x'.repeat(256), 200],
      [` ${'y'.repeat(256)} `, 200],
      ['Rene\u0301', 200],
      ['q\u0301', 400],
      ['\u0301', 400],
      ['e\u0301'.repeat(256), 200],
    ] as const)
      expect((await create({ credentials: { login } })).status, login).to.equal(status)
    const strict = await serve({
      flavours: [ocapi()],
      library: { policies: { login: (login) => login.startsWith('ok') } },
    })
    const answers = ['ok1', 'no'].map((login) => strict.call('POST', customers, { json: { credentials: { login } } }))
    expect((await Promise.all(answers)).map(({ status }) => status)).to.deep.equal([200, 400])
    await strict.stop()
  })
})
