/** Examples of documents, as the API's own pages show them. */
import type { Arguments, FaultType } from './faults.js'

const envelope = (type: string) => ({ _v: '16.2', _type: type })

/** A customer list. */
export const list = { ...envelope('customer_list'), id: 'SiteGenesis' }

/** What creates a customer. */
export const newCustomer = {
  credentials: { enabled: true, login: 'foo', password: '12345', password_question: "Mother's maiden name" },
  email: 'dude@example.com',
  last_name: 'Lebowski',
  gender: 1,
  birthday: '2011-05-06',
  preferred_locale: 'en-US',
  c_bowlingAverage: 188,
}

/** What changes a customer. */
export const customerChange = { phone_home: '001-222-2222', fax: null, c_bowlingAverage: 191 }

/** A customer. */
export const customer = {
  ...envelope('customer'),
  birthday: '2011-05-06',
  creation_date: '2016-01-31T12:00:00.000Z',
  credentials: { enabled: true, locked: false, login: 'foo', password_question: "Mother's maiden name" },
  customer_no: '00000001',
  email: 'dude@example.com',
  gender: 1,
  last_name: 'Lebowski',
  phone_home: '001-222-2222',
  preferred_locale: 'en-US',
  c_bowlingAverage: 191,
}

/** What creates an address. */
export const newAddress = {
  address_id: 'my_home_address',
  first_name: 'Jeff',
  last_name: 'Lebowski',
  address1: 'Venezia Ave',
  city: 'Venice',
  postal_code: '90291',
  state_code: 'CA',
  country_code: 'US',
}

/** What changes an address. */
export const addressChange = { suite: '606', phone: null }

const shownAddress = { ...newAddress, full_name: 'Jeff Lebowski', suite: '606' }

/** An address. */
export const address = { ...envelope('customer_address'), ...shownAddress }

/** A page of addresses. */
export const addresses = {
  ...envelope('customer_address_result'),
  count: 1,
  data: [shownAddress],
  start: 0,
  total: 1,
}

const resource = '/dw/data/v16_2/customer_lists/SiteGenesis/customers'

/** Arguments of faults that no problem leads to. */
export const faultArguments: { readonly [type in FaultType]?: Arguments } = {
  ResourcePathException: { message: 'it has a malformed percent-encoding' },
  InvalidClientIdException: { clientId: 'somebody' },
  ClientAccessForbiddenException: { method: 'GET', path: resource },
  MalformedSelectorException: { selector: '(**' },
  UnsupportedFormatException: { format: 'yaml' },
  IllegalHttpMethodOverrideException: { method: 'TRACE' },
  MethodNotAllowedException: { method: 'PUT' },
  UnauthorizedOriginException: { origin: 'https://elsewhere.example.com' },
  UnauthorizedReadAccessException: { method: 'GET', path: resource },
  UnauthorizedWriteAccessException: { method: 'POST', path: resource },
}
