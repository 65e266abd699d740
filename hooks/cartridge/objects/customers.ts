/** Customers, profiles and address books as scripts know them, over records of the library. */
import { replaceContents } from '../../../core/model/json.js'
import { keyOf } from '../../../core/model/keys.js'
import type { Asking } from '../bridge.js'
import { Refused } from '../bridge.js'
import { addressPlaces, customerPlaces } from '../fields.js'
import type { Places } from '../fields.js'
import type { Document } from '../messages.js'
import { Status } from '../modules/status.js'
import { platformObject } from '../platform-object.js'
import type { Property } from '../platform-object.js'
import { listOf } from './collections.js'
import { customObject } from './documents.js'
import { EnumValue, plainOf, scriptValueOf } from './values.js'

/** A record in the hands of a script: an argument is changed in place, any other by an operation at each write. */
interface Source {
  readonly document: Document
  readonly write: (change: Document) => void
}

const enums = ['gender', 'countryCode']
const genders = ['', 'Male', 'Female']

/** The records of one request: one record is one object. */
export class Records {
  readonly #bridge: Asking
  readonly #objects = new Map<Document, object>()
  readonly #loaded = new Map<string, Document>()
  /** The customer and the address that the point is about; undefined at points without one. */
  #customer: Document | undefined
  #address: Document | undefined

  constructor(bridge: Asking) {
    this.#bridge = bridge
  }

  /** A script begins with these arguments, and asks anew for everything else. */
  begin(customer: Document | undefined, address: Document | undefined): void {
    this.#objects.clear()
    this.#loaded.clear()
    this.#customer = customer
    this.#address = address
  }

  /** The customer with this number, or null. */
  byNumber(customerNo: string): object | null {
    try {
      return this.customer(this.#bridge.operation('getCustomer', { customerNo }) as Document)
    } catch (error) {
      if (error instanceof Refused && error.problem === 'customerNotFound') return null
      throw error
    }
  }

  /** Customers that a query finds. */
  find(query: object): { readonly items: readonly object[]; readonly total: number } {
    const { items, total } = this.#bridge.operation('findCustomers', { query }) as { items: Document[]; total: number }
    return { items: items.map((found) => this.customer(found)), total }
  }

  /** The object of a record: the argument's own if it is that. */
  customer(found: Document): object {
    const document = this.#known('customer', keyOf(String(found['customerNo'])), found, this.#customer, 'customerNo')
    return this.#object(document, () => this.#newCustomer(document))
  }

  /** An address that is an argument, or that a book holds. */
  address(found: Document, owner: Document): object {
    const key = `${String(owner['customerNo'])} ${String(found['addressId'])}`
    const argument = owner === this.#customer ? this.#address : undefined
    const document = this.#known('address', key, found, argument, 'addressId')
    return this.#object(document, () => this.#newAddress(document, owner, document === argument))
  }

  #known(kind: string, key: string, found: Document, argument: Document | undefined, name: string): Document {
    if (argument && keyOf(String(argument[name])) === keyOf(String(found[name]))) return argument
    const known = this.#loaded.get(`${kind} ${key}`)
    if (known) {
      replaceContents(known, found)
      return known
    }
    const document = structuredClone(found)
    this.#loaded.set(`${kind} ${key}`, document)
    return document
  }

  #object(document: Document, make: () => object): object {
    let object = this.#objects.get(document)
    if (!object) this.#objects.set(document, (object = make()))
    return object
  }

  #newCustomer(document: Document): object {
    const profile = this.#profile(document, () => customer)
    const number = (): unknown => document['customerNo']
    const customer = platformObject({
      type: 'dw.customer.Customer',
      properties: {
        profile: { get: () => profile },
        ID: { get: number },
        addressBook: { get: () => this.#addressBook(document) },
        authenticated: { get: () => false },
        registered: { get: () => true },
        anonymous: { get: () => false },
        externallyAuthenticated: { get: () => false },
        customerGroups: { get: () => listOf([]) },
      },
      methods: {
        isAuthenticated: () => false,
        isRegistered: () => true,
        isAnonymous: () => false,
        isMemberOfCustomerGroup: () => false,
      },
    })
    return customer
  }

  #sourceOf(document: Document): Source {
    const isArgument = document === this.#customer
    return {
      document,
      write: (change) => {
        if (isArgument) mergeInto(document, change)
        else {
          const customerNo = document['customerNo']
          replaceContents(
            document,
            this.#bridge.operation('updateCustomer', { customerNo, update: change }) as Document,
          )
        }
      },
    }
  }

  #profile(document: Document, customer: () => object): object {
    const source = this.#sourceOf(document)
    const { credentials: _credentials, ...own } = propertiesOf(customerPlaces, source)
    const credentials = platformObject({
      type: 'dw.customer.Credentials',
      properties: {
        login: { get: () => (document['credentials'] as Document)['login'] ?? null },
        enabled: { get: () => document['active'], set: (value) => source.write({ active: value }) },
        locked: { get: () => (document['credentials'] as Document)['locked'] },
      },
      methods: {
        isEnabled: () => document['active'],
        isLocked: () => (document['credentials'] as Document)['locked'],
        setPassword: (password: string) => {
          this.#bridge.operation('updateCustomer', { customerNo: document['customerNo'], update: {}, password })
          return new Status(Status.OK)
        },
      },
    })
    const wallet = platformObject({
      type: 'dw.customer.Wallet',
      properties: { paymentInstruments: { get: () => listOf([]) } },
    })
    return platformObject({
      type: 'dw.customer.Profile',
      properties: {
        ...own,
        ID: { get: () => document['customerNo'] },
        creationDate: { get: () => scriptValueOf(document['creationDate'], true) },
        lastModified: { get: () => scriptValueOf(document['lastModified'], true) },
        fax: own['fax'] ?? { get: () => null },
        custom: { get: () => customOf(source) },
        customer: { get: customer },
        credentials: { get: () => credentials },
        wallet: { get: () => wallet },
        addressBook: { get: () => this.#addressBook(document) },
      },
    })
  }

  #addressBook(owner: Document): object {
    const { customerNo } = owner
    const addresses = (): object[] =>
      (this.#bridge.operation('findAddresses', { customerNo }) as { items: Document[] }).items.map((found) =>
        this.address(found, owner),
      )
    const getAddress = (id: string): object | null => {
      try {
        return this.address(this.#bridge.operation('getAddress', { customerNo, addressId: id }) as Document, owner)
      } catch (error) {
        if (error instanceof Refused && error.problem === 'addressNotFound') return null
        throw error
      }
    }
    return platformObject({
      type: 'dw.customer.AddressBook',
      properties: {
        addresses: { get: () => listOf(addresses()) },
        preferredAddress: {
          get: () => addresses().find((address) => this.#isDefault(address)) ?? null,
        },
      },
      methods: {
        getAddress,
        createAddress: (addressId: string) => {
          if (getAddress(addressId)) return null
          const made = this.#bridge.operation('createAddress', { customerNo, create: { addressId } }) as Document
          return this.address(made, owner)
        },
        removeAddress: (address: unknown) =>
          void this.#bridge.operation('deleteAddress', { customerNo, addressId: idOf(address) }),
        setPreferredAddress: (address: unknown) =>
          void this.#bridge.operation('updateAddress', {
            customerNo,
            addressId: idOf(address),
            update: { isDefault: true },
          }),
      },
    })
  }

  #isDefault(address: object): boolean {
    for (const [document, object] of this.#objects) if (object === address) return document['isDefault'] === true
    return false
  }

  #newAddress(document: Document, owner: Document, isArgument: boolean): object {
    const source: Source = {
      document,
      write: (change) => {
        if (isArgument) return mergeInto(document, change)
        const target = { customerNo: owner['customerNo'], addressId: document['addressId'] }
        replaceContents(document, this.#bridge.operation('updateAddress', { ...target, update: change }) as Document)
      },
    }
    const { addressId, ...own } = propertiesOf(addressPlaces, source)
    return platformObject({
      type: 'dw.customer.CustomerAddress',
      properties: {
        ...own,
        ...(addressId && { ID: addressId }),
        custom: { get: () => customOf(source) },
      },
    })
  }
}

const idOf = (given: unknown): string => (typeof given === 'string' ? given : (given as { ID: string }).ID)

/** What is set on an argument: null removes, `custom` merges. */
function mergeInto(document: Document, change: Document): void {
  for (const [name, value] of Object.entries(change))
    if (name === 'custom') {
      const custom = { ...(document['custom'] as Document | undefined) }
      mergeInto(custom, value as Document)
      if (Object.keys(custom).length > 0) document['custom'] = custom
      else delete document['custom']
    } else if (value === null) delete document[name]
    else document[name] = value
}

function customOf({ document, write }: Source): object {
  return customObject(
    () => (document['custom'] as Document | undefined) ?? {},
    (name, value) => write({ custom: { [name]: value } }),
  )
}

/** Properties of a platform object whose values stand in a document. */
function propertiesOf(places: Places, { document, write }: Source): Record<string, Property> {
  const properties: Record<string, Property> = {}
  for (const [name, { at, isDate, isReadOnly }] of places) {
    const [first] = at ?? []
    if (first === undefined || at?.length !== 1) continue
    const read = (): unknown => scriptValueOf(document[first], isDate)
    properties[name] = {
      get: enums.includes(name) ? () => enumOf(name, document[first]) : read,
      ...(!isReadOnly && { set: (value: unknown) => write({ [first]: plainOf(value, isDate) }) }),
    }
  }
  return properties
}

function enumOf(name: string, value: unknown): EnumValue {
  if (name === 'gender') return new EnumValue(value ?? 0, genders[Number(value ?? 0)] ?? '')
  return new EnumValue(value ?? null)
}
