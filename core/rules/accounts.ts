/** The rules of accounts: the internal one lives in the customer's credentials, external ones are records (decision 3.8). */
import { claimEmail, liveCustomer, lockCustomer, setLogin } from './customers.js'
import type { Running } from './customers.js'
import { Draft } from '../extension/draft.js'
import { fail } from '../model/problems.js'
import { compositeKey } from '../model/keys.js'
import { internalProvider } from '../model/documents.js'
import type { Account, AccountCreate, Live } from '../model/documents.js'
import { customerOf } from '../work/records.js'
import { schemaVersions } from '../ports/storage.js'
import { accountCreateSchema } from '../model/schemas.js'
import type { Unit } from '../work/unit.js'

/** Gives an existing customer its internal account; the email defaults to the customer's. */
export async function createInternalAccount(unit: Unit, call: Running<'createInternalAccount'>): Promise<Account> {
  const customer = await lockCustomer(unit, call.target.customerNo)
  const { create, password } = call.document(undefined)
  const { policies } = unit.parts
  if (create.email !== undefined && !policies.email(create.email.trim()))
    throw fail('emailInvalid', { email: create.email })
  if (password && !(await policies.password(password))) throw fail('passwordInvalid', {})
  const draft = new Draft(create, 'create', accountCreateSchema)
  await unit.phase('createInternalAccount', 'before', {
    record: customer.record.id,
    documents: [draft],
    args: () => [liveCustomer(customer), draft.live as Live<AccountCreate>],
  })
  const current = customerOf(customer.record)
  if (current.credentials.login !== undefined) throw fail('accountInUse', {})
  const email = (draft.seen.email ?? current.email)?.trim()
  if (email === undefined) throw fail('accountEmailMissing', {})
  if (!policies.email(email)) throw fail('emailInvalid', { email })
  if (unit.profile.uniqueEmail) await claimEmail(unit, email, true, current)
  await setLogin(unit, customer, email, password)
  const account: Account = Object.freeze({ id: email, providerId: internalProvider })
  await unit.phase('createInternalAccount', 'after', {
    record: customer.record.id,
    args: () => [liveCustomer(customer), account, draft.seen],
  })
  call.owner?.(customerOf(customer.record).customerNo)
  return account
}

/**
 * Stores an account that the customer has at a provider, such as `facebook`. Linking it again to the same customer
 * changes nothing; another customer's is refused by the storage's unique key.
 */
export async function linkAccount(unit: Unit, call: Running<'linkAccount'>): Promise<Account> {
  const customer = await lockCustomer(unit, call.target.customerNo)
  const { account } = call.document(undefined)
  const { id, providerId } = account
  const key = compositeKey(providerId, id)
  const known = await unit.tx.accounts.get({ account: key })
  if (known?.keys['customer'] === customer.record.id) return known.account
  const record = await unit.tx.accounts.insert({
    id: unit.ids.hex24(),
    version: 1,
    schema: schemaVersions.accounts,
    keys: { account: key, customer: customer.record.id },
    account: { id, providerId },
  })
  const { customerNo: customerNumber } = customerOf(customer.record)
  unit.emit('customer-account-linked', { customerNumber, accountId: id, providerId })
  return record.account
}

/** Removes an account at a provider; without it nothing happens. */
export async function unlinkAccount(unit: Unit, call: Running<'unlinkAccount'>): Promise<void> {
  const customer = await lockCustomer(unit, call.target.customerNo)
  const { id, providerId } = call.target.account
  call.document(undefined)
  const record = await unit.tx.accounts.get({ account: compositeKey(providerId, id) })
  if (record?.keys['customer'] !== customer.record.id) return
  await unit.tx.accounts.remove(record)
  const { customerNo: customerNumber } = customerOf(customer.record)
  unit.emit('customer-account-unlinked', { customerNumber, accountId: id, providerId })
}
