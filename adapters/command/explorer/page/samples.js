/** Sample customers, created through the APIs themselves, so that their requests can be seen. */
import { count, say } from './dom.js'
import { ask, chosen, send } from './server.js'

const json = { 'content-type': 'application/json' }

/** Through OCAPI. */
const ocapi = [
  {
    customer: {
      customer_no: 'S0001',
      first_name: 'Jeff',
      last_name: 'Lebowski',
      email: 'dude@example.com',
      credentials: { login: 'dude' },
      phone_home: '310-555-0190',
      c_bowlingAverage: 191,
    },
    address: {
      address_id: 'home',
      address1: 'Venezia Ave',
      suite: '606',
      city: 'Venice',
      postal_code: '90291',
      state_code: 'CA',
      country_code: 'US',
    },
  },
  {
    customer: {
      customer_no: 'S0002',
      first_name: 'Walter',
      last_name: 'Sobchak',
      email: 'walter@example.com',
      company_name: 'Sobchak Security',
      job_title: 'Owner',
      credentials: { login: 'walter' },
      birthday: '1948-09-22',
    },
    address: { address_id: 'shop', address1: 'Santa Monica Blvd', city: 'Los Angeles', country_code: 'US' },
  },
  {
    customer: {
      customer_no: 'S0003',
      first_name: 'Theodore',
      second_name: 'Donald',
      last_name: 'Kerabatsos',
      credentials: { login: 'donny' },
      c_bowlingAverage: 171,
    },
  },
  {
    customer: {
      customer_no: 'S0004',
      first_name: 'Da',
      last_name: 'Fino',
      job_title: 'Private snoop',
      credentials: { login: 'dafino' },
    },
  },
  {
    customer: {
      customer_no: 'S0005',
      first_name: 'Jesús',
      last_name: 'Quintana',
      preferred_locale: 'es_ES',
      credentials: { login: 'quintana' },
      c_bowlingAverage: 212,
    },
  },
]

/** Through YaaS. */
const yaas = [
  {
    firstName: 'Maude',
    lastName: 'Lebowski',
    contactEmail: 'maude@example.com',
    company: 'Lebowski Foundation',
    preferredLanguage: 'en_US',
  },
  {
    firstName: 'Uli',
    lastName: 'Kunkel',
    contactEmail: 'uli@example.com',
    company: 'Autobahn',
    preferredLanguage: 'de_DE',
    preferredCurrency: 'EUR',
  },
  { firstName: 'Knox', lastName: 'Harrington', contactEmail: 'knox@example.com' },
  { firstName: 'Bunny', lastName: 'Lebowski', contactEmail: 'bunny@example.com', title: 'Ms' },
]

/** All requests, in their order. */
function requestsFor({ id, tenant }) {
  const customers = `/s/-/dw/data/v16_2/customer_lists/${encodeURIComponent(id)}/customers`
  const made = (api, method, path, document) => ({
    api,
    tenant,
    method,
    path,
    headers: json,
    body: JSON.stringify(document),
  })
  const first = ocapi.flatMap(({ customer, address }) => [
    made('ocapi', 'POST', customers, customer),
    ...(address ? [made('ocapi', 'POST', `${customers}/${customer.customer_no}/addresses`, address)] : []),
  ])
  if (!tenant) return first
  const base = `/hybris/cecentercustomer/v1/${tenant}`
  return [
    ...first,
    ...yaas.map((document) => made('yaas', 'POST', `${base}/customers`, document)),
    made('yaas', 'PUT', `${base}/customers/S0001?partial=true`, {
      preferredLanguage: 'en_US',
      middleName: 'His Dudeness',
    }),
    made('yaas', 'POST', `${base}/sdCustomerMappings`, { customerNumber: 'S0001', sdCustomerNumber: '0000012345' }),
  ]
}

/** Creates the sample customers in the chosen list, unless they are there. */
export async function loadSamples(button) {
  button.disabled = true
  try {
    const { total } = await ask('customers', { list: chosen.list.id, search: 'S0001' })
    if (total > 0) return say('The sample customers are there already')
    const requests = requestsFor(chosen.list)
    let refused = 0
    for (const [at, request] of requests.entries()) {
      button.textContent = `Loading ${at + 1} of ${requests.length}`
      // one after the other, so that they can be followed
      const { status } = await send(request)
      if (status >= 400) refused++
    }
    return say(
      `Loaded with ${count(requests.length, 'request')}${refused > 0 ? `; ${refused} of them ${refused === 1 ? 'was' : 'were'} refused` : ''}`,
    )
  } catch (error) {
    return say(error.message)
  } finally {
    button.disabled = false
    button.textContent = 'Load sample customers'
  }
}
