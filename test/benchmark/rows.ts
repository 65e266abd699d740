/** The rows of the benchmark: what is measured, against what, and what is wanted. */
import type { Requests } from './requests.js'
import { get, getOcapi, getPage, getXml, getYaas, patchOcapi, postOcapi, postPeer, putYaas } from './requests.js'
import type { Spec } from './server.js'

/** A server that is asked something. */
export interface Subject {
  /** What it is; `bare` repeats an answer of another subject of its group. */
  readonly server: Spec | { readonly kind: 'bare'; readonly of: string }
  readonly asks: Requests
  readonly connections?: number
  /** Requests until the one that is typical; default 1. */
  readonly opening?: number
}

/** One ratio of two subjects: requests per CPU-second of the one to those of the other, in the same rounds. */
export interface Row {
  readonly name: string
  readonly what: string
  readonly of: string
  readonly to: string
  /** At least this much is wanted; absent: it is told, not judged. */
  readonly target?: number
  /** Below this the benchmark fails. */
  readonly floor?: number
  /** On every version of Node; else on Node 24 alone. */
  readonly isJudged?: true
}

/** What is measured in the same rounds. */
export interface Group {
  readonly subjects: Readonly<Record<string, Subject>>
  readonly rows: readonly Row[]
}

const library = (door: 'koa' | 'node', stored = 1_000, file?: string): Extract<Spec, { kind: 'library' }> => ({
  kind: 'library',
  door,
  stored,
  ...(file === undefined ? {} : { file }),
})
/** The same, with an observer of everything. */
const observed: Spec = { kind: 'library', door: 'koa', stored: 1_000, isObserved: true }
/** The bare server that answers as another subject does; it is asked the same. */
const bare = (of: string, asks: Requests, opening = 1): Subject => ({ server: { kind: 'bare', of }, asks, opening })

const email = '&q=contactEmail:%22group7@example.com%22'
const company = '&q=company:%22Company%20number%20117%20of%20Gent%22'
const firstHundred = '&q=company:%22The%20first%20hundred%22'
const unindexed = '&q=firstName:%22First7%22&totalCount=true'
const find = get('/customers?firstName=First7&$limit=25')

/** What rows need beside this package; each is made when a wanted row asks for it. */
export interface Needs {
  /** A folder for data files. */
  readonly folder: string
  /** Where the peers are installed. */
  readonly peers: () => string
  /** Where the released version is installed. */
  readonly released: () => string
  /** URL of a database. */
  readonly database: () => string
}

/** All groups. */
export function groupsOf({ folder, peers, released, database }: Needs): readonly Group[] {
  const feathers = (stored = 1_000): Spec => ({ kind: 'feathers', peers: peers(), stored })
  const file = (stored: number): Spec => library('koa', stored, `${folder}/${stored}.json`)
  const growth = (from: Spec, to: Spec, name: string, what: string): Group => {
    const parts: readonly (readonly [string, Requests, number?])[] = [
      ['get', getOcapi],
      ['create', postOcapi],
      ['patch', patchOcapi, 2],
      ['list', getPage(firstHundred)],
    ]
    return {
      subjects: Object.fromEntries(
        parts.flatMap(([part, asks]) => [
          [`${part}-few`, { server: from, asks }],
          [`${part}-many`, { server: to, asks }],
        ]),
      ),
      rows: parts.map(([part]) => ({
        name: `${name}-${part}`,
        what: `${part}, ${what}`,
        of: `${part}-many`,
        to: `${part}-few`,
        target: 0.85,
        floor: 0.7,
      })),
    }
  }
  return [
    {
      subjects: {
        'koa-ocapi': { server: library('koa'), asks: getOcapi },
        'koa-yaas': { server: library('koa'), asks: getYaas },
        'koa-xml': { server: library('koa'), asks: getXml },
        'explorer-off': { server: { ...library('koa'), explorer: 'off' }, asks: getOcapi },
        'explorer-on': { server: { ...library('koa'), explorer: 'on' }, asks: getOcapi },
        'observed-ocapi': { server: observed, asks: getOcapi },
        'node-ocapi': { server: library('node'), asks: getOcapi },
        'node-yaas': { server: library('node'), asks: getYaas },
        'bare-ocapi': bare('koa-ocapi', getOcapi),
        'bare-yaas': bare('koa-yaas', getYaas),
        feathers: { server: feathers(), asks: get('/customers/7') },
        'json-server': {
          server: { kind: 'json-server', peers: peers(), stored: 1_000 },
          asks: get('/customers/7'),
        },
      },
      rows: [
        {
          name: 'get-koa-ocapi',
          what: 'GET, OCAPI, Koa / bare',
          of: 'koa-ocapi',
          to: 'bare-ocapi',
          target: 0.45,
          floor: 0.38,
        },
        {
          name: 'get-koa-yaas',
          what: 'GET, YaaS, Koa / bare',
          of: 'koa-yaas',
          to: 'bare-yaas',
          target: 0.45,
          floor: 0.38,
        },
        {
          name: 'get-node-ocapi',
          what: 'GET, OCAPI, node handler / bare',
          of: 'node-ocapi',
          to: 'bare-ocapi',
          target: 0.6,
          floor: 0.5,
        },
        {
          name: 'get-node-yaas',
          what: 'GET, YaaS, node handler / bare',
          of: 'node-yaas',
          to: 'bare-yaas',
          target: 0.6,
          floor: 0.5,
        },
        {
          name: 'get-observed',
          what: 'GET, OCAPI, Koa, observed / not observed',
          of: 'observed-ocapi',
          to: 'koa-ocapi',
          target: 0.9,
          floor: 0.75,
        },
        { name: 'xml', what: 'GET, XML / JSON', of: 'koa-xml', to: 'koa-ocapi', target: 0.6, floor: 0.45 },
        {
          name: 'get-explorer-off',
          what: 'GET, OCAPI, Koa, example server with EXPLORER=off / without explorer',
          of: 'explorer-off',
          to: 'koa-ocapi',
          target: 0.97,
          floor: 0.93,
        },
        { name: 'get-explorer-on', what: 'GET, OCAPI, Koa, EXPLORER=on / off', of: 'explorer-on', to: 'explorer-off' },
        { name: 'get-feathers', what: 'GET, OCAPI, Koa / Feathers', of: 'koa-ocapi', to: 'feathers' },
        { name: 'get-json-server', what: 'GET, OCAPI, Koa / json-server', of: 'koa-ocapi', to: 'json-server' },
      ],
    },
    {
      subjects: {
        koa: { server: library('koa'), asks: postOcapi },
        node: { server: library('node'), asks: postOcapi },
        bare: bare('koa', postOcapi),
        feathers: { server: feathers(), asks: postPeer },
      },
      rows: [
        { name: 'post-koa', what: 'POST with two hooks, Koa / bare', of: 'koa', to: 'bare', target: 0.35, floor: 0.24 },
        {
          name: 'post-koa-feathers',
          what: 'POST with two hooks, Koa / Feathers with ajv',
          of: 'koa',
          to: 'feathers',
          target: 1,
          floor: 1 / 1.3,
        },
        {
          name: 'post-node',
          what: 'POST with two hooks, node handler / bare',
          of: 'node',
          to: 'bare',
          target: 0.42,
          floor: 0.28,
        },
      ],
    },
    {
      subjects: {
        patch: { server: library('koa'), asks: patchOcapi, opening: 2 },
        put: { server: library('koa'), asks: putYaas, opening: 2 },
        'bare-patch': bare('patch', patchOcapi, 2),
        'bare-put': bare('put', putYaas, 2),
      },
      rows: [
        {
          name: 'patch',
          what: 'PATCH with If-Match, OCAPI, Koa / bare',
          of: 'patch',
          to: 'bare-patch',
          target: 0.33,
          floor: 0.22,
        },
        {
          name: 'put',
          what: 'PUT with If-Match, YaaS, Koa / bare',
          of: 'put',
          to: 'bare-put',
          target: 0.33,
          floor: 0.22,
        },
      ],
    },
    {
      subjects: {
        page: { server: library('koa', 100_000), asks: getPage() },
        email: { server: library('koa', 100_000), asks: getPage(email) },
        index: { server: library('koa', 100_000), asks: getPage(company) },
        scan: { server: library('koa', 100_000), asks: getPage(unindexed) },
        'bare-page': bare('page', getPage()),
        'bare-email': bare('email', getPage(email)),
        'bare-index': bare('index', getPage(company)),
        feathers: { server: feathers(100_000), asks: find },
      },
      rows: [
        { name: 'page', what: '25 of 100,000, Koa / bare', of: 'page', to: 'bare-page', target: 0.25, floor: 0.17 },
        {
          name: 'page-email',
          what: '25 of 100,000, `q` on contactEmail, Koa / bare',
          of: 'email',
          to: 'bare-email',
          target: 0.25,
          floor: 0.17,
        },
        {
          name: 'page-index',
          what: '25 of 100,000, `q` on a declared index, Koa / bare',
          of: 'index',
          to: 'bare-index',
          target: 0.25,
          floor: 0.17,
        },
        {
          name: 'scan',
          what: '25 of 100,000, unindexed filter with total, Koa / Feathers',
          of: 'scan',
          to: 'feathers',
          target: 4,
          floor: 2.5,
        },
      ],
    },
    {
      subjects: {
        few: { server: file(10_000), asks: postOcapi, connections: 100 },
        many: { server: file(100_000), asks: postOcapi, connections: 100 },
        memory: { server: library('koa'), asks: postOcapi, connections: 100 },
      },
      rows: [
        {
          name: 'file-10k',
          what: 'POST to a JSON file of 10,000 / to memory, 100 writers',
          of: 'few',
          to: 'memory',
          target: 0.75,
          floor: 0.6,
        },
        {
          name: 'file-100k',
          what: 'POST to a JSON file of 100,000 / to memory, 100 writers',
          of: 'many',
          to: 'memory',
          target: 0.75,
          floor: 0.6,
        },
        {
          name: 'file-growth',
          what: 'POST to a JSON file of 100,000 / of 10,000',
          of: 'many',
          to: 'few',
          target: 0.95,
          floor: 0.85,
        },
      ],
    },
    {
      get subjects() {
        const on = { kind: 'library', door: 'koa', database: database() } as const
        const create: Spec = { ...on, stored: 0, hooks: 'before' }
        const both: Spec = { ...on, stored: 0 }
        const stored: Spec = { ...on, stored: 1_000 }
        return {
          create: { server: create, asks: postOcapi },
          both: { server: both, asks: postOcapi },
          get: { server: stored, asks: getOcapi },
          'bare-create': bare('create', postOcapi),
          'bare-both': bare('both', postOcapi),
          'bare-get': bare('get', getOcapi),
        }
      },
      rows: [
        ['postgres-create', 'POST without after hooks', 'create'] as const,
        ['postgres-both', 'POST with two hooks', 'both'] as const,
        ['postgres-get', 'GET', 'get'] as const,
      ].map(([name, what, of]) => ({
        name,
        what: `${what}, PostgreSQL / bare with the same statements`,
        of,
        to: `bare-${of}`,
        target: 0.5,
        floor: 0.4,
      })),
    },
    {
      get subjects() {
        const asked = [
          ['get', getOcapi],
          ['get-yaas', getYaas],
          ['post', postOcapi],
          ['patch', patchOcapi],
          ['put', putYaas],
        ] as const
        const old: Spec = { kind: 'library', door: 'koa', stored: 1_000, root: released() }
        return Object.fromEntries(
          asked.flatMap(([name, asks]): [string, Subject][] => [
            [name, { server: library('koa'), asks }],
            [`${name}-released`, { server: old, asks }],
          ]),
        )
      },
      rows: ['get', 'get-yaas', 'post', 'patch', 'put'].map((of) => ({
        name: `released-${of}`,
        what: `${of}, Koa / 0.1.0`,
        of,
        to: `${of}-released`,
        target: 1,
        floor: 0.95,
        isJudged: true,
      })),
    },
    growth(library('koa', 1_000), library('koa', 500_000), 'growth-memory', '500,000 / 1,000 stored, memory'),
    growth(
      file(1_000),
      library('koa', 100_000, `${folder}/growth.json`),
      'growth-file',
      '100,000 / 1,000 stored, JSON file',
    ),
  ]
}

/** What holds the event loop, at 500,000 stored, and the milliseconds that it may. */
export const holds: readonly (Omit<Row, 'of' | 'to'> & { readonly asks: Requests })[] = [
  ['hold-q', 'an unindexed `q`', getPage(unindexed)] as const,
  ['hold-sort', 'a sort over all', getPage('&sort=lastName')] as const,
  ['hold-offset', 'a deep offset', getPage('&pageNumber=15000')] as const,
].map(([name, what, asks]) => ({
  name,
  what: `longest hold by ${what} at 500,000 stored, ms`,
  asks,
  target: 15,
  floor: 25,
}))
