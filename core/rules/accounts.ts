/** The rules of accounts: the internal one lives in the customer's credentials, external ones are records (decision 3.8). */
import { Draft } from '../extension/draft.js'
import { internalProvider } from '../model/documents.js'
import type { Account, AccountCreate } from '../model/documents.js'
import { compositeKey } from '../model/keys.js'
import { fail } from '../model/problems.js'
import { accountCreateSchema, externalAccountSchema } from '../model/schemas.js'
import type { Ids, Policies } from '../ports/host.js'
import { schemaVersions } from '../ports/storage.js'
import type { Unit } from '../work/unit.js'
import type { WriteOperation } from '../work/write.js'
import { loadOwner } from './customer-operations.js'
import type { Owner } from './customer-operations.js'
import type { Customers, Given, HeldCustomer } from './customers.js'
import { foreseeAccount } from './foresight.js'
import type { Passwords } from './passwords.js'

/** Gives an existing customer its internal account; the email defaults to the customer's. */
export function createInternalAccount(
  customers: Customers,
  passwords: Passwords,
  policies: Policies,
): WriteOperation<'createInternalAccount', Owner, Account> {
  return {
    name: 'createInternalAccount',
    documents: { create: accountCreateSchema },
    prepare: (running, prospect) =>
      passwords.prepare(running, prospect, (unit) => foreseeAccount(running, prospect, unit)),
    load: (unit, target) => loadOwner(customers, unit, target),
    judge(_, __, { create: { email } }, { secret }) {
      if (email !== undefined && !policies.email(email.trim())) throw fail('emailInvalid', { email })
      if (secret?.kind === 'refused') throw fail('passwordInvalid', {})
    },
    draft: (_, __, { create }) => new Draft(create, { name: 'create', schema: accountCreateSchema }),
    recordId: ({ customer }) => customer.record.id,
    before: ({ customer }, create) => [customer.live, create],
    apply: (unit, { customer }, { create }, running) =>
      giveAccount(customers, policies, unit, customer, create, running),
    after: ({ customer }, account, { create }) => [customer.live, account, create],
    result: ({ customer }, account) => ({ result: account, customerNo: customer.document.customerNo }),
  }
}

async function giveAccount(
  customers: Customers,
  policies: Policies,
  unit: Unit,
  customer: HeldCustomer,
  create: AccountCreate,
  running: Given,
): Promise<Account> {
  const current = customer.document
  if (current.credentials.login !== undefined) throw fail('accountInUse', {})
  const login = (create.email ?? current.email)?.trim()
  if (login === undefined) throw fail('accountEmailMissing', {})
  if (!policies.email(login)) throw fail('emailInvalid', { email: login })
  if (unit.profile.uniqueEmail) await customers.claimEmail(unit, login, true, current)
  const desired = { ...current, credentials: { ...current.credentials, login } }
  await customers.store(unit, customer, desired, running)
  return Object.freeze({ id: login, providerId: internalProvider })
}

/**
 * Stores an account that the customer has at a provider, such as `facebook`. Linking it again to the same customer
 * changes nothing; another customer's is refused by the storage's unique key.
 */
export function linkAccount(customers: Customers, ids: Ids): WriteOperation<'linkAccount', Owner, Account> {
  return {
    name: 'linkAccount',
    documents: { account: externalAccountSchema },
    load: (unit, target) => loadOwner(customers, unit, target),
    async apply(unit, { customer }, { account: { id, providerId } }) {
      const key = compositeKey(providerId, id)
      const known = await unit.tx.accounts.get({ account: key })
      if (known?.keys['customer'] === customer.record.id) return known.account
      const { account } = await unit.tx.accounts.insert({
        id: ids.hex24(),
        version: 1,
        schema: schemaVersions.accounts,
        keys: { account: key, customer: customer.record.id },
        account: { id, providerId },
      })
      const { customerNo: customerNumber } = customer.document
      unit.emit('customer-account-linked', { customerNumber, accountId: id, providerId })
      return account
    },
    result: (_, account) => ({ result: account }),
  }
}

/** Removes an account at a provider; without it nothing happens. */
export function unlinkAccount(customers: Customers): WriteOperation<'unlinkAccount', Owner, void> {
  return {
    name: 'unlinkAccount',
    documents: { account: externalAccountSchema },
    load: (unit, target) => loadOwner(customers, unit, target),
    async apply(unit, { customer }, { account: { id, providerId } }) {
      const record = await unit.tx.accounts.get({ account: compositeKey(providerId, id) })
      if (record?.keys['customer'] !== customer.record.id) return
      await unit.tx.accounts.remove(record)
      const { customerNo: customerNumber } = customer.document
      unit.emit('customer-account-unlinked', { customerNumber, accountId: id, providerId })
    },
    result: () => ({ result: undefined }),
  }
}
