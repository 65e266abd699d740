import { generateKeyPairSync } from 'node:crypto'
import { expect } from 'chai'
import { describe, it } from 'mocha'
import { toFetchHandler } from 'clientele/fetch'
import { customerApi, toNodeHandler } from 'clientele/koa'
import { toNodeHandler as toPlainHandler } from 'clientele/node'
import { SetupError, createClientele, definePlugin } from 'clientele'
import { requireFields, webhook } from 'clientele/hooks'
import { introspection, jwt, staticTokens } from 'clientele/oauth'
import { ocapi } from 'clientele/ocapi'
import { jsonFileStorage } from 'clientele/storage/json-file'
import { memoryStorage } from 'clientele/storage/memory'
import { postgresStorage } from 'clientele/storage/postgres'
import { hookKit } from 'clientele/testing'
import { schemaFetcher, yaas } from 'clientele/yaas'

const customerLists = [{ id: 'SiteGenesis' }]
const authenticate = () => undefined

/** A factory called as plain JavaScript calls it. */
type Loose = (...given: readonly unknown[]) => unknown
const loose = (factory: unknown): Loose => factory as Loose

/** What a factory says when it is called like this; fails if it says nothing. */
async function saidBy(factory: unknown, ...given: readonly unknown[]): Promise<string> {
  try {
    await loose(factory)(...given)
  } catch (error) {
    expect(error).to.be.instanceOf(SetupError)
    return (error as SetupError).message
  }
  throw new Error('it took the options')
}

describe('README, Options of createClientele: every factory tells what it cannot use when it starts', () => {
  const library = { list: () => undefined }
  const api = { flavours: [ocapi()], authenticate }
  const unknown: readonly (readonly [string, unknown, readonly unknown[], string])[] = [
    ['createClientele', createClientele, [{ customerLists, storage: memoryStorage(), plugin: [] }], 'plugins'],
    ['limits', createClientele, [{ customerLists, storage: memoryStorage(), limits: { handlers: 1 } }], 'handler'],
    ['breaker', createClientele, [{ customerLists, storage: memoryStorage(), breaker: { opensMs: 1 } }], 'openMs'],
    ['policies', createClientele, [{ customerLists, storage: memoryStorage(), policies: { mail: isGood } }], 'email'],
    ['ids', createClientele, [{ customerLists, storage: memoryStorage(), ids: { hex: isGood } }], 'hex24'],
    ['mixins', createClientele, [{ customerLists, storage: memoryStorage(), mixins: { schema: {} } }], 'schemas'],
    ['customerApi', customerApi, [library, { ...api, maxbody: 1 }], 'maxBody'],
    ['customerApi: diagnostics', customerApi, [library, { ...api, diagnostics: { dryrun: true } }], 'dryRun'],
    ['toNodeHandler', toNodeHandler, [isGood, { trustproxy: true }], 'trustProxy'],
    ['toNodeHandler', toPlainHandler, [library, { ...api, trustproxy: true }], 'trustProxy'],
    ['toFetchHandler', toFetchHandler, [library, { ...api, trustproxy: true }], 'trustProxy'],
    ['hookKit', hookKit, [[], { limit: {} }], 'limits'],
    ['ocapi', ocapi, [{ ifmatch: 'required' }], 'ifMatch'],
    ['yaas', yaas, [{ base: '/a' }], 'basePath'],
    ['yaas: defaults', yaas, [{ defaults: { preferredLocale: 'de' } }], 'preferredSite'],
    ['memoryStorage', memoryStorage, [{ maxWait: 1 }], 'maxWaiting'],
    ['jsonFileStorage', jsonFileStorage, [{ path: 'a.json' }], 'file'],
    ['postgresStorage', postgresStorage, [{ connection: 'postgres://a' }], 'locks'],
    ['jwt', jwt, [{ key: {} }], 'keys'],
    ['introspection', introspection, [{ timeOut: 1 }], 'timeout'],
    ['schemaFetcher', schemaFetcher, [{ origin: 'https://a' }], 'origins'],
    ['webhook', webhook, [{ uri: 'https://a' }], 'url'],
    ['requireFields', requireFields, [{ customers: [] }], 'customer'],
  ]
  for (const [name, factory, given, nearest] of unknown)
    it(`${name}: names the nearest option`, async () => {
      const said = await saidBy(factory, ...given)
      expect(said).to.match(new RegExp(`^${name} has no option '\\w+'; did you mean '`))
      if (name !== 'postgresStorage' && nearest !== 'preferredSite') expect(said).to.contain(`'${nearest}'?`)
    })

  it('plug-ins: names the nearest part', async () => {
    const plugin = { name: 'mine', hooks: {}, runbefore: [] }
    const said = await saidBy(createClientele, { customerLists, storage: memoryStorage(), plugins: [plugin] })
    expect(said).to.equal("plug-in 'mine' has no option 'runbefore'; did you mean 'runBefore'?")
  })

  it('a promise: says "await it"', async () => {
    const later = Promise.resolve(memoryStorage())
    const awaited = 'is a promise: await it'
    expect(await saidBy(createClientele, { customerLists, storage: later })).to.contain(`storage ${awaited}`)
    expect(await saidBy(createClientele, Promise.resolve({}))).to.contain(awaited)
    expect(await saidBy(customerApi, Promise.resolve(library), api)).to.equal(`customerApi: the library ${awaited}`)
    expect(await saidBy(customerApi, library, { ...api, flavours: [Promise.resolve(ocapi())] })).to.contain(awaited)
    expect(await saidBy(toNodeHandler, Promise.resolve(isGood))).to.contain(awaited)
    const plugins = [Promise.resolve(definePlugin({ name: 'a', hooks: {} }))]
    expect(await saidBy(createClientele, { customerLists, storage: memoryStorage(), plugins })).to.contain(awaited)
  })

  it('another type: says what would do', async () => {
    const storage = memoryStorage()
    expect(await saidBy(createClientele, { customerLists, storage: memoryStorage })).to.equal(
      'createClientele: storage must be an object, not a function: call it',
    )
    expect(await saidBy(createClientele, { customerLists, storage, plugins: {} })).to.equal(
      'createClientele: plugins must be a list, not an object',
    )
    expect(await saidBy(createClientele, { customerLists, storage, logger: { warn: isGood } })).to.equal(
      'createClientele: logger.debug must be a function, not undefined',
    )
    expect(await saidBy(customerApi, library, { ...api, flavours: [ocapi] })).to.equal(
      'customerApi: flavours[0] must be an object, not a function: call it',
    )
    expect(await saidBy(createClientele)).to.contain('must be an object, not undefined')
  })

  it('customerApi does not start without authenticate or flavours', async () => {
    expect(await saidBy(customerApi, library, { flavours: [ocapi()] })).to.equal(
      "customerApi needs the option 'authenticate'",
    )
    expect(await saidBy(customerApi, library, { authenticate })).to.equal("customerApi needs the option 'flavours'")
    expect(await saidBy(customerApi, library)).to.contain('must be an object, not undefined')
  })

  it('values that cannot be meant: says which and why', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519')
    const token = { issuer: 'https://login.example.com', audience: 'customers', flavours: ['ocapi'] }
    const asked = { ...token, endpoint: new URL('https://login.example.com/introspect'), clientId: 'a' }
    const wrong: readonly (readonly [factory: unknown, given: unknown, said: string])[] = [
      [staticTokens, { 'two words': { clientId: 'a', flavours: [] } }, 'staticTokens: token 1 holds characters'],
      [jwt, { ...token, keys: privateKey }, 'jwt: keys is a private key'],
      [jwt, { ...token, keys: publicKey, audience: '' }, 'jwt: audience is missing'],
      [jwt, { ...token, keys: publicKey, algorithms: ['HS256'] }, 'jwt: algorithms: HS256 given'],
      [jwt, { ...token, keys: new URL('http://login.example.com') }, 'neither https nor on this machine'],
      [jwt, { ...token, keys: { keys: [] } }, 'jwt: keys must be'],
      [introspection, { ...asked, clientSecret: '' }, 'introspection: clientSecret is missing'],
      [schemaFetcher, { origins: ['http://schemas.example.com'] }, 'is no origin like'],
      [webhook, { url: 'https://a.example.com', secret: '' }, 'webhook needs a secret'],
      [webhook, { url: 'a.example.com', secret: 'x' }, 'webhook: url: Invalid URL'],
      [
        createClientele,
        { customerLists, storage: memoryStorage(), mixins: { schemas: { 'https://a': 1 } } },
        'is no object',
      ],
    ]
    for (const [factory, given, said] of wrong) expect(await saidBy(factory, given)).to.contain(said)
  })

  it('storages do not start without what they need', async () => {
    expect(await saidBy(jsonFileStorage, {})).to.equal("jsonFileStorage needs the option 'file'")
    const needs = "postgresStorage needs the option 'connectionString' or 'pool'"
    expect(await saidBy(postgresStorage, {})).to.equal(needs)
    expect(await saidBy(postgresStorage, { connectionString: undefined })).to.equal(needs)
  })
})

function isGood(): boolean {
  return true
}
