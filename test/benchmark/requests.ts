/** What the benchmark asks: requests as they go over the wire. */
import type { Conversation } from './load.js'

const ocapi = '/s/-/dw/data/v16_2/customer_lists/SiteGenesis/customers'
const yaas = '/hybris/cecentercustomer/v1/sitegenesis/customers'

/** Makes the conversations of a subject, given the token that its server takes. */
export type Requests = (token: string) => (connection: number) => Conversation

const headers = (token: string): string => `Host: 127.0.0.1\r\nAuthorization: Bearer ${token}\r\n`
const withBody = (line: string, token: string, body: string, more = ''): string =>
  `${line} HTTP/1.1\r\n${headers(token)}${more}Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`

/** The same GET again and again. */
export const get =
  (path: string, more = ''): Requests =>
  (token) => {
    const request = `GET ${path} HTTP/1.1\r\n${headers(token)}${more}\r\n`
    return () => () => request
  }

/** GET of one customer. */
export const getOcapi = get(`${ocapi}/00000007`)
/** GET of one customer as XML. */
export const getXml = get(`${ocapi}/00000007`, 'Accept: application/xml\r\n')
/** GET of one customer, YaaS. */
export const getYaas = get(`${yaas}/00000007`)
/** A page of 25 customers, YaaS; the query goes on from here. */
export const getPage = (query = ''): Requests => get(`${yaas}?pageSize=25${query}`)

let created = 0
const nextLogin = (): string => `login-${String(++created).padStart(8, '0')}`

/** POST of a new customer, OCAPI; with twelve properties. */
export const postOcapi: Requests = (token) => () => () => {
  const login = nextLogin()
  return withBody(
    `POST ${ocapi}`,
    token,
    JSON.stringify({
      customer_no: login,
      email: 'dude@example.com',
      birthday: '1970-01-31',
      first_name: 'Jeff',
      last_name: 'Lebowski',
      company_name: 'Company number 17 of Berlin',
      phone_home: '+49 30 000000017',
      preferred_locale: 'de-DE',
      salutation: 'Mr.',
      title: 'Dr.',
      c_size: 43,
      credentials: { login, password_question: "Mother's maiden name" },
    }),
  )
}

/** POST of a customer as a peer keeps it, of the same size. */
export const postPeer: Requests = () => () => () => {
  const login = nextLogin()
  return withBody(
    'POST /customers',
    'none',
    JSON.stringify({
      customerNo: login,
      email: 'dude@example.com',
      birthday: '1970-01-31',
      firstName: 'Jeff',
      lastName: 'Lebowski',
      companyName: 'Company number 17 of Berlin',
      phoneHome: '+49 30 000000017',
      preferredLocale: 'de-DE',
      salutation: 'Mr.',
      title: 'Dr.',
      size: 43,
      credentials: { login, passwordQuestion: "Mother's maiden name" },
    }),
  )
}

/** Changes one customer for each connection, with the ETag of the last answer as If-Match; the first request is a GET. */
const change =
  (method: string, base: string, document: (n: number) => object): Requests =>
  (token) =>
  (connection) => {
    const path = `${base}/${String(connection).padStart(8, '0')}`
    let n = 0
    return (last) => {
      const tag = /\r\netag: ([^\r]+)/i.exec(last)?.[1]
      if (tag === undefined) return `GET ${path} HTTP/1.1\r\n${headers(token)}\r\n`
      return withBody(`${method} ${path}`, token, JSON.stringify(document(++n)), `If-Match: ${tag}\r\n`)
    }
  }

/** PATCH with If-Match, OCAPI. */
export const patchOcapi = change('PATCH', ocapi, (n) => ({ last_name: `Changed${n}`, phone_home: '+49 30 1' }))
/** PUT with If-Match, YaaS. */
export const putYaas = change('PUT', yaas, (n) => ({ lastName: `Changed${n}`, contactPhone: '+49 30 1' }))
