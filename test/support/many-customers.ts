/** A customer list of any size, for PostgreSQL: loaded by one statement, as documents of the library. */
import { kinds } from '../../core/ports/storage.js'
import type { StorageOptions } from '../../core/ports/storage.js'
import { compositeKey } from '../../core/model/keys.js'
import { execute } from './postgres.js'

/** The paths that are declared. */
export const declared = { customers: [['title'], ['mixins', 'loyalty', 'tier']] } satisfies StorageOptions['indexes']

/** Record id of the n-th customer, whose number is `C<n>`. */
export const idOf = (n: number): string => String(n).padStart(24, '0')

const times = `'creationDate', '2026-01-01T00:00:00.000Z', 'lastModified', '2026-01-01T00:00:00.000Z'`
const keyColumns = [...kinds.customers.unique, ...kinds.customers.indexed].map((key) => `key_${key.replace('N', '_n')}`)

/**
 * Loads so many customers: titles and tiers on declared paths, some 2,000 of each, but the newest 3 % (3,000 at the most) have
 * the title `new`; `jobTitle` is not declared.
 */
export async function loadCustomers(url: string, list: string, count: number): Promise<void> {
  await execute(
    url,
    `INSERT INTO clientele_customers (list, id, schema, ${keyColumns.join(', ')}, doc)
      SELECT '${list}', lpad(n::text, 24, '0'), 1, 'c' || n, 'login' || n, 'guest' || n || '@example.com', jsonb_build_object(
        'id', lpad(n::text, 24, '0'), 'version', 1, 'schema', 1, 'customerNo', 'C' || n, 'active', true,
        'credentials', jsonb_build_object('locked', false, 'login', 'login' || n),
        'email', 'guest' || n || '@example.com', 'firstName', 'First' || n % 1000, 'lastName', 'Last' || n,
        'title', CASE WHEN n > ${count} - least(3000, ${count} * 3 / 100) THEN 'new' ELSE 'title' || n % 1999 END,
        'jobTitle', 'job' || n % 777, ${times},
        'keys', jsonb_build_object('customerNo', 'c' || n, 'login', 'login' || n, 'email', 'guest' || n || '@example.com'),
        'mixins', jsonb_build_object('loyalty', jsonb_build_object('tier', 'tier' || n % 1999, 'points', n)))
      FROM generate_series(1, ${count}) AS n;
     ANALYZE clientele_customers`,
  )
}

/** Gives the n-th customer of the list so many addresses, the first of which is its default. */
export async function loadAddresses(url: string, list: string, n: number, count: number): Promise<void> {
  const owner = idOf(n)
  const key = `'${compositeKey(owner, 'a').slice(0, -1)}' || a`
  await execute(
    url,
    `INSERT INTO clientele_addresses (list, id, schema, key_address, key_customer, doc)
      SELECT '${list}', '${n}-' || a, 1, ${key}, '${owner}', jsonb_build_object(
        'id', '${n}-' || a, 'version', 1, 'schema', 1, 'addressId', a::text, 'isDefault', a = 1, 'lastName', 'Lebowski',
        'address1', a || ' Venice Boulevard', 'city', 'Los Angeles', 'postalCode', '90291', 'countryCode', 'US', ${times},
        'keys', jsonb_build_object('address', ${key}, 'customer', '${owner}'))
      FROM generate_series(1, ${count}) AS a;
     ANALYZE clientele_addresses`,
  )
}
