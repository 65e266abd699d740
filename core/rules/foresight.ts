/**
 * What a read can tell before a password is hashed: what the write will fail with. The unit judges again, in its own order
 * and under its locks; what handlers may still change is left to it.
 */
import { keyOf } from '../model/keys.js'
import type { Writing } from '../model/operations.js'
import { fail } from '../model/problems.js'
import type { CustomerRecord, ReadUnit } from '../ports/storage.js'
import { customerOf } from '../work/records.js'
import { pointOf } from '../work/write.js'
import type { Prospect, Running } from '../work/write.js'
import type { Customers } from './customers.js'
import { judgeNumber } from './identity.js'

/** Throws what creating the customer will fail with. */
export async function foreseeCreate(
  customers: Customers,
  { decoded, document }: Running<'createCustomer'>,
  prospect: Prospect,
  unit: ReadUnit,
): Promise<void> {
  const { profile } = prospect
  const { create } = decoded ?? document(undefined)
  judgeNumber(profile, create)
  await customers.free.judge(create, {})
  if (hasHandlers(prospect, 'createCustomer')) return
  const { customerNo, email, credentials } = customers.free.kept(create, {})
  const login = credentials?.login ?? (profile.loginFollowsEmail ? email : undefined)
  if (login === undefined) throw fail('loginMissing', {})
  await judgeTaken(unit, undefined, { customerNo, login, email: profile.uniqueEmail ? email : undefined })
}

/** Throws what changing the customer will fail with. */
export async function foreseeUpdate(
  { target, document, precondition }: Running<'updateCustomer'>,
  prospect: Prospect,
  unit: ReadUnit,
): Promise<void> {
  const record = await loadRecord(unit, target.customerNo, prospect.list)
  const previous = customerOf(record)
  const { update } = document(previous)
  precondition?.(previous)
  if (hasHandlers(prospect, 'updateCustomer')) return
  const { customerNo, email, credentials } = update
  if ((credentials?.login ?? previous.credentials.login) === undefined) throw fail('loginMissing', {})
  const wantsEmail = prospect.profile.uniqueEmail ? (email ?? undefined) : undefined
  await judgeTaken(unit, record, { customerNo, login: credentials?.login, email: wantsEmail })
}

/** Throws what giving the customer an internal account will fail with. */
export async function foreseeAccount(
  { target, document }: Running<'createInternalAccount'>,
  prospect: Prospect,
  unit: ReadUnit,
): Promise<void> {
  const record = await loadRecord(unit, target.customerNo, prospect.list)
  if (hasHandlers(prospect, 'createInternalAccount')) return
  const login = document(undefined).create.email ?? record.email
  if (record.credentials.login !== undefined) throw fail('accountInUse', {})
  if (login === undefined) throw fail('accountEmailMissing', {})
  await judgeTaken(unit, record, { login })
}

function hasHandlers({ handlers }: Prospect, operation: Writing): boolean {
  const point = pointOf(operation, 'before')
  return point !== undefined && handlers.count(point) > 0
}

async function loadRecord(unit: ReadUnit, customerNo: string, listId: string): Promise<CustomerRecord> {
  const record = await recordOf(unit, customerNo)
  if (!record) throw fail('customerNotFound', { customerNo, listId })
  return record
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

/** Throws if another customer has one of these. */
async function judgeTaken(
  unit: ReadUnit,
  self: CustomerRecord | undefined,
  { customerNo, login, email }: Wanted,
): Promise<void> {
  const isOther = (record: CustomerRecord | undefined) => record !== undefined && record.id !== self?.id
  if (customerNo !== undefined && isOther(await recordOf(unit, customerNo))) throw fail('customerNoInUse', {})
  if (login !== undefined && isOther(await unit.customers.get({ login: keyOf(login) }))) throw fail('loginInUse', {})
  if (email === undefined) return
  const where = { op: 'eq', path: ['keys', 'email'], value: keyOf(email) } as const
  const { items } = await unit.customers.find({ where, limit: 2 })
  if (items.some(isOther)) throw fail('emailInUse', {})
}
