/** Requests that grow: one for each property and parameter that a client fills, up to the largest body or line. */
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

/** Every growing request. */
export const growing: readonly Growing[] = [
  ...Object.entries(values).flatMap(([name, value]) => [
    ocapi(`c_a: ${name}`, (size) => `{"credentials":{"login":"a"},"c_a":${value(size)}}`),
    ocapi(`last_name: ${name}`, (size) => `{"credentials":{"login":"a"},"last_name":${value(size)}}`),
    ocapi(`login: ${name}`, (size) => `{"credentials":{"login":${value(size)}}}`),
    ocapi(`password: ${name}`, (size) => `{"credentials":{"login":"a","password":${value(size)}}}`),
    ocapi(`email: ${name}`, (size) => `{"credentials":{"login":"a"},"email":${value(size)}}`),
    ocapi(`_delete: ${name}`, (size) => `{"_delete":${value(size)}}`),
    ocapi(`credentials: ${name}`, (size) => `{"credentials":${value(size)}}`),
    ocapi(`the document: ${name}`, value),
    yaas(
      `mixins.m: ${name}`,
      (size) => `{"mixins":{"m":${value(size)}},"metadata":{"mixins":{"m":"https://a.example/strings"}}}`,
    ),
    yaas(`mixins: ${name}`, (size) => `{"mixins":${value(size)}}`),
    yaas(`metadata.mixins: ${name}`, (size) => `{"metadata":{"mixins":${value(size)}}}`),
    yaas(`contactEmail: ${name}`, (size) => `{"contactEmail":${value(size)}}`),
    yaas(`the document: ${name}`, value),
  ]),
  ocapi('c_ names', (size) => `{${filled(size / 14, (at) => `"c_n${at}":1`)}}`),
  ocapi('XML elements', (size) => `<customer>${'<c_a>1</c_a>'.repeat(size / 12)}</customer>`, xml),
  ocapi('XML nesting', (size) => `${'<customer>'.repeat(size / 21)}${'</customer>'.repeat(size / 21)}`, xml),
  ocapi('XML text', (size) => `<customer><last_name>${'&lt;'.repeat(size / 4)}</last_name></customer>`, xml),
  ocapi(
    'XML attributes',
    (size) => `<customer ${filled(size / 12, (at) => `x:a${at}="1"`).replaceAll(',', ' ')}/>`,
    xml,
  ),
  ocapi('blanks', (size) => ' '.repeat(size)),
  asked('q', (size) => filled(size / 16, (at) => `lastName:n${at} `).replaceAll(',', ' ')),
  asked('fields', (size) => filled(size / 4, (at) => `f${at}`)),
  asked('expand', (size) => filled(size / 9, (at) => `mixin:m${at}`)),
  asked('sort', (size) => filled(size / 9, () => 'lastName')),
  inLine('OCAPI ?select', (size) => `${ocapiPath}/C1?select=(**,${filled(size / 12, () => 'c_a,-c_a.a')})`, 'ocapi'),
  inLine('OCAPI customer_no', (size) => `${ocapiPath}/${'%CC%81'.repeat(size / 6)}`, 'ocapi'),
  inLine('YaaS customerNumber', (size) => `${yaasPath}/${'%CC%81'.repeat(size / 6)}`),
]
