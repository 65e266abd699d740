/** The rules of accounts: the internal one lives in the customer's credentials, external ones are records (decision 3.8). */
import { claimEmail, liveCustomer, lockCustomer, setLogin } from './customers.js'
import type { Running } from './customers.js'
import { Draft } from './draft.js'
import { fail } from './errors.js'
import type { Account, AccountCreate, Live } from './model.js'
import { customerOf } from './records.js'
import { accountCreateSchema } from './schemas.js'
import type { Unit } from './unit.js'

/** `providerId` of the account that this library keeps itself. */
export const internalProvider = 'internal'

/** Gives an existing customer its internal account; the email defaults to the customer's. */
export async function createInternalAccount(unit: Unit, call: Running<'createInternalAccount'>): Promise<Account> {
  const customer = await lockCustomer(unit, call.target.customerNo)
  const { create, password } = call.document(undefined)
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
  if (!unit.parts.policies.email(email)) throw fail('emailInvalid', { email })
  if (unit.profile.uniqueEmail) await claimEmail(unit, email, true, current)
  await setLogin(unit, customer, email, password)
  const account: Account = Object.freeze({ id: email, providerId: internalProvider })
  unit.emit('customer-account-linked', {
    customerNumber: current.customerNo,
    accountId: email,
    providerId: internalProvider,
  })
  await unit.phase('createInternalAccount', 'after', {
    record: customer.record.id,
    args: () => [liveCustomer(customer), account, draft.seen],
  })
  return account
}
