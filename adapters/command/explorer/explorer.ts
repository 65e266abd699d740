/** The explorer: the page of the example server, for people who try it. The library itself never serves it. */
import type { ServerResponse } from 'node:http'
import type { Context, Middleware } from 'koa'
import type { CustomerList } from '../../../core/model/documents.js'
import { CustomerError } from '../../../core/model/problems.js'
import type { Flavour } from '../../http/flavour.js'
import { assetOf } from './assets.js'
import { customerSides, findCustomers, pageSize } from './customers.js'
import type { Kept } from './customers.js'
import { isAskedByUs, isAskedHere, safeHeaders } from './guard.js'
import { watched } from './recorder.js'
import { keptRequests, RecentRequests } from './requests.js'

/** What the explorer needs of its server. */
export interface ExplorerOptions extends Kept {
  readonly lists: readonly CustomerList[]
  /** In words, where customers are kept. */
  readonly storageName: string
  readonly version: string
  /** A token that may do everything in one API, and in one tenant where the API has tenants. */
  readonly tokenFor: (api: string, tenant: string) => Promise<string>
}

/** The explorer of one server. */
export interface Explorer {
  /** The APIs to serve instead of those that were given: their requests are kept. */
  readonly flavours: readonly Flavour[]
  /** Answers the page and what it asks for; passes on what is not its own. */
  readonly middleware: Middleware
  /** Ends the streams of events. */
  close(): void
}

/** Paths of what the page asks for begin so. */
const prefix = '/explorer/'
/** A reader that lets so many bytes wait is gone: its page asks again. */
const mostWaiting = 4_194_304

/** Makes the explorer of a server. */
export function explorer(options: ExplorerOptions): Explorer {
  const requests = new RecentRequests()
  const streams = new Set<ServerResponse>()
  const answers: Readonly<Record<string, (context: Context) => unknown>> = {
    about: () => aboutOf(options),
    token: (context) => tokenOf(options, queryOf(context, 'api'), queryOf(context, 'tenant')),
    request: (context) => requests.get(Number(queryOf(context, 'id'))),
    customers: (context) => {
      const page = Math.max(1, Math.trunc(Number(queryOf(context, 'page'))) || 1)
      return findCustomers(options, queryOf(context, 'list'), queryOf(context, 'search'), page)
    },
    customer: (context) => customerSides(options, queryOf(context, 'list'), queryOf(context, 'no')),
  }
  return {
    flavours: options.flavours.map((flavour) => watched(flavour, requests)),
    middleware: async (context, next) => {
      const isPage = context.path === '/' && /\btext\/html\b/.test(context.get('Accept'))
      if (!isPage && !context.path.startsWith(prefix)) return next()
      context.set(safeHeaders)
      const isOurs = isAskedHere(context.headers) && (isPage || isAskedByUs(context.headers))
      if (!isOurs || !['GET', 'HEAD'].includes(context.method)) return refuse(context, isOurs)
      const name = isPage ? 'index.html' : context.path.slice(prefix.length)
      return name === 'events' ? sendEvents(context, requests, streams) : answer(context, name, answers)
    },
    close: () => {
      for (const stream of streams) stream.end()
    },
  }
}

function refuse(context: Context, isOurs: boolean): void {
  context.status = isOurs ? 405 : 403
  context.body = isOurs ? 'GET alone\n' : 'The explorer answers to pages of localhost, 127.0.0.1 and [::1] alone.\n'
}

async function answer(
  context: Context,
  name: string,
  answers: Readonly<Record<string, (context: Context) => unknown>>,
): Promise<void> {
  const asset = name.includes('.') ? await assetOf(name) : undefined
  if (asset) context.type = asset.type
  try {
    const found = asset?.bytes ?? (Object.hasOwn(answers, name) ? await answers[name]?.(context) : undefined)
    context.status = found === undefined ? 404 : 200
    context.body = found ?? { message: 'not found' }
  } catch (error) {
    if (!(error instanceof CustomerError)) throw error
    context.status = 400
    context.body = { message: error.problem.kind }
  }
}

function queryOf({ query }: Context, name: string): string {
  return [query[name] ?? ''].flat()[0] ?? ''
}

/** A token for an API that is served, and a tenant that is known. */
async function tokenOf({ flavours, lists, tokenFor }: ExplorerOptions, api: string, tenant: string) {
  const isKnown =
    flavours.some(({ name }) => name === api) && (tenant === '' || lists.some((list) => list.tenant === tenant))
  return isKnown ? { token: await tokenFor(api, tenant) } : undefined
}

/** What the page shows of the server. */
function aboutOf({ clientele, flavours, lists, storageName, version }: ExplorerOptions) {
  return {
    version,
    node: process.version,
    storage: storageName,
    lists,
    apis: flavours.map(({ name }) => name),
    points: clientele.describeHooks().points,
    keptRequests,
    pageSize,
  }
}

/** Server-sent events: first all requests that are kept, then each as it is answered. */
function sendEvents(context: Context, requests: RecentRequests, streams: Set<ServerResponse>): void {
  const { res } = context
  // Koa would report every page that is closed as a stream that ended too early
  context.respond = false
  res.writeHead(200, { 'Content-Type': 'text/event-stream' })
  if (context.method === 'HEAD') {
    res.end()
    return
  }
  const tell = (event: string, data: unknown): void => {
    if (res.writableLength > mostWaiting) res.destroy()
    else res.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
  }
  const stop = requests.listen((request) => tell('request', request))
  streams.add(res)
  res.once('close', () => {
    stop()
    streams.delete(res)
  })
  tell('requests', requests.list())
}
