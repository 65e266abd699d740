/**
 * What a read can tell before a password is hashed: that the write will fail. The unit says how, in its own order; what
 * handlers may still change is left to it.
 */
import { keyOf } from '../model/keys.js'
import type { CustomerRecord, ReadUnit } from '../ports/storage.js'
import { customerOf } from '../work/records.js'
import type { Prospect, Running } from '../work/write.js'
import type { Customers } from './customers.js'

/** True if creating the customer will fail. */
export async function failsToCreate(
  customers: Customers,
  running: Running<'createCustomer'>,
  { profile, hasHandlers }: Prospect,
  unit: ReadUnit,
): Promise<boolean> {
  const { create } = running.decoded ?? running.document(undefined)
  if (profile.refusesNumber && create.customerNo !== undefined) return true
  if ((await customers.violations(create, {})).length > 0) return true
  if (hasHandlers) return false
  const { customerNo, email } = create
  const login = create.credentials?.login ?? (profile.loginFollowsEmail ? email : undefined)
  if (login === undefined) return true
  return isTaken(unit, undefined, { customerNo, login, email: profile.uniqueEmail ? email : undefined })
}

/** True if changing the customer will fail. */
export async function failsToUpdate(
  running: Running<'updateCustomer'>,
  { profile, hasHandlers }: Prospect,
  unit: ReadUnit,
): Promise<boolean> {
  const record = await recordOf(unit, running.target.customerNo)
  if (!record) return true
  const previous = customerOf(record)
  try {
    const { update } = running.document(previous)
    running.precondition?.(previous)
    if (hasHandlers) return false
    const { customerNo, email, credentials } = update
    if ((credentials?.login ?? previous.credentials.login) === undefined) return true
    const wanted = {
      customerNo,
      login: credentials?.login,
      email: profile.uniqueEmail ? (email ?? undefined) : undefined,
    }
    return await isTaken(unit, record, wanted)
  } catch {
    return true
  }
}

/** True if giving the customer an internal account will fail. */
export async function failsToAddAccount(
  running: Running<'createInternalAccount'>,
  { hasHandlers }: Prospect,
  unit: ReadUnit,
): Promise<boolean> {
  const record = await recordOf(unit, running.target.customerNo)
  if (!record) return true
  if (hasHandlers) return false
  const { create } = running.document(undefined)
  const login = create.email ?? record.email
  if (record.credentials.login !== undefined || login === undefined) return true
  return isTaken(unit, record, { login })
}

function recordOf(unit: ReadUnit, customerNo: string): Promise<CustomerRecord | undefined> {
  return unit.customers.get({ customerNo: keyOf(customerNo) })
}

/** What a write wants for its customer alone. */
interface Wanted {
  readonly customerNo?: string | undefined
  readonly login?: string | undefined
  readonly email?: string | undefined
}

/** True if another customer has one of these. */
async function isTaken(
  unit: ReadUnit,
  self: CustomerRecord | undefined,
  { customerNo, login, email }: Wanted,
): Promise<boolean> {
  const isOther = (record: CustomerRecord | undefined) => record !== undefined && record.id !== self?.id
  if (customerNo !== undefined && isOther(await recordOf(unit, customerNo))) return true
  if (login !== undefined && isOther(await unit.customers.get({ login: keyOf(login) }))) return true
  if (email === undefined) return false
  const where = { op: 'eq', path: ['keys', 'email'], value: keyOf(email) } as const
  const { items } = await unit.customers.find({ where, limit: 2 })
  return items.some(isOther)
}
