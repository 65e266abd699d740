/** Requests that grow: one for each property and parameter that a client fills, up to the largest body or line. */
import { addressTable as ocapiAddresses, customerTable as ocapiCustomers } from '../../adapters/ocapi/documents.js'
import {
  accountTable,
  addressTable as yaasAddresses,
  customerTable as yaasCustomers,
  mappingTable,
} from '../../adapters/yaas/documents.js'
import type { Sent } from '../support/http.js'
import { yaasBase } from '../support/yaas.js'

/** A request of about `size` bytes. */
export interface Growing {
  readonly name: string
  /** It stands in the request line, which servers limit. */
  readonly isShort?: true
  make(size: number): Sent & { readonly token?: string }
}

const ocapiPath = '/s/-/dw/data/v16_2/customer_lists/SiteGenesis/customers'
const yaasPath = `${yaasBase}/sitegenesis/customers`
const filled = (count: number, item: (at: number) => string) =>
  Array.from({ length: count }, (_, at) => item(at)).join()
const marks = (size: number) => `a${'\u0301'.repeat(size / 4)}${'\u0323'.repeat(size / 4)}`
const nested = (size: number) => `${'['.repeat(size / 2)}${']'.repeat(size / 2)}`

/** What a value of free data may be. */
const values: Readonly<Record<string, (size: number) => string>> = {
  'a text': (size) => JSON.stringify('x'.repeat(size)),
  'combining marks': (size) => JSON.stringify(marks(size)),
  'a list of numbers': (size) => `[${filled(size / 2, () => '1')}]`,
  'a list of objects': (size) => `[${filled(size / 10, (at) => `{"a":${at}}`)}]`,
  'an object with many names': (size) => `{${filled(size / 12, (at) => `"n${at}":1`)}}`,
  'nested lists': nested,
  'nested objects': (size) => `${'{"a":'.repeat(size / 6)}1${'}'.repeat(size / 6)}`,
}

const ocapi = (name: string, body: (size: number) => string, more: Sent = {}): Growing => ({
  name: `OCAPI ${name}`,
  make: (size) => ({ method: 'POST', path: ocapiPath, body: body(size), ...more }),
})
const yaas = (name: string, body: (size: number) => string): Growing => ({
  name: `YaaS ${name}`,
  make: (size) => ({ token: 'yaas', method: 'POST', path: yaasPath, body: body(size) }),
})
const inLine = (name: string, path: (size: number) => string, token = 'yaas'): Growing => ({
  name,
  isShort: true,
  make: (size) => ({ token, path: path(size) }),
})
const xml = { headers: { 'Content-Type': 'application/xml' } }
const asked = (parameter: string, value: (size: number) => string) =>
  inLine(`YaaS ?${parameter}`, (size) => `${yaasPath}?${parameter}=${encodeURIComponent(value(size))}`)

/** Properties of the documents of a table, each with a value of every kind that grows. */
const everywhere = (
  api: string,
  { name, fields }: { readonly name: string; readonly fields: readonly { readonly name: string }[] },
  make: (body: string) => Sent & { readonly token?: string },
): Growing[] =>
  fields.flatMap((field) =>
    shortValues.map(([kind, value]) => ({
      name: `${api} ${name}.${field.name}: ${kind}`,
      make: (size: number) => make(`{${JSON.stringify(field.name)}:${value(size)}}`),
    })),
  )
const shortValues = Object.entries(values).filter(([kind]) => ['combining marks', 'a list of objects'].includes(kind))

const post = (path: string, token: string) => (body: string) => ({ method: 'POST', path, body, token })
const patch = (path: string, token: string) => (body: string) => ({ method: 'PATCH', path, body, token })
const put = (path: string) => (body: string) => ({ method: 'PUT', path, body, token: 'yaas' })

/** A header that grows. */
const header = (name: string, value: (size: number) => string): Growing[] =>
  ['ocapi', 'yaas'].map((token) => ({
    name: `${token} ${name}`,
    isShort: true,
    make: (size) => ({
      token,
      path: `${token === 'ocapi' ? ocapiPath : yaasPath}/C1`,
      headers: { [name]: value(size) },
    }),
  }))

/** Every growing request. */
export const growing: readonly Growing[] = [
  ...Object.entries(values).flatMap(([name, value]) => [
    ocapi(`c_a: ${name}`, (size) => `{"credentials":{"login":"a"},"c_a":${value(size)}}`),
    ocapi(`password: ${name}`, (size) => `{"credentials":{"login":"a","password":${value(size)}}}`),
    ocapi(`login: ${name}`, (size) => `{"credentials":{"login":${value(size)}}}`),
    ocapi(`_delete: ${name}`, (size) => `{"_delete":${value(size)}}`),
    ocapi(`the document: ${name}`, value),
    yaas(
      `mixins.m: ${name}`,
      (size) => `{"mixins":{"m":${value(size)}},"metadata":{"mixins":{"m":"https://a.example/strings"}}}`,
    ),
    yaas(`mixins: ${name}`, (size) => `{"mixins":${value(size)}}`),
    yaas(`metadata.mixins: ${name}`, (size) => `{"metadata":{"mixins":${value(size)}}}`),
    yaas(`the document: ${name}`, value),
  ]),
  ...everywhere('OCAPI', ocapiCustomers, post(ocapiPath, 'ocapi')),
  ...everywhere('OCAPI PATCH', ocapiCustomers, patch(`${ocapiPath}/C1`, 'ocapi')),
  ...everywhere('OCAPI', ocapiAddresses, post(`${ocapiPath}/C1/addresses`, 'ocapi')),
  ...everywhere('YaaS', yaasCustomers, post(yaasPath, 'yaas')),
  ...everywhere('YaaS PUT', yaasCustomers, put(`${yaasPath}/C1`)),
  ...everywhere('YaaS', yaasAddresses, post(`${yaasPath}/C1/addresses`, 'yaas')),
  ...everywhere('YaaS', accountTable, post(`${yaasPath}/C1/accounts/internal`, 'yaas')),
  ...everywhere('YaaS', mappingTable, post(`${yaasBase}/sitegenesis/sdCustomerMappings`, 'yaas')),
  ocapi('c_ names', (size) => `{${filled(size / 14, (at) => `"c_n${at}":1`)}}`),
  ocapi('a number', (size) => `{"credentials":{"login":"a"},"c_a":${'9'.repeat(size)}}`),
  ocapi('escapes', (size) => `{"credentials":{"login":"a"},"c_a":"${'\\u0041'.repeat(size / 6)}"}`),
  ocapi('no JSON', (size) => `{"c_a":"${'\\n'.repeat(size / 2)}`),
  ocapi('no JSON after many words', (size) => `[${'1 ,'.repeat(Math.min(size / 3, 90_000))}!${' '.repeat(size / 2)}`),
  ocapi('zeros', (size) => `{"credentials":{"login":"a"},"c_a":[${filled(Math.min(size / 3, 90_000), () => '-0')}]}`),
  ocapi('blanks', (size) => ' '.repeat(size)),
  ocapi('XML elements', (size) => `<customer>${'<c_a>1</c_a>'.repeat(size / 12)}</customer>`, xml),
  ocapi(
    'XML sets',
    (size) => `<customer><c_a type="set">${'<value>1</value>'.repeat(size / 16)}</c_a></customer>`,
    xml,
  ),
  ocapi('XML nesting', (size) => `${'<customer>'.repeat(size / 21)}${'</customer>'.repeat(size / 21)}`, xml),
  ocapi('XML text', (size) => `<customer><last_name>${'&lt;'.repeat(size / 4)}</last_name></customer>`, xml),
  ocapi('XML numbers', (size) => `<customer><c_a>${'&#60;'.repeat(size / 5)}</c_a></customer>`, xml),
  ocapi('XML comments', (size) => `<customer>${'<!--x-->'.repeat(size / 8)}</customer>`, xml),
  ocapi('XML instructions', (size) => `<customer>${'<?x y?>'.repeat(size / 7)}</customer>`, xml),
  ocapi('XML CDATA', (size) => `<customer><c_a>${'<![CDATA[x]]>'.repeat(size / 13)}</c_a></customer>`, xml),
  ocapi('an XML name', (size) => `<customer><${'a'.repeat(size)}/></customer>`, xml),
  ocapi('an XML attribute', (size) => `<customer xmlns="${'&lt;'.repeat(size / 4)}"/>`, xml),
  ocapi(
    'XML attributes',
    (size) => `<customer ${filled(size / 12, (at) => `x:a${at}="1"`).replaceAll(',', ' ')}/>`,
    xml,
  ),
  asked('q', (size) => filled(size / 16, (at) => `lastName:n${at} `).replaceAll(',', ' ')),
  asked('q', (size) => `lastName:(${filled(size / 4, (at) => `n${at}`)})`),
  asked('q', (size) => `lastName:~${'(a|b)*'.repeat(size / 6)}`),
  asked('q', (size) => `${'('.repeat(size / 2)}a:b${')'.repeat(size / 2)}`),
  asked('fields', (size) => filled(size / 4, (at) => `f${at}`)),
  asked('fields', (size) => filled(size / 2, () => 'a').replaceAll(',', '.')),
  asked('expand', (size) => filled(size / 9, (at) => `mixin:m${at}`)),
  asked('expand', (size) => `mixin:${'{'.repeat(size)}`),
  asked('sort', (size) => filled(size / 9, () => 'lastName')),
  asked('pageSize', (size) => '9'.repeat(size)),
  asked('pageNumber', (size) => '0'.repeat(size)),
  asked('totalCount', (size) => 't'.repeat(size)),
  inLine('OCAPI ?select', (size) => `${ocapiPath}/C1?select=(**,${filled(size / 12, () => 'c_a,-c_a.a')})`, 'ocapi'),
  inLine('OCAPI ?select', (size) => `${ocapiPath}/C1?select=${'('.repeat(size / 2)}${')'.repeat(size / 2)}`, 'ocapi'),
  inLine('OCAPI ?count', (size) => `${ocapiPath}/C1/addresses?count=${'1'.repeat(size)}`, 'ocapi'),
  inLine('OCAPI ?start', (size) => `${ocapiPath}/C1/addresses?start=${'0'.repeat(size)}`, 'ocapi'),
  inLine('OCAPI ?format', (size) => `${ocapiPath}/C1?format=${'x'.repeat(size)}`, 'ocapi'),
  inLine('OCAPI ?client_id', (size) => `${ocapiPath}/C1?client_id=${'%CC%81'.repeat(size / 6)}`, 'ocapi'),
  inLine(
    'OCAPI parameters',
    (size) => `${ocapiPath}/C1?${filled(size / 6, (at) => `p${at}=`).replaceAll(',', '&')}`,
    'ocapi',
  ),
  inLine('OCAPI customer_no', (size) => `${ocapiPath}/${'%CC%81'.repeat(size / 6)}`, 'ocapi'),
  inLine('OCAPI list_id', (size) => `/dw/data/v16_2/customer_lists/${'%CC%81'.repeat(size / 6)}`, 'ocapi'),
  inLine('OCAPI segments', (size) => `${ocapiPath}${'/a'.repeat(size / 2)}`, 'ocapi'),
  inLine('YaaS customerNumber', (size) => `${yaasPath}/${'%CC%81'.repeat(size / 6)}`),
  inLine('YaaS segments', (size) => `${yaasPath}${'/a'.repeat(size / 2)}`),
  ...header('If-Match', (size) => filled(size / 4, (at) => `"${at}"`)),
  ...header('If-None-Match', (size) => filled(size / 4, (at) => `W/"${at}"`)),
  ...header('Accept', (size) => filled(size / 10, (at) => `a/b${at};q=0.1`)),
  ...header('Accept-Charset', (size) => filled(size / 6, (at) => `a${at};q=0`)),
  ...header('Content-Type', (size) => `application/json;${'a=b;'.repeat(size / 4)}`),
  ...header('Authorization', (size) => `Bearer ${' '.repeat(size)}x`),
  ...header('Cookie', (size) => 'a=b;'.repeat(size / 4)),
  ...header('X-Forwarded-For', (size) => filled(size / 8, () => '1.2.3.4')),
  ...header('traceparent', (size) => '0'.repeat(size)),
  ...header('x-request-id', (size) => 'x'.repeat(size)),
]
