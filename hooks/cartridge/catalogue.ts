/** What scripts find here, told by the code itself: the table of hooks/README.md and `inspectCartridges` come of it. */
import type { Asking } from './bridge.js'
import { globalsOf } from './globals.js'
import type { Document, RequestFacts, WorkerSetup } from './messages.js'
import { Modules, moduleNames } from './modules/index.js'
import { Records } from './objects/customers.js'
import { membersOf } from './platform-object.js'

/** Members of a module, of its instances if it is a class, or of an object. */
export interface Supported {
  readonly name: string
  readonly members: readonly string[]
  /** Absent: no class. */
  readonly instance?: readonly string[]
}

const nobody: Asking = {
  state: { args: [], custom: {} },
  tell: () => undefined,
  operation: () => ({}),
  service: () => ({ status: 200, text: '', headers: {} }),
  failUnit: () => undefined,
}
const setup: WorkerSetup = { cartridges: [], customPoints: [], site: 'site', preferences: {}, services: {} }
const request: RequestFacts = {
  requestId: '',
  clientId: undefined,
  list: '',
  flavour: 'library',
  method: 'POST',
  wire: undefined,
}

/** The modules `dw/…` that may be required and used. */
export function supportedModules(): readonly Supported[] {
  const records = new Records(nobody)
  const modules = new Modules({ setup, cartridges: [], bridge: nobody, records, request, loader: noLoader })
  return moduleNames.map((name) => {
    const module = modules.named(name)
    const members = ownNames(module, ['length', 'name', 'prototype'])
    return { name, members, ...(typeof module === 'function' && { instance: instanceNames(module as Constructor) }) }
  })
}

const noLoader = (): never => {
  throw new Error('there is no script')
}

/** The objects that scripts are given, by their names on the platform. */
export function supportedObjects(): readonly Supported[] {
  const owner: Document = { customerNo: '1', version: 1, credentials: { login: '' } }
  const customer = new Records(nobody).customer(owner) as Given
  const address = new Records(nobody).address({ addressId: '1', version: 1 }, owner)
  const globals = globalsOf(request, {}) as Record<'request' | 'session', object>
  const objects: Readonly<Record<string, object | undefined>> = {
    'dw.customer.Customer': customer,
    'dw.customer.Profile': customer.profile,
    'dw.customer.Credentials': customer.profile.credentials,
    'dw.customer.Wallet': customer.profile.wallet,
    'dw.customer.AddressBook': customer.addressBook,
    'dw.customer.CustomerAddress': address,
    request: globals.request,
    session: globals.session,
  }
  return Object.entries(objects).map(([name, object]) => ({ name, members: object ? membersOf(object) : [] }))
}

/** What the catalogue asks of a customer. */
interface Given {
  readonly profile: { readonly credentials: object; readonly wallet: object }
  readonly addressBook: object
}
type Constructor = new () => object

function ownNames(object: object, but: readonly string[]): readonly string[] {
  return Object.getOwnPropertyNames(object)
    .filter((name) => !but.includes(name))
    .toSorted()
}

/** Names on an instance and on the classes that it is of, up to the language's own. */
function instanceNames(type: Constructor): readonly string[] {
  const names = new Set<string>()
  try {
    for (const name of Object.getOwnPropertyNames(new type())) names.add(name)
  } catch {
    // a class that needs arguments: its prototype says the rest
  }
  const native: readonly unknown[] = [Object.prototype, Array.prototype]
  for (let each = type.prototype as object; !native.includes(each); each = Object.getPrototypeOf(each) as object)
    for (const name of ownNames(each, ['constructor'])) names.add(name)
  if (Array.isArray(type.prototype)) names.delete('length')
  return [...names].toSorted()
}
