/** Samples of the seed document 000 (YaaS Engagement Center Customer v1), with its line numbers. */
import type { Sample, SampleRequest } from './sample.js'

const base = '/hybris/cecentercustomer/v1/acme'
const customers = `${base}/customers`

/** An id that we make up, and the link that ends in it. */
const number = /^C\d{9,10}$/
const link = /^https?:\/\/[^/]+\/hybris\/cecentercustomer\/v1\/[a-z][a-z0-9]{2,15}\/customers\/C\d{9,10}$/

const arnold = {
  firstName: 'Arnold',
  contactEmail: 'noreply@hybristest.com',
  company: 'hybris',
  preferredLanguage: 'en_UK',
  preferredCurrency: 'GBP',
}

/** Makes a customer with a number of the document's; only OCAPI may name it (decision 3.5). */
const make = (customerNo: string, more: object = {}): SampleRequest => ({
  method: 'POST',
  path: '/s/-/dw/data/v16_2/customer_lists/4711/customers',
  body: { customer_no: customerNo, credentials: { login: `login-${customerNo}` }, ...more },
})

/** Every sample request for customers and addresses. */
export const samples: readonly Sample[] = [
  {
    name: 'create a customer',
    line: 197,
    repairs: ['h: quotes around link', 'k: number, host and tenant'],
    request: { method: 'POST', path: customers, body: arnold },
    answer: { status: 201, headers: { Location: link }, body: { id: number, link } },
  },
  {
    name: 'create a customer whose contactEmail exists',
    line: 218,
    given: [{ method: 'POST', path: customers, body: arnold }],
    request: { method: 'POST', path: customers, body: arnold },
    answer: {
      status: 409,
      body: { status: 409, message: 'The request failed because there was a conflict with another resource.' },
    },
  },
  {
    name: 'create a customer without an email address',
    line: 242,
    request: { method: 'POST', path: customers, body: { firstName: 'Arnold', company: 'hybris' } },
    answer: { status: 201, body: { id: number, link } },
  },
  {
    name: 'update a customer profile',
    line: 252,
    repairs: ['i: the tenant is missing in the URL'],
    given: [make('C1517747615')],
    request: { method: 'PUT', path: `${customers}/C1517747615`, body: { ...arnold, company: 'SAP' } },
    answer: { status: 200, body: { customerNumber: 'C1517747615', ...arnold, company: 'SAP' } },
  },
  {
    name: 'get all customers',
    line: 262,
    given: [make('C1517747615'), make('C1517747616')],
    request: { method: 'GET', path: customers },
    answer: {
      status: 200,
      headers: { 'hybris-Count': '2' },
      body: [{ customerNumber: 'C1517747615' }, { customerNumber: 'C1517747616' }],
    },
  },
  {
    name: 'get one customer',
    line: 274,
    given: [make('C6726280624', { first_name: 'lilu00' })],
    request: { method: 'GET', path: `${customers}/C6726280624` },
    answer: { status: 200, body: { customerNumber: 'C6726280624', firstName: 'lilu00' } },
  },
  {
    name: 'delete a customer',
    line: 456,
    repairs: ['i: cecentercustomers in one sentence'],
    given: [make('C1517747615')],
    request: { method: 'DELETE', path: `${customers}/C1517747615` },
    answer: { status: 202 },
  },
  {
    name: 'create an address',
    line: 85,
    given: [make('C1517747615')],
    request: {
      method: 'POST',
      path: `${customers}/C1517747615/addresses`,
      body: { contactName: 'Arnold', street: 'Nymphenburger Str.', city: 'Munich', country: 'DE' },
    },
    answer: {
      status: 201,
      body: {
        id: /^[0-9a-f]{24}$/,
        link: /\/hybris\/cecentercustomer\/v1\/acme\/customers\/C1517747615\/addresses\/[0-9a-f]{24}$/,
      },
    },
  },
]
