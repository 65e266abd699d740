/** Records that the storage contract is tried with. */
import type { AddressRecord, CustomerRecord, Envelope, Kind, Records } from '../../core/ports/storage.js'
import { randomId, randomSource } from '../random-queries.js'

/** Random numbers that are the same in every run. */
export const random = randomSource(20260101)

/** A customer record; `keys` are its unique keys. */
export function customerRecord(customerNo: string, more: Partial<CustomerRecord> = {}): CustomerRecord {
  return {
    id: randomId(random),
    version: 1,
    schema: 1,
    keys: { customerNo },
    customerNo,
    active: true,
    credentials: { locked: false },
    creationDate: '2026-01-01T00:00:00.000Z',
    lastModified: '2026-01-01T00:00:00.000Z',
    ...more,
  }
}

/** A customer record with a login, which is its key too. */
export const withLogin = (customerNo: string, login: string): CustomerRecord =>
  customerRecord(customerNo, { keys: { customerNo, login }, credentials: { locked: false, login } })

/** An address record of the customer with this record id. */
export function addressRecord(customer: string, addressId: string): AddressRecord {
  const { creationDate, lastModified } = customerRecord('')
  const keys = { customer, address: `${customer}/${addressId}` }
  return { id: randomId(random), version: 1, schema: 1, keys, addressId, isDefault: false, creationDate, lastModified }
}

/** A record of a kind with these keys, for what holds for all kinds alike. */
export function recordOf<K extends Kind>(kind: K, keys: Readonly<Record<string, string>>): Records[K] {
  const bodies: { readonly [K in Kind]: Omit<Records[K], keyof Envelope> } = {
    customers: customerRecord('1'),
    addresses: addressRecord('1', '1'),
    accounts: { account: { id: '1', providerId: 'facebook' } },
    mappings: { customerNumber: '1', sdCustomerNumber: '2', deletedInYaaS: false },
    socialMediaUsers: { user: { id: '1', referenceCustomerNumber: '1' } },
    signIns: { signIn: { of: '1', attempts: 0 } },
  }
  return { ...bodies[kind], id: randomId(random), version: 1, schema: 1, keys } as Records[K]
}

/** The customer numbers of records, in their order. */
export const numbersOf = (records: readonly CustomerRecord[]): string[] => records.map(({ customerNo }) => customerNo)

/** The record with another title. */
export const titled = (record: CustomerRecord, title: string): CustomerRecord => ({ ...record, title })
