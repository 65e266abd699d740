/** From stored records to the domain's documents. */
import type { Address, Customer, SdCustomerMapping } from '../model/documents.js'
import type { AddressRecord, CustomerRecord, MappingRecord } from '../ports/storage.js'

const documents = new WeakMap<object, object>()

/** The document of a record: always the same frozen object for one record object, so that flavours can remember facts of it. */
function view<R extends object, D extends object>(record: R, make: (record: R) => D): D {
  let document = documents.get(record) as D | undefined
  if (!document) {
    // what the storage gives is frozen all the way down
    document = Object.freeze(make(record))
    documents.set(record, document)
  }
  return document
}

/** The customer that a record holds. */
export function customerOf(record: CustomerRecord): Customer {
  return view(record, ({ id: _id, schema: _schema, keys: _keys, secret: _secret, ...customer }): Customer => customer)
}

/** The address that a record holds. */
export function addressOf(record: AddressRecord): Address {
  return view(record, ({ id: _id, schema: _schema, keys: _keys, ...address }): Address => address)
}

/** The mapping that a record holds. */
export function mappingOf(record: MappingRecord): SdCustomerMapping {
  return view(record, ({ id, customerNumber, sdCustomerNumber, deletedInYaaS }): SdCustomerMapping => ({
    id,
    customerNumber,
    sdCustomerNumber,
    deletedInYaaS,
  }))
}

/** The document that a new record was made of, as the record holds it: what lies inside is the record's, which is frozen. */
export function documentIn<D extends object>(document: D, record: { readonly [N in keyof D]?: unknown }): D {
  const own = { ...document }
  for (const name in own)
    if (own[name] === undefined) delete own[name]
    else if (typeof own[name] === 'object') own[name] = record[name] as D[typeof name]
  return Object.freeze(own)
}
