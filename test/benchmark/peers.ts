/** Feathers and json-server as their pages say, from a folder into which the benchmark has installed them. */
import type { RequestListener } from 'node:http'
import { createRequire } from 'node:module'
import path from 'node:path'
import { benchmarkCustomer } from './customer.js'

/** What is installed for the benchmark alone. */
export const peerPackages = [
  '@feathersjs/feathers@5.0.50',
  '@feathersjs/koa@5.0.50',
  '@feathersjs/memory@5.0.50',
  'ajv@8.20.0',
  'json-server@0.17.4',
]

/** The documents that a peer keeps: those of the library without their envelopes. */
function documents(stored: number): object[] {
  return Array.from({ length: stored }, (_, n) => {
    const { version: _1, schema: _2, keys: _3, ...document } = benchmarkCustomer(n)
    return { ...document, id: n }
  })
}

interface Feathers {
  use(...given: readonly unknown[]): void
  configure(part: unknown): void
  service(name: string): { hooks(given: object): void }
  callback(): RequestListener
  setup(): Promise<unknown>
}
interface Context {
  data: Record<string, unknown>
  result: Record<string, unknown>
}

const text = { type: 'string', maxLength: 256 }
const schema = {
  type: 'object',
  required: ['lastName', 'credentials'],
  additionalProperties: false,
  properties: {
    ...Object.fromEntries(
      ['customerNo', 'email', 'birthday', 'firstName', 'lastName', 'companyName', 'phoneHome', 'preferredLocale']
        .concat(['salutation', 'title', 'createdAt', 'modifiedAt'])
        .map((name) => [name, text]),
    ),
    size: { type: 'number' },
    credentials: {
      type: 'object',
      required: ['login'],
      additionalProperties: false,
      properties: { login: text, passwordQuestion: text },
    },
  },
}

/** Feathers 5 on Koa with its memory service: ajv and one async hook before a create, one after it. */
export async function feathersServer(folder: string, stored: number): Promise<RequestListener> {
  const require = createRequire(path.join(folder, 'x.js'))
  const { feathers } = require('@feathersjs/feathers') as { feathers: () => unknown }
  const { koa, rest, bodyParser, errorHandler } = require('@feathersjs/koa') as {
    koa: (app: unknown) => Feathers
    rest: () => unknown
    bodyParser: () => unknown
    errorHandler: () => unknown
  }
  const { MemoryService } = require('@feathersjs/memory') as { MemoryService: new (options: object) => unknown }
  const { Ajv } = require('ajv') as { Ajv: new () => { compile(schema: object): (data: unknown) => boolean } }
  const validate = new Ajv().compile(schema)
  const app = koa(feathers())
  app.use(errorHandler())
  app.use(bodyParser())
  app.configure(rest())
  const store = Object.fromEntries(documents(stored).map((document, n) => [n, document]))
  app.use('customers', new MemoryService({ store, startId: stored, paginate: { default: 25, max: 50 } }))
  const check = async ({ data }: Context): Promise<void> => {
    if (!validate(data)) throw new Error('invalid')
  }
  const before = async ({ data }: Context): Promise<void> => {
    data['createdAt'] = new Date().toISOString()
  }
  const after = async ({ result, data }: Context): Promise<void> => {
    result['modifiedAt'] = data['createdAt']
  }
  app.service('customers').hooks({ before: { create: [check, before] }, after: { create: [after] } })
  await app.setup()
  return app.callback()
}

/** json-server on an object in memory, without its log. It writes no file, which is in its favour. */
export async function jsonServer(folder: string, stored: number): Promise<RequestListener> {
  const require = createRequire(path.join(folder, 'x.js'))
  const server = require('json-server') as {
    create(): RequestListener & { use(part: unknown): void }
    defaults(options: object): unknown
    router(source: object): unknown
  }
  const app = server.create()
  app.use(server.defaults({ logger: false }))
  app.use(server.router({ customers: documents(stored) }))
  return app
}
