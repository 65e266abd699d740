/** Samples of the seed document 000 (YaaS Engagement Center Customer v1), with its line numbers. */
import type { Sample, SampleRequest } from './sample.js'
import { socialMediaUsers } from './seed-data.js'

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

const schema = 'https://api.beta.yaas.io/hybris/schema/v1/kiwistest/example-schema.json'
const mixed = {
  metadata: { mixins: { additionalCode: schema } },
  mixins: { additionalCode: { code: 'DFG-334-98330-X' } },
  firstName: 'Arnold',
  contactEmail: 'noreply@yaastest.com',
  company: 'hybris',
  preferredLanguage: 'en_UK',
  preferredCurrency: 'GBP',
  preferredSite: 'UK_site',
  active: true,
}
const {
  preferredSite: _site,
  active: _active,
  ...shown
} = {
  ...mixed,
  firstName: 'lilu00',
  contactEmail: '001noreply@yaastest.com',
}

const mappings = `${base}/sdCustomerMappings`
const mapping = (customerNumber: string, sdCustomerNumber: string) => ({
  customerNumber,
  sdCustomerNumber,
  deletedInYaaS: false,
})
const map = (customerNumber: string, sdCustomerNumber: string): SampleRequest => ({
  method: 'POST',
  path: mappings,
  body: mapping(customerNumber, sdCustomerNumber),
})

/** Every sample request. */
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
  {
    name: 'add an internal account to a customer profile',
    line: 291,
    given: [
      { method: 'POST', path: customers, body: { middleName: 'CO139024732' } },
      { method: 'PUT', path: `${customers}/CO139024732`, body: { contactEmail: 'noreply@hybristest.com' } },
    ],
    request: { method: 'POST', path: `${customers}/CO139024732/accounts/internal`, body: {} },
    answer: {
      status: 201,
      body: { id: 'CO139024732', link: /\/hybris\/cecentercustomer\/v1\/acme\/customers\/CO139024732$/ },
    },
  },
  {
    name: 'create a customer with mixins',
    line: 305,
    repairs: ['h: quotes around link, the blank in the id', 'k: number, host and tenant'],
    request: { method: 'POST', path: customers, body: mixed },
    answer: { status: 201, headers: { Location: link }, body: { id: number, link } },
  },
  {
    name: 'retrieve a customer profile with mixins',
    line: 355,
    given: [make('C6726280624'), { method: 'PUT', path: `${customers}/C6726280624`, body: shown }],
    request: { method: 'GET', path: `${customers}/C6726280624?expand=mixin:%7B*%7D` },
    answer: { status: 200, body: { customerNumber: 'C6726280624', ...shown } },
  },
  {
    name: 'retrieve a customer profile with one mixin',
    line: 365,
    given: [make('C6726280624'), { method: 'PUT', path: `${customers}/C6726280624`, body: shown }],
    request: { method: 'GET', path: `${customers}/C6726280624?expand=mixin:additionalCode` },
    answer: { status: 200, body: { customerNumber: 'C6726280624', ...shown } },
  },
  {
    name: 'retrieve social media users',
    line: 398,
    given: [make('C8020362178')],
    request: { method: 'GET', path: `${customers}/C8020362178/socialMediaUsers` },
    answer: { status: 200, body: socialMediaUsers },
  },
  {
    name: 'create a SD customer mapping',
    line: 479,
    repairs: ['k: id, host and tenant', 'm: our base path'],
    request: map('C010101001', '0003144965'),
    answer: {
      status: 201,
      body: {
        id: /^[0-9a-f]{24}$/,
        link: /\/hybris\/cecentercustomer\/v1\/acme\/sdCustomerMappings\/[0-9a-f]{24}$/,
      },
    },
  },
  {
    name: 'retrieve SD customer mappings',
    line: 515,
    given: [map('C7534120357', '0000100080'), map('C010101001', '0003144965'), map('C010101001', '0003144965')],
    request: { method: 'GET', path: mappings },
    answer: {
      status: 200,
      body: [
        mapping('C7534120357', '0000100080'),
        mapping('C010101001', '0003144965'),
        mapping('C010101001', '0003144965'),
      ],
    },
  },
  {
    name: 'delete an SD customer mapping',
    line: 559,
    given: [map('C010101001', '0003144965')],
    request: { method: 'DELETE', path: `${mappings}/C010101001` },
    answer: { status: 204 },
  },
]
