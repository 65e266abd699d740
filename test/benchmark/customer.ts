/** The customer that benchmarks store: twelve properties, about 470 bytes as JSON without the envelope. */
import type { CustomerRecord } from '../../core/ports/storage.js'

const cities = ['Berlin', 'Paris', 'Madrid', 'Roma', 'Wien', 'Oslo', 'Porto', 'Gent', 'Brno', 'Turku']

/** The nth customer; the same for the same n. */
export function benchmarkCustomer(n: number): CustomerRecord {
  const customerNo = String(n).padStart(8, '0')
  const login = `user${n}@example.com`
  return {
    id: n.toString(16).padStart(24, '0'),
    version: 1,
    schema: 1,
    keys: { customerNo, login, email: login },
    customerNo,
    email: login,
    title: n % 2 ? 'Ms' : 'Mr',
    firstName: `First${n % 1_000}`,
    lastName: `Last${n % 5_000}`,
    companyName: `Company number ${n % 300} of ${cities[n % 10]}`,
    phoneHome: `+49 30 ${String(n).padStart(9, '1')}`,
    birthday: `19${50 + (n % 50)}-0${1 + (n % 9)}-1${n % 10}`,
    preferredLocale: 'de-DE',
    active: n % 7 > 0,
    credentials: { login, locked: false },
    mixins: { loyalty: { tier: ['bronze', 'silver', 'gold'][n % 3] as string, points: (n * 37) % 10_000 } },
    creationDate: '2026-01-01T00:00:00.000Z',
    lastModified: '2026-01-01T00:00:00.000Z',
  }
}
