/** The same small stories told through the library and through both APIs, with answers in one form. */
import { ocapi } from '../../adapters/ocapi/index.js'
import { memoryStorage } from '../../adapters/storage/local/memory.js'
import { yaas } from '../../adapters/yaas/index.js'
import { CustomerError, kindNames } from '../../core/index.js'
import type { Address, Clientele, ClienteleOptions, Customer, CustomerOperations, Storage } from '../../core/index.js'
import { serve } from './api.js'
import type { Answer } from './http.js'
import { openShop } from './shop.js'
import { yaasBase, yaasCallers } from './yaas.js'

/** What a story writes of a customer, and what it reads back. */
export type Person = Pick<Customer, 'lastName' | 'companyName' | 'email'>
/** What a story writes of an address. */
export type Place = Pick<Address, 'city' | 'companyName'>

/** What a step of a story came to. */
export interface Outcome {
  /** `done`, `refused` by a hook, `internal`, or what else the API says. */
  readonly result: string
  /** Number of the customer, or id of the address. */
  readonly id?: string
  readonly companyName?: string | undefined
  /** Facts of a refusal. */
  readonly refusal?: {
    readonly extensionPoint: string
    readonly code?: string
    readonly message?: string
    readonly details?: unknown
  }
}

/** An open way. */
export interface OpenWay {
  readonly clientele: Clientele
  readonly storage: Storage
  createCustomer(person: Person): Promise<Outcome>
  updateCustomer(customerNo: string, person: Person): Promise<Outcome>
  deleteCustomer(customerNo: string): Promise<Outcome>
  createAddress(customerNo: string, place: Place): Promise<Outcome>
  updateAddress(customerNo: string, addressId: string, place: Place): Promise<Outcome>
  deleteAddress(customerNo: string, addressId: string): Promise<Outcome>
  /** OCAPI knows neither accounts nor mappings: there the library makes these calls. */
  createAccount(customerNo: string, email: string): Promise<Outcome>
  createMapping(customerNumber: string, sdCustomerNumber: string): Promise<Outcome>
  deleteMappings(customerNumber: string): Promise<Outcome>
  stop(): Promise<void>
}

/** A way to tell stories. */
export interface Way {
  readonly name: 'library' | 'ocapi' | 'yaas'
  open(options: Partial<ClienteleOptions>): Promise<OpenWay>
}

/** Everything that a list of a storage holds. */
export function contentsOf(storage: Storage, list = 'SiteGenesis'): Promise<string> {
  return storage.read(list, async (unit) => {
    const pages = await Promise.all(kindNames.map(async (kind) => [kind, (await unit[kind].find({})).items]))
    return JSON.stringify(Object.fromEntries(pages))
  })
}

const library: Way = {
  name: 'library',
  async open(options) {
    const storage = memoryStorage()
    const { clientele, shop } = await openShop({ storage, ...options })
    return { clientele, storage, ...callsOf(shop), stop: () => clientele.close() }
  },
}

/** Steps of a story as library calls. */
function callsOf(shop: CustomerOperations): Omit<OpenWay, 'clientele' | 'storage' | 'stop'> {
  const told = async (call: Promise<unknown>): Promise<Outcome> => {
    try {
      const result = ((await call) ?? {}) as Partial<Customer & Address>
      const id = result.addressId ?? result.customerNo
      return { result: 'done', ...(id !== undefined && { id, companyName: result.companyName }) }
    } catch (error) {
      if (!(error instanceof CustomerError)) throw error
      const { problem } = error
      if (problem.kind !== 'refusedByHook') return { result: problem.kind }
      const { kind: _, plugin: __, ...refusal } = problem
      return { result: 'refused', refusal }
    }
  }
  return {
    createCustomer: (person) =>
      told(
        shop.createCustomer({
          create: { ...person, ...(person.email !== undefined && { credentials: { login: person.email } }) },
        }),
      ),
    updateCustomer: (customerNo, update) => told(shop.updateCustomer({ customerNo, update })),
    deleteCustomer: (customerNo) => told(shop.deleteCustomer({ customerNo })),
    createAddress: (customerNo, create) => told(shop.createAddress({ customerNo, create })),
    updateAddress: (customerNo, addressId, update) => told(shop.updateAddress({ customerNo, addressId, update })),
    deleteAddress: (customerNo, addressId) => told(shop.deleteAddress({ customerNo, addressId })),
    createAccount: (customerNo, email) => told(shop.createInternalAccount({ customerNo, create: { email } })),
    createMapping: (customerNumber, sdCustomerNumber) =>
      told(shop.createMapping({ create: { customerNumber, sdCustomerNumber } })),
    deleteMappings: (customerNumber) => told(shop.deleteMappings({ customerNumber })),
  }
}

/** Renames properties; undefined ones are left out. */
const renamed = (document: object, names: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    Object.entries(document).flatMap(([name, value]) => (value === undefined ? [] : [[names[name] ?? name, value]])),
  )

async function overHttp(options: Partial<ClienteleOptions>) {
  const storage = memoryStorage()
  const service = await serve({
    flavours: [ocapi(), yaas()],
    authenticate: ({ token }) => yaasCallers[token],
    library: { storage, ...options },
  })
  return { service, storage, clientele: service.clientele, stop: () => service.stop() }
}

const ocapiWay: Way = {
  name: 'ocapi',
  async open(options) {
    const { service, ...rest } = await overHttp(options)
    const base = '/s/-/dw/data/v16_2/customer_lists/SiteGenesis/customers'
    const names = { lastName: 'last_name', companyName: 'company_name' }
    let addresses = 0
    const told = async (asked: Promise<Answer>): Promise<Outcome> => {
      const answer = await asked
      if (answer.status < 300) {
        if (answer.text === '') return { result: 'done' }
        const document = answer.json<Record<string, string>>()
        return {
          result: 'done',
          id: document['address_id'] ?? document['customer_no'] ?? '',
          companyName: document['company_name'],
        }
      }
      const { fault } = answer.json<{ fault: { type: string; arguments: Record<string, string> } }>()
      if (fault.type !== 'HookStatusException') return { result: answer.status === 500 ? 'internal' : fault.type }
      const { extensionPoint = '', statusCode = '', statusMsg = '', statusDetails } = fault.arguments
      return {
        result: 'refused',
        refusal: { extensionPoint, code: statusCode, message: statusMsg, details: statusDetails },
      }
    }
    const ask = (method: string, path: string, document?: object) =>
      told(service.call(method, base + path, document ? { json: renamed(document, names) } : {}))
    return {
      ...callsOf(rest.clientele.list('SiteGenesis')),
      ...rest,
      createCustomer: (person) => ask('POST', '', { ...person, credentials: { login: person.email } }),
      updateCustomer: (customerNo, person) => ask('PATCH', `/${customerNo}`, person),
      deleteCustomer: (customerNo) => ask('DELETE', `/${customerNo}`),
      createAddress: (customerNo, place) =>
        ask('POST', `/${customerNo}/addresses`, { ...place, address_id: `home-${++addresses}` }),
      updateAddress: (customerNo, addressId, place) => ask('PATCH', `/${customerNo}/addresses/${addressId}`, place),
      deleteAddress: (customerNo, addressId) => ask('DELETE', `/${customerNo}/addresses/${addressId}`),
    }
  },
}

const yaasWay: Way = {
  name: 'yaas',
  async open(options) {
    const { service, ...rest } = await overHttp(options)
    const customers = `${yaasBase}/sitegenesis/customers`
    const ask = (method: string, path: string, json?: object) =>
      service.call(method, customers + path, { token: 'yaas', ...(json && { json }) })
    type Document = Record<string, string>
    const told = async (asked: Promise<Answer>, path: (document: Document) => string | undefined): Promise<Outcome> => {
      const answer = await asked
      const document = answer.text === '' ? {} : answer.json<Document>()
      if (answer.status < 300) {
        const where = path(document)
        if (where === undefined) return { result: 'done' }
        const stored = (await ask('GET', where)).json<Document>()
        return { result: 'done', id: stored['id'] ?? '', companyName: stored['company'] ?? stored['companyName'] }
      }
      const { type, details } = answer.json<{ type: string; details: { field: string; message: string }[] }>()
      if (type !== 'business_error') return { result: answer.status === 500 ? 'internal' : type }
      const fact = (field: string) => details.find((detail) => detail.field === field)?.message ?? ''
      const extra = details.filter(({ field }) => field.startsWith('statusDetails.'))
      return {
        result: 'refused',
        refusal: {
          extensionPoint: fact('extensionPoint'),
          code: fact('statusCode'),
          message: fact('statusMsg'),
          details: Object.fromEntries(
            extra.map(({ field, message }) => [field.slice('statusDetails.'.length), message]),
          ),
        },
      }
    }
    const names = { email: 'contactEmail', companyName: 'company' }
    /** A PUT replaces: what the story does not say is sent as it is stored. */
    const put = async (path: string, document: object) => {
      const { id: _, metadata: __, ...stored } = (await ask('GET', path)).json()
      return told(ask('PUT', path, { ...stored, ...document }), () => path)
    }
    const mappings = `${yaasBase}/sitegenesis/sdCustomerMappings`
    return {
      ...rest,
      createAccount: (customerNo, email) =>
        told(ask('POST', `/${customerNo}/accounts/internal`, { email }), () => undefined),
      createMapping: (customerNumber, sdCustomerNumber) =>
        told(
          service.call('POST', mappings, { token: 'yaas', json: { customerNumber, sdCustomerNumber } }),
          () => undefined,
        ),
      deleteMappings: (customerNumber) =>
        told(service.call('DELETE', `${mappings}/${customerNumber}`, { token: 'yaas' }), () => undefined),
      createCustomer: (person) => told(ask('POST', '', renamed(person, names)), ({ id }) => `/${id}`),
      updateCustomer: (customerNo, person) => put(`/${customerNo}`, renamed(person, names)),
      deleteCustomer: (customerNo) => told(ask('DELETE', `/${customerNo}`), () => undefined),
      createAddress: (customerNo, place) =>
        told(ask('POST', `/${customerNo}/addresses`, place), ({ id }) => `/${customerNo}/addresses/${id}`),
      updateAddress: (customerNo, addressId, place) => put(`/${customerNo}/addresses/${addressId}`, place),
      deleteAddress: (customerNo, addressId) =>
        told(ask('DELETE', `/${customerNo}/addresses/${addressId}`), () => undefined),
    }
  },
}

/** Every way into the operations of customers and addresses. */
export const ways: readonly Way[] = [library, ocapiWay, yaasWay]
