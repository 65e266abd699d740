/** Samples of the seed document 003 (OCAPI Data API 16.2, CustomerLists), with its line numbers. */
import type { Sample, SampleRequest } from './sample.js'

const lists = '/s/-/dw/data/v16_2/customer_lists'
const customers = `${lists}/4711/customers`
const customer = `${customers}/0815`
const addresses = `${customer}/addresses`

const email = 'dude@example.com'
const etag = /^[0-9a-f]{64}$/
const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

const expires = { Expires: 'Thu, 01-Jan-1970 00:00:00 GMT' }
const uncached = {
  'Content-Type': 'application/json;charset=UTF-8',
  'Cache-Control': 'max-age=0,no-cache,no-store,must-revalidate',
}
const host = { Host: 'example.com' }
const json = { ...host, 'Content-Type': 'application/json; charset=UTF-8' }

/** Names of an address of the samples, all empty. */
const emptyAddress = {
  salutation: '',
  title: '',
  company_name: '',
  first_name: '',
  second_name: '',
  last_name: '',
  postal_code: '',
  address1: '',
  address2: '',
  city: '',
  post_box: '',
  country_code: '',
  state_code: '',
  phone: '',
  suffix: '',
}

const make = (body: object): SampleRequest => ({ method: 'POST', path: customers, body })
const makeAddress = (path: string, body: object): SampleRequest => ({ method: 'POST', path, body })
const login = (name: string) => ({ credentials: { login: name } })
/** Customer 0815, with an address. */
const withAddress = (address: object): SampleRequest[] => [
  make({ customer_no: '0815', ...login('dude') }),
  makeAddress(addresses, { address_id: 'my_home_address', ...address }),
]

const created = {
  email,
  birthday: '2011-05-06',
  fax: '',
  first_name: '',
  gender: 1,
  job_title: '',
  last_name: '',
  phone_business: '',
  phone_home: '',
  phone_mobile: '',
  preferred_locale: 'en-US',
  salutation: '',
  second_name: '',
  suffix: '',
  title: '',
  company_name: '',
  credentials: { password_question: "Mother's maiden name", login: 'foo' },
}

/** The customer of the GET sample, as a request creates it. */
const shown = {
  birthday: '1970-01-31',
  company_name: 'Salesforce',
  credentials: { password_question: "Mother's maiden name", login: 'dude' },
  customer_no: '0815',
  email,
  fax: '001-444-4444',
  first_name: '',
  job_title: '',
  last_name: '',
  phone_business: '001-222-2222',
  phone_home: '001-111-1111',
  phone_mobile: '001-333-3333',
  preferred_locale: 'de_DE',
  salutation: 'Mr.',
  second_name: 'second',
  suffix: 'suffix',
  title: 'Dr.',
}

/** The customer that the PATCH sample changes: what it shows and does not change. */
const patched = {
  customer_no: '0815',
  first_name: 'Dude',
  gender: 1,
  job_title: '',
  last_name: 'Lebowski',
  phone_business: '',
  phone_home: '',
  preferred_locale: 'en-US',
  salutation: '',
  second_name: '',
  suffix: '',
  title: '',
}

const pit = {
  address1: 'Lodyweg',
  address_id: 'my_home_address',
  city: 'Washingtonville',
  company_name: 'Salesforce',
  country_code: 'SH',
  first_name: 'Pit',
  job_title: '',
  last_name: 'Snipes',
  phone: '001-111-1111',
  postal_code: '15361',
  state_code: 'DE',
}

const egon = {
  address1: '10 Somewhere St.',
  address2: '',
  city: 'Boston',
  company_name: '',
  country_code: '',
  first_name: 'Egon',
  job_title: '',
  last_name: 'Krenz',
  phone: '',
  postal_code: '',
  post_box: '',
  salutation: '',
  second_name: '',
  state_code: '',
  suffix: '',
  suite: '',
  title: '',
}

const fault = (type: string, message: string) => ({ _v: '16.2', _type: 'fault', fault: { type, message } })
const noCustomer = fault(
  'CustomerListCustomerNotFoundException',
  "No customer with number '0815' for customer list '4711' found.",
)
const noAddress = fault(
  'CustomerListCustomerAddressNotFoundException',
  "No customer address 'my_home_address' for customer with number '0815' in customer list '4711' found.",
)

/** Every sample request of the document. */
export const samples: readonly Sample[] = [
  {
    name: 'get a customer list',
    line: 55,
    request: { method: 'GET', path: `${lists}/SiteGenesis`, headers: json },
    answer: { status: 200, headers: expires, body: { _v: '16.2', _type: 'customer_list', id: 'SiteGenesis' } },
  },
  {
    name: 'get a customer list over plain http',
    line: 71,
    repairs: ['loopback counts as secure (decision 2.22), so the request says that it came through a proxy by http'],
    request: { method: 'GET', path: `${lists}/SiteGenesis`, headers: { ...json, 'X-Forwarded-Proto': 'http' } },
    answer: {
      status: 403,
      headers: { ...expires, ...uncached },
      body: {
        _v: '16.2',
        fault: { type: 'SecureCommunicationRequiredException', message: 'Secure communication required.' },
      },
    },
  },
  {
    name: 'get an unknown customer list',
    line: 87,
    request: { method: 'GET', path: `${lists}/foobar`, headers: json },
    answer: {
      status: 404,
      headers: { ...expires, ...uncached },
      body: {
        _v: '16.2',
        fault: { type: 'CustomerListNotFoundException', message: "No customer list with id 'foobar' found." },
      },
    },
  },
  {
    name: 'create a customer',
    line: 184,
    repairs: ['g: a comma is missing in the answer', 'j', 'k: customer number and ETag'],
    request: { method: 'POST', path: customers, headers: json, body: created },
    answer: {
      status: 200,
      headers: { ...expires, ETag: etag },
      body: { _v: '16.2', _type: 'customer', customer_no: /^\d+$/, ...created },
    },
  },
  {
    name: 'create a customer with a password that is refused',
    line: 245,
    repairs: ['the sample shows no password: an empty one is never acceptable (decision 2.9)'],
    request: {
      method: 'POST',
      path: customers,
      headers: json,
      body: { ...created, credentials: { login: 'foo', password: '' } },
    },
    answer: {
      status: 400,
      headers: { ...expires, ...uncached },
      body: fault('InvalidPasswordException', "Password doesn't match acceptance criteria."),
    },
  },
  {
    name: 'get a customer',
    line: 304,
    repairs: ['j', 'k: creation date and ETag'],
    given: [make(shown)],
    request: { method: 'GET', path: customer, headers: json },
    answer: {
      status: 200,
      headers: { ...expires, ETag: etag },
      body: {
        _v: '16.2',
        _type: 'customer',
        ...shown,
        creation_date: time,
        credentials: { enabled: true, locked: false, ...shown.credentials },
      },
    },
  },
  {
    name: 'get an unknown customer',
    line: 343,
    repairs: ['f: 404'],
    request: { method: 'GET', path: customer, headers: json },
    answer: { status: 404, headers: { ...expires, ...uncached }, body: noCustomer },
  },
  {
    name: 'update a customer',
    line: 450,
    repairs: ['a: token instead of the cookie', 'b', 'd', 'e', 'g: comments', 'j', 'k: ETag'],
    given: [make({ ...patched, fax: '1', phone_mobile: '2', ...login('dude') })],
    request: {
      method: 'PATCH',
      path: customer,
      headers: { ...host, 'If-Match': '<etag>' },
      body: { _delete: ['fax', 'phone_mobile'], birthday: '2011-05-06', email },
    },
    answer: {
      status: 200,
      headers: { ...uncached, ETag: etag },
      body: { _v: '16.2', _type: 'customer', ...patched, birthday: '2011-05-06', email },
      absent: ['fax', 'phone_mobile'],
    },
  },
  {
    name: 'update a customer with an email that is none',
    line: 489,
    repairs: ['a', 'k: ETag', 'Content-Length: 47 is not the length of the sample'],
    given: [make({ ...patched, ...login('dude') })],
    request: {
      method: 'PATCH',
      path: customer,
      headers: { ...host, 'If-Match': '<etag>' },
      body: { email: 'dude at example.com' },
    },
    answer: {
      status: 400,
      headers: { ...expires, ...uncached, ETag: etag, 'Content-Length': /^\d+$/ },
      body: fault('InvalidEmailException', 'The syntax of the email address is invalid.'),
    },
  },
  {
    name: 'delete a customer',
    line: 576,
    repairs: ['a: the sample shows no authorization'],
    given: [make({ customer_no: '0815', ...login('dude') })],
    request: { method: 'DELETE', path: customer, headers: json },
    answer: { status: 204 },
  },
  {
    name: 'delete an unknown customer',
    line: 585,
    repairs: ['a'],
    request: { method: 'DELETE', path: customer, headers: json },
    answer: { status: 404, headers: { ...expires, ...uncached }, body: noCustomer },
  },
  {
    name: 'list addresses',
    line: 650,
    repairs: ['k: ETag, host', 'l: pages of 25, and next keeps /s/-/', 'g: the list is cut short'],
    given: [
      ...withAddress(pit),
      ...Array.from({ length: 150 }, (_, n) => makeAddress(addresses, { address_id: `address-${n}` })),
    ],
    request: { method: 'GET', path: addresses, headers: host },
    answer: {
      status: 200,
      headers: uncached,
      body: {
        _v: '16.2',
        _type: 'customer_address_result',
        count: 25,
        data: [{ ...pit, full_name: 'Pit Snipes', etag }],
        next: /^https?:\/\/example\.com\/s\/-\/dw\/data\/v16_2\/customer_lists\/4711\/customers\/0815\/addresses\?count=25&start=25$/,
        start: 0,
        total: 151,
      },
    },
  },
  {
    name: 'create an address',
    line: 766,
    repairs: ['g: a comma is missing', 'k: ETag'],
    given: [make({ customer_no: '0815', ...login('dude') })],
    request: {
      method: 'POST',
      path: addresses,
      headers: json,
      body: { address_id: 'my_home_address', ...emptyAddress },
    },
    answer: {
      status: 200,
      headers: { ...expires, ...uncached, ETag: etag },
      body: { _v: '16.2', _type: 'customer_address', address_id: 'my_home_address', ...emptyAddress },
    },
  },
  {
    name: 'create an address whose id is taken',
    line: 820,
    given: withAddress(emptyAddress),
    request: {
      method: 'POST',
      path: addresses,
      headers: json,
      body: { address_id: 'my_home_address', ...emptyAddress },
    },
    answer: {
      status: 400,
      headers: { ...expires, ...uncached },
      body: fault('AddressIdAlreadyInUseException', 'Customer address id is already in use.'),
    },
  },
  {
    name: 'get an address',
    line: 889,
    repairs: ['g: commas are missing', 'k: ETag'],
    given: [
      make({ customer_no: 'dude', ...login('dude') }),
      makeAddress(`${customers}/dude/addresses`, { address_id: 'myaddress', ...egon }),
    ],
    request: { method: 'GET', path: `${customers}/dude/addresses/myaddress`, headers: host },
    answer: {
      status: 200,
      headers: uncached,
      body: {
        _v: '16.2',
        _type: 'customer_address',
        address_id: 'myaddress',
        ...egon,
        etag,
        full_name: 'Egon Krenz',
      },
    },
  },
  {
    name: 'update an address',
    line: 1019,
    repairs: ['b', 'c: full_name is made of what is left', 'e', 'g: comments and a comma', 'k: ETag'],
    given: withAddress(egon),
    request: {
      method: 'PATCH',
      path: `${addresses}/my_home_address`,
      headers: { ...host, 'If-Match': '<etag>' },
      body: { _delete: ['first_name', 'phone'], city: 'Burlington' },
    },
    answer: {
      status: 200,
      headers: uncached,
      body: {
        _v: '16.2',
        _type: 'customer_address',
        address1: '10 Somewhere St.',
        address2: '',
        address_id: 'my_home_address',
        city: 'Burlington',
        company_name: '',
        country_code: '',
        etag,
        full_name: 'Krenz',
        job_title: '',
        last_name: 'Krenz',
        postal_code: '',
        post_box: '',
        salutation: '',
        second_name: '',
        state_code: '',
        suffix: '',
        suite: '',
        title: '',
      },
      absent: ['first_name', 'phone'],
    },
  },
  {
    name: 'update an unknown address',
    line: 1058,
    repairs: ['f: 404', 'Content-Length: 47 is not the length of the sample'],
    given: [make({ customer_no: '0815', ...login('dude') })],
    request: { method: 'PATCH', path: `${addresses}/my_home_address`, headers: host, body: { city: 'Burlington' } },
    answer: { status: 404, headers: { ...expires, ...uncached, 'Content-Length': /^\d+$/ }, body: noAddress },
  },
  {
    name: 'delete an address',
    line: 1146,
    given: withAddress({}),
    request: { method: 'DELETE', path: `${addresses}/my_home_address`, headers: json },
    answer: { status: 204 },
  },
  {
    name: 'delete an unknown address',
    line: 1156,
    given: [make({ customer_no: '0815', ...login('dude') })],
    request: { method: 'DELETE', path: `${addresses}/my_home_address`, headers: json },
    answer: { status: 404, headers: { ...expires, ...uncached }, body: noAddress },
  },
]
