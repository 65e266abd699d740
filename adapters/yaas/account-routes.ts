/** The routes of what belongs to a customer and has no page of its own: accounts and social media users. */
import type { Account, SocialMediaUser } from '../../core/model/documents.js'
import { Secret } from '../../core/model/secret.js'
import type { Page } from '../../core/ports/storage.js'
import { accepted } from './decoding.js'
import { accountTable } from './documents.js'
import type { YaasRoute } from './exchange.js'
import { customerPath } from './paths.js'
import { created, whole } from './replies.js'
import { findCustomer, route } from './route.js'

/** Routes of accounts and social media users. */
export const accountRoutes: readonly YaasRoute[] = [
  route.reading({
    method: 'GET',
    path: '/{tenant}/customers/{customerNumber}/accounts',
    runs: 'findAccounts',
    scope: 'view',
    input: (x) => ({ customerNo: x.params.customerNumber }),
    reply: (accounts: Page<Account>) => whole(accounts),
  }),
  route.writing({
    method: 'POST',
    path: '/{tenant}/customers/{customerNumber}/accounts/internal',
    runs: 'createInternalAccount',
    scope: 'manage',
    body: 'optional',
    find: findCustomer,
    target: (x) => ({ customerNo: x.params.customerNumber }),
    password: (x) => (typeof x.body['password'] === 'string' ? new Secret(x.body['password']) : undefined),
    document: (x) => ({ create: accepted(x, accountTable.decode(x.body, 'create')) }),
    reply: (_, x, { customerNo = '' }) => created(x, customerNo, customerPath(customerNo)),
  }),
  route.reading({
    method: 'GET',
    path: '/{tenant}/customers/{customerNumber}/socialMediaUsers',
    runs: 'findSocialMediaUsers',
    scope: 'view',
    input: (x) => ({ customerNo: x.params.customerNumber }),
    reply: (users: Page<SocialMediaUser>) => whole(users),
  }),
]
