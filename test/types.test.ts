/** Types: what must not compile, and that each schema and its interface say the same. */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import type { FromSchema } from 'json-schema-to-ts'
import { after, before, describe, it } from 'mocha'
import type { Account, AccountCreate, Address, Customer, MappingCreate } from '../core/index.js'
import { extensionPoints } from '../core/index.js'
import type {
  accountCreateSchema,
  addressSchema,
  customerSchema,
  externalAccountSchema,
  mappingCreateSchema,
} from '../core/model/schemas.js'
import { root } from './support/sources.js'

/** Sources that must not compile: the line with `// <-` has exactly this error, and nothing else is wrong. */
const refused: readonly (readonly [what: string, source: string, error: RegExp])[] = [
  [
    'a misspelt point',
    `definePlugin({ name: 'p', hooks: {
      'dw.ocapi.data.customer_list.customers.afterPOST'() {},
      'dw.ocapi.data.customer_list.customer.beforePOST'() {}, // <-
    } })`,
    /does not exist in type/,
  ],
  [
    'an unknown property of a plug-in',
    `definePlugin({ name: 'p', hooks: {},
      runFirst: true, // <-
    })`,
    /'runFirst' does not exist/,
  ],
  [
    'one argument too many',
    `definePlugin({ name: 'p', hooks: {
      'dw.ocapi.data.customer_list.customers.beforePOST'(create, listId, context, more) {}, // <-
    } })`,
    /Target signature provides too few arguments|is not assignable to type/,
  ],
  [
    'an argument of another point',
    `definePlugin({ name: 'p', hooks: { 'dw.ocapi.data.customer_list.customer.beforeDELETE'(customer) {
      customer.addressId // <-
    } } })`,
    /Property 'addressId' does not exist/,
  ],
  [
    'a wrong type in a document',
    `definePlugin({ name: 'p', hooks: { 'dw.ocapi.data.customer_list.customers.beforePOST'(create) {
      create.lastName = 5 // <-
    } } })`,
    /'number' is not assignable to type 'string'/,
  ],
  [
    'null where nothing can be removed',
    `definePlugin({ name: 'p', hooks: { 'dw.ocapi.data.customer_list.customer.beforePATCH'(customer, update) {
      update.lastName = null
      update.customerNo = null // <-
    } } })`,
    /'null' is not assignable/,
  ],
  [
    'a change of what the library keeps',
    `definePlugin({ name: 'p', hooks: { 'dw.ocapi.data.customer_list.customer.beforePATCH'(customer) {
      customer.version = 2 // <-
    } } })`,
    /read-only property/,
  ],
  [
    'a change of the request document in an after point',
    `definePlugin({ name: 'p', hooks: { 'dw.ocapi.data.customer_list.customers.afterPOST'(customer, create) {
      customer.lastName = 'x'
      create.lastName = 'x' // <-
    } } })`,
    /read-only property/,
  ],
  [
    'a change of the previous state',
    `definePlugin({ name: 'p', hooks: { 'dw.ocapi.data.customer_list.customer.afterDELETE'(listId, { previous }) {
      previous.lastName = 'x' // <-
    } } })`,
    /read-only property/,
  ],
  [
    'a previous state on create',
    `definePlugin({ name: 'p', hooks: { 'dw.ocapi.data.customer_list.customers.afterPOST'(customer, create, listId, { previous }) {
      previous.lastName // <-
    } } })`,
    /possibly 'undefined'|does not exist on type 'never'|undefined/,
  ],
  [
    'an address as the previous state of a customer',
    `definePlugin({ name: 'p', hooks: { 'dw.ocapi.data.customer_list.customer.afterPATCH'(customer, update, listId, { previous }) {
      previous.city // <-
    } } })`,
    /Property 'city' does not exist/,
  ],
  ...[`return create`, `return true`, `return 'OK'`, `return 2`, `return { status: 0 }`].map(
    (statement) =>
      [
        `a handler that says: ${statement}`,
        `definePlugin({ name: 'p', hooks: {
      'dw.ocapi.data.customer_list.customers.beforePOST'(create) { ${statement} }, // <-
    } })`,
        /is not assignable to type/,
      ] as const,
  ),
  [
    'a promise of something else',
    `definePlugin({ name: 'p', hooks: {
      async 'dw.ocapi.data.customer_list.customers.beforePOST'(create) { return create }, // <-
    } })`,
    /is not assignable to type/,
  ],
  ['a missing input', `void shop.getCustomer() // <-`, /Expected 1 arguments, but got 0/],
  ['a wrong input', `void shop.getCustomer({ customer_no: 'C1' }) // <-`, /'customer_no' does not exist/],
  [
    'an unknown property of a document',
    `void shop.createCustomer({ create: { colour: 'red' } }) // <-`,
    /'colour' does not exist/,
  ],
  [
    'a password in clear',
    `void shop.createCustomer({ create: {}, password: 'secret' }) // <-`,
    /'string' is not assignable to type 'Secret'/,
  ],
  ['an unknown operation', `void shop.dropCustomers({}) // <-`, /Property 'dropCustomers' does not exist/],
  [
    'a change of a result',
    `void shop.getCustomer({ customerNo: 'C1' }).then((customer) => {
      customer.lastName = 'x' // <-
    })`,
    /read-only property/,
  ],
  [
    'a dry run of a read',
    `void clientele.dryRun('L').getCustomer({ customerNo: 'C1' }) // <-`,
    /'getCustomer' does not exist/,
  ],
  ['a misspelt option', `void createClientele({ customerLists: [], plugin: [] }) // <-`, /'plugin' does not exist/],
  ['a problem that is not there', `if (problem.kind === 'customerGone') {} // <-`, /no overlap/],
]

/** What must compile: every point with all its arguments, and every form of an outcome. */
const accepted = `
export const everything = definePlugin({ name: 'p', runAfter: ['q'], hooks: {
${extensionPoints.map(({ name }) => `  '${name}'(...args) { const context: Context = args[args.length - 1] as Context; void context },`).join('\n')}
} })
export const outcomes = [
  definePlugin({ name: 'a', hooks: { 'dw.ocapi.data.customer_list.customers.beforePOST'(create, listId, context) {
    create.credentials ??= {}
    create.credentials.login = listId.toUpperCase()
    create.custom = { ...create.custom, tags: ['a', 1, true] }
    context.afterCommit(async (signal) => { await Promise.resolve(signal.aborted) })
    return create.lastName ? Status.OK : Status.error('NAME_MISSING', 'a name is needed', { property: 'lastName' })
  } } }),
  definePlugin({ name: 'b', hooks: { async 'dw.ocapi.data.customer_list.customer.afterDELETE'(listId, { previous, customers }) {
    await customers.findAddresses({ customerNo: previous.customerNo })
    return new Status(Status.ERROR)
  } } }),
  definePlugin({ name: 'c', hooks: { 'dw.ocapi.data.customer_list.customer.address.beforePATCH': (customer, address, update) => {
    update.city = null
    address.isDefault = true
    customer.title = 'Dr'
  } } }),
  definePlugin({ name: 'd', hooks: { 'dw.ocapi.data.customer_list.customers.beforePOST': () => undefined } }),
]
void shop.findCustomers()
void shop.createCustomer({ create: {}, password: new Secret('x') })
if (problem.kind === 'refusedByHook') console.log(problem.extensionPoint)
`

const head = `import { CustomerError, Secret, Status, createClientele, definePlugin } from '${root}dist/core/index.js'
import type { Clientele, Context, CustomerOperations, Problem } from '${root}dist/core/index.js'
declare const clientele: Clientele
declare const shop: CustomerOperations
declare const problem: Problem
void [clientele, shop, problem, CustomerError, Secret, Status, createClientele, definePlugin, {} as Context]
`

describe('types: what must not compile (4.2)', () => {
  let folder: string
  /** Errors by file: line and message. */
  const errors = new Map<string, { readonly line: number; readonly message: string }[]>()
  const nameOf = (index: number) => `refused-${index}.ts`

  before(async function () {
    this.timeout(60_000)
    folder = await mkdtemp(path.join(os.tmpdir(), 'clientele-types-'))
    await Promise.all([
      ...refused.map(([, source], at) => writeFile(path.join(folder, nameOf(at)), `${head}${source}\n`)),
      writeFile(path.join(folder, 'accepted.ts'), `${head}${accepted}`),
      writeFile(path.join(folder, 'package.json'), '{ "type": "module" }'),
      writeFile(
        path.join(folder, 'tsconfig.json'),
        JSON.stringify({
          compilerOptions: {
            target: 'ES2022',
            module: 'NodeNext',
            strict: true,
            exactOptionalPropertyTypes: true,
            noEmit: true,
            skipLibCheck: true,
            types: ['node'],
            typeRoots: [`${root}node_modules/@types`],
          },
          include: ['*.ts'],
        }),
      ),
    ])
    const compiler = `${root}node_modules/typescript/bin/tsc`
    const output = await promisify(execFile)(process.execPath, [compiler, '-p', folder, '--pretty', 'false']).then(
      ({ stdout }) => stdout,
      (error: { stdout: string }) => error.stdout,
    )
    for (const line of output.split('\n')) {
      const [, file, at, message] = /([\w-]+\.ts)\((\d+),\d+\): error (.*)/.exec(line) ?? []
      if (file === undefined) continue
      errors.set(file, [...(errors.get(file) ?? []), { line: Number(at), message: message ?? '' }])
    }
  })
  after(() => rm(folder, { recursive: true }))

  it('every point with its arguments, and every outcome, compile', () => {
    expect(errors.get('accepted.ts') ?? []).to.deep.equal([])
  })

  for (const [at, [what, , message]] of refused.entries())
    it(`not ${what}`, async () => {
      const lines = (await readFile(path.join(folder, nameOf(at)), 'utf8')).split('\n')
      const found = errors.get(nameOf(at)) ?? []
      expect([...new Set(found.map(({ line }) => line))]).to.deep.equal([
        lines.findIndex((line) => line.includes('// <-')) + 1,
      ])
      expect(found[0]?.message).to.match(message)
    })
})

/** True for two types that are the same, key by key. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : { a: A; b: B }
/** Without readonly, and with free-form values as what any schema says of them. */
type Plain<T> = unknown extends T
  ? unknown
  : T extends readonly (infer E)[]
    ? Plain<E>[]
    : T extends object
      ? { -readonly [K in keyof T]: Plain<T[K]> }
      : T

type Free = { [name: string]: unknown }
/** What an interface says more exactly than its schema: values of mixins are any JSON, a gender is one of three numbers. */
type AsSchema<T> = Plain<{
  [K in keyof T]: K extends 'mixins' ? Free : K extends 'gender' ? 0 | 1 | 2 : T[K]
}>

type Checks = [
  Same<Plain<FromSchema<typeof customerSchema>>, AsSchema<Customer>>,
  Same<Plain<FromSchema<typeof addressSchema>>, AsSchema<Address>>,
  Same<Plain<FromSchema<typeof accountCreateSchema>>, AsSchema<AccountCreate>>,
  Same<Plain<FromSchema<typeof mappingCreateSchema>>, AsSchema<MappingCreate>>,
  Same<Plain<FromSchema<typeof externalAccountSchema>>, AsSchema<Account>>,
]

describe('types: each schema and its interface say the same (core/schemas.ts)', () => {
  it('or this file does not compile', () => {
    const same: Checks = [true, true, true, true, true]
    expect(same).to.not.include(false)
  })
})
