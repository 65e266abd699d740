/**
 * Test kit for plug-ins, with any test runner: a real library on memory storage with a fixed clock and counting ids.
 * Runs one handler, one operation or one HTTP request, and says what came of it. Published as part of `clientele/testing`.
 */
import assert from 'node:assert/strict'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Flavour } from '../adapters/http/flavour.js'
import type { Clientele } from '../core/clientele.js'
import { clienteleOptions, createClientele } from '../core/container.js'
import type { ClienteleOptions } from '../core/container.js'
import type { CallOptions, CustomerOperations } from '../core/model/calls.js'
import { documentOf } from '../core/work/dry-run.js'
import type { Change } from '../core/work/dry-run.js'
import { checkOptions } from '../core/model/options.js'
import { CustomerError } from '../core/model/problems.js'
import type { Problems } from '../core/model/problems.js'
import { boundLogger } from '../core/extension/context.js'
import type { Context, Hooks, Plugin, Task } from '../core/extension/hooks.js'
import { copyOf, freeze, isEqual } from '../core/model/json.js'
import { managedProperties } from '../core/model/documents.js'
import type { Caller } from '../core/model/documents.js'
import type { ExtensionPoint, PointArguments } from '../core/model/operations.js'
import { statusOf } from '../core/extension/outcome.js'
import { kindNames } from '../core/ports/storage.js'
import type { Kind, Storage } from '../core/ports/storage.js'
import type { HandlerStep, Trace } from '../core/model/trace.js'

/** The customer list that the kit works on; its YaaS tenant is `kit`. */
export const kitList = 'kit'

/** Settings of a kit; every option of `createClientele` works too. */
export interface HookKitOptions extends Partial<Omit<ClienteleOptions, 'customerLists' | 'plugins' | 'clock'>> {
  /** The time at the start; it stands still until `wait`. Default 2026-01-01T00:00:00.000Z. */
  readonly now?: string
}

/** What a handler, an operation or a request came to, with checks that throw an AssertionError. */
export class Ran<R> {
  /** `done`; `refused` by a Status.ERROR; `failed` in any other way. */
  readonly outcome: 'done' | 'refused' | 'failed'
  /** What the operation gave, the HTTP answer, or the handler's documents afterwards; undefined when it failed. */
  readonly result: R | undefined
  /** Facts of the Status.ERROR. */
  readonly refusal: Problems['refusedByHook'] | undefined
  /** What ended it, with the cause of a plug-in's mistake. */
  readonly error: unknown
  /** Records that are different now, without keys and secrets. */
  readonly changes: readonly Change[]
  /** Number of tasks that ran after the commit. */
  readonly tasks: number
  /** What failed in these tasks. */
  readonly taskErrors: readonly unknown[]
  /** Points passed, handlers run and skipped; undefined for a single handler. */
  readonly trace: Trace | undefined

  constructor(facts: Pick<Ran<R>, 'result' | 'error' | 'changes' | 'tasks' | 'taskErrors' | 'trace'>) {
    this.result = facts.result
    this.error = facts.error
    this.changes = facts.changes
    this.tasks = facts.tasks
    this.taskErrors = facts.taskErrors
    this.trace = facts.trace
    const problem = facts.error instanceof CustomerError ? facts.error.problem : undefined
    this.refusal = problem?.kind === 'refusedByHook' ? problem : undefined
    this.outcome = facts.error === undefined ? 'done' : this.refusal ? 'refused' : 'failed'
  }

  /** It went through; gives the result. */
  succeeded(): R {
    if (this.error !== undefined)
      throw new assert.AssertionError({ message: `expected success: ${reasonOf(this.error)}` })
    return this.result as R
  }

  /** A handler refused it with this code, and nothing was stored. */
  refused(code: string): this {
    assert.equal(this.outcome, 'refused', `expected a refusal, it was ${this.outcome}: ${reasonOf(this.error)}`)
    assert.equal(this.refusal?.code, code)
    return this.storedNothing()
  }

  /** It failed, with a reason that matches: the message, or that of a cause; nothing was stored. */
  failed(reason: RegExp = /^/): this {
    assert.equal(this.outcome, 'failed', `expected a failure, it was ${this.outcome}`)
    assert.match(reasonOf(this.error), reason)
    return this.storedNothing()
  }

  storedNothing(): this {
    assert.deepEqual(this.changes, [])
    return this
  }

  /**
   * Exactly one record of this kind is new or different, and these properties of it are what is different; undefined says
   * that a property is gone. Properties that the library keeps (version, times) are left out on both sides.
   */
  changed(kind: Kind, difference: Readonly<Record<string, unknown>>): this {
    const [change, ...more] = this.changes.filter((each) => each.kind === kind)
    assert.ok(change && more.length === 0, `expected one changed record of ${kind}: ${JSON.stringify(this.changes)}`)
    // a runner with a sandbox gives objects of another realm
    const expected = Object.entries(difference).map(([name, value]) => [name, value && copyOf(value)])
    assert.deepEqual(differenceOf(change), Object.fromEntries(expected))
    return this
  }

  /** This many tasks ran after the commit. */
  queued(tasks: number): this {
    assert.equal(this.tasks, tasks, `expected ${tasks} tasks after the commit, there were ${this.tasks}`)
    return this
  }

  /** Steps of the handlers of a point: who ran, who was skipped and why. */
  handlersAt(point: ExtensionPoint): readonly HandlerStep[] {
    const steps = this.trace?.steps ?? []
    return steps.filter((step): step is HandlerStep => step.step === 'handler' && step.point === point)
  }
}

/** An HTTP answer. */
export interface KitAnswer {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  readonly text: string
  /** The parsed body; undefined when there is none. */
  readonly body: unknown
}

/** A library with the plug-ins under test. */
export interface HookKit {
  readonly clientele: Clientele
  /** Everything that was logged. */
  readonly log: readonly { readonly level: string; readonly message: string; readonly [field: string]: unknown }[]
  /** Prepares data; the plug-ins' handlers do not run meanwhile. */
  given<T>(work: (customers: CustomerOperations) => Promise<T>): Promise<T>
  /**
   * Calls the handlers of one point with documents of your own, in one unit of work for their library calls. Documents
   * are copied; the result are the copies as the handlers left them.
   */
  handler<P extends ExtensionPoint>(
    point: P,
    documents: KitDocuments<P>,
    context?: Partial<Pick<Context, 'flavour' | 'caller' | 'requestId' | 'wire' | 'custom' | 'dryRun'>> & {
      readonly previous?: object
    },
  ): Promise<Ran<PointArguments<P>>>
  /** Runs one operation, or several that belong together. */
  run<T>(work: (customers: CustomerOperations) => Promise<T>, options?: Omit<CallOptions, 'onTrace'>): Promise<Ran<T>>
  /**
   * Sends one request: `POST /customers`, below the list of OCAPI or the tenant of YaaS. The caller may do everything.
   */
  request(
    flavour: 'ocapi' | 'yaas',
    line: string,
    body?: unknown,
    headers?: http.OutgoingHttpHeaders,
  ): Promise<Ran<KitAnswer>>
  /** Moves the clock. */
  wait(ms: number): void
  /** Frees everything; needed only for a process that must not wait for open handles. */
  close(): Promise<void>
}

/** The documents of a point, as far as the test cares for them. */
export type KitDocuments<P extends ExtensionPoint> = Loose<PointArguments<P>>
type Loose<A extends readonly unknown[]> = { [I in keyof A]: A[I] extends readonly unknown[] ? A[I] : Partial<A[I]> }

/**
 * A library with these plug-ins alone.
 *
 * ```ts
 * const kit = await hookKit(requireCompany)
 * const ran = await kit.run((customers) => customers.createCustomer({ create: { lastName: 'Lebowski' } }))
 * ran.refused('COMPANY_MISSING')
 * ```
 */
export async function hookKit(plugins: Plugin | readonly Plugin[], options: HookKitOptions = {}): Promise<HookKit> {
  const { customerLists: _lists, plugins: _plugins, clock: _clock, ...others } = clienteleOptions
  checkOptions<HookKitOptions>('hookKit', options, { ...others, now: 'string' })
  const { now = '2026-01-01T00:00:00.000Z', ids, onError, ...more } = options
  const storage = options.storage ?? (await import('../adapters/storage/local/memory.js')).memoryStorage()
  let time = Date.parse(now)
  assert.ok(!Number.isNaN(time), `now is no time: ${now}`)
  const tested: readonly Plugin[] = Array.isArray(plugins) ? plugins : [plugins as Plugin]
  const log: HookKit['log'][number][] = []
  const write =
    (level: string) =>
    (message: string, fields: object = {}) =>
      void log.push({ level, message, ...fields })
  const logger = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
  const kit = { isArmed: true }
  let incident: unknown
  let taskErrors: unknown[] = []
  const clientele = await createClientele({
    logger,
    ...more,
    customerLists: [{ id: kitList, tenant: kitList }],
    storage,
    plugins: tested.map((plugin) => armed(plugin, kit)),
    clock: () => new Date(time),
    ids: { ...countingIds(), ...ids },
    onError: (error, facts) => {
      if (facts['phase'] === 'afterCommit') taskErrors.push(error)
      else incident = error
      onError?.(error, facts)
    },
  })

  /** Runs work and finds out what it changed. */
  const observe = async <R>(work: (traces: Trace[]) => Promise<{ result: R; error?: unknown; tasks?: number }>) => {
    const before = await recordsOf(storage)
    const traces: Trace[] = []
    incident = undefined
    taskErrors = []
    const ended = await work(traces).catch((error: unknown) => ({ result: undefined, error, tasks: 0 }))
    await clientele.idle()
    const error = incident ?? ended.error
    const asked = traces.flatMap(({ steps }) => steps).filter(({ step }) => step === 'task').length
    const tasks = ended.tasks ?? (error === undefined ? asked : 0)
    const changes = changesSince(before, await recordsOf(storage))
    return new Ran<R>({ result: ended.result, error, changes, tasks, taskErrors, trace: traces.at(-1) })
  }

  const watched = watch(clientele)
  let server: Promise<http.Server> | undefined
  return {
    clientele,
    log,
    given: async (work) => {
      kit.isArmed = false
      try {
        return await work(clientele.list(kitList))
      } finally {
        kit.isArmed = true
      }
    },
    handler: (point, documents, context = {}) =>
      observe(async () => {
        const result = structuredClone(documents) as PointArguments<typeof point>
        const tasks = await clientele.transaction(kitList, ({ customers, requestId }) =>
          callHandlers(
            tested,
            point,
            result as readonly unknown[],
            { customers, requestId, logger: more.logger ?? logger, ...context } as Given,
          ),
        )
        for (const task of tasks)
          await Promise.resolve(new AbortController().signal)
            .then(task)
            .catch((error: unknown) => taskErrors.push(error))
        return { result, tasks: tasks.length }
      }),
    run: (work, call) =>
      observe(async (traces) => ({
        result: await work(clientele.list(kitList, { ...call, onTrace: (trace) => void traces.push(trace) })),
      })),
    request: (flavour, line, body, headers = {}) =>
      observe(async (traces) => {
        server ??= serve(watched.clientele)
        const listening = await server
        watched.begin(traces)
        const result = await send(listening, flavour, line, body, headers)
        const unexplained = result.status >= 400 ? new Error(`it answered ${result.status}: ${result.text}`) : undefined
        return { result, error: watched.error() ?? unexplained }
      }),
    wait: (ms) => void (time += ms),
    close: async () => {
      const listening = await server
      listening?.closeAllConnections()
      listening?.close()
      await clientele.close()
    },
  }
}

/** The same plug-in, silent while data is prepared. */
function armed(plugin: Plugin, kit: { readonly isArmed: boolean }): Plugin {
  // what is no plug-in is refused by createClientele
  if (plugin === null || typeof plugin !== 'object' || plugin.hooks === null || typeof plugin.hooks !== 'object')
    return plugin
  const hooks = Object.entries(plugin.hooks).map(([point, handler]: [string, unknown]) => {
    if (typeof handler !== 'function') return [point, handler]
    const run = (...args: unknown[]): unknown =>
      kit.isArmed ? (handler.apply(plugin.hooks, args) as unknown) : undefined
    return [point, Object.defineProperty(run, 'name', { value: handler.name })]
  })
  return { ...plugin, hooks: Object.fromEntries(hooks) as Hooks }
}

function countingIds() {
  const counting = (prefix: string, length: number) => {
    let count = 0
    return () => prefix + String(++count).padStart(length, '0')
  }
  return { hex24: counting('', 24), incident: counting('incident-', 1), customerNumber: counting('C', 10) }
}

/** What is known of the context before a plug-in is asked. */
type Given = Pick<Context, 'logger' | 'requestId'> & Partial<Context>

/** Calls the plug-ins' handlers of a point one after the other; gives the tasks that they asked for. */
async function callHandlers(
  plugins: readonly Plugin[],
  point: ExtensionPoint,
  documents: readonly unknown[],
  given: Given,
): Promise<readonly Task[]> {
  const tasks: Task[] = []
  const ends: (() => void)[] = []
  const isCreate = point.endsWith('POST')
  const context = {
    extensionPoint: point,
    flavour: 'library',
    caller: undefined,
    previous: isCreate ? undefined : freeze(structuredClone(documents.at(point.includes('.address.') ? 1 : 0))),
    custom: {},
    signal: new AbortController().signal,
    dryRun: false,
    afterCommit: (task: Task) => void tasks.push(task),
    onEnd: (task: () => void) => void ends.push(task),
    ...given,
  }
  const handlers = plugins.filter(({ hooks }) => hooks[point] !== undefined)
  assert.ok(handlers.length > 0, `no plug-in has a handler at ${point}`)
  try {
    await callEach(handlers, point, documents, context)
  } finally {
    for (const task of ends) task()
  }
  return tasks
}

async function callEach(
  plugins: readonly Plugin[],
  point: ExtensionPoint,
  documents: readonly unknown[],
  context: Pick<Context, 'logger' | 'requestId'>,
): Promise<void> {
  for (const { name, hooks } of plugins) {
    const handler = hooks[point] as (...args: unknown[]) => unknown
    const logger = boundLogger(context.logger, { plugin: name, point }, context.requestId)
    const returned = await handler.call(hooks, ...documents, kitList, { ...context, logger })
    const status = statusOf(returned)
    if (!status) throw new Error(`plug-in '${name}' at ${point} returned something that is no Status`)
    const { code, message, details } = status
    if (status.status === 1)
      throw new CustomerError({
        kind: 'refusedByHook',
        extensionPoint: point,
        plugin: name,
        details,
        ...(code !== undefined && { code }),
        ...(message !== undefined && { message }),
      })
  }
}

type Documents = ReadonlyMap<string, { readonly kind: Kind; readonly document: object }>

async function recordsOf(storage: Storage): Promise<Documents> {
  const documents = new Map<string, { kind: Kind; document: object }>()
  await storage.read(kitList, async (unit) => {
    for (const kind of kindNames)
      for (const record of (await unit[kind].find({})).items)
        documents.set(`${kind} ${record.id}`, { kind, document: documentOf(kind, record as never) })
  })
  return documents
}

function changesSince(before: Documents, after: Documents): Change[] {
  const changes: Change[] = []
  for (const [id, { kind, document }] of after) {
    const was = before.get(id)?.document
    if (!isEqual(was, document)) changes.push({ kind, ...(was && { before: was }), after: document })
  }
  for (const [id, { kind, document }] of before) if (!after.has(id)) changes.push({ kind, before: document })
  return changes
}

const managed: readonly string[] = managedProperties

function differenceOf({ before = {}, after = {} }: Change): Record<string, unknown> {
  const [was, is] = [before, after] as [Record<string, unknown>, Record<string, unknown>]
  const names = [...new Set([...Object.keys(was), ...Object.keys(is)])]
  const different = names.filter((name) => !managed.includes(name) && !isEqual(was[name], is[name]))
  return Object.fromEntries(different.map((name) => [name, is[name]]))
}

/** Messages of an error and of its causes. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause === undefined ? error.message : `${error.message}; ${reasonOf(error.cause)}`
}

/** The library as the server gets it: writes are traced, and the error of the last one is kept. */
function watch(clientele: Clientele) {
  let traces: Trace[] = []
  let failure: unknown
  const write: Clientele['write'] = (operation, call) =>
    clientele.write(operation, { ...call, onTrace: (trace) => void traces.push(trace) }).catch((error: unknown) => {
      failure = error
      throw error
    })
  const get = (target: Clientele, name: keyof Clientele): unknown => {
    const value: unknown = name === 'write' ? write : target[name]
    return typeof value === 'function' ? (value.bind(target) as unknown) : value
  }
  return {
    clientele: new Proxy(clientele, { get: get as never }),
    begin: (to: Trace[]) => void ([traces, failure] = [to, undefined]),
    error: () => failure,
  }
}

const caller: Caller = {
  clientId: 'kit',
  flavours: ['ocapi', 'yaas'],
  tenant: kitList,
  scopes: ['hybris.cecentercustomer_view', 'hybris.cecentercustomer_manage'],
}

async function serve(clientele: Clientele): Promise<http.Server> {
  const [{ toNodeHandler }, { ocapi }, { yaas }] = await Promise.all([
    import('../adapters/http/node.js'),
    import('../adapters/ocapi/index.js'),
    import('../adapters/yaas/index.js'),
  ])
  const flavours: readonly Flavour[] = [ocapi(), yaas()]
  const server = http.createServer(toNodeHandler(clientele, { flavours, authenticate: () => caller }))
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve))
  return server.unref()
}

const bases = {
  ocapi: `/s/-/dw/data/v16_2/customer_lists/${kitList}`,
  yaas: `/hybris/cecentercustomer/v1/${kitList}`,
}

async function send(
  server: http.Server,
  flavour: keyof typeof bases,
  line: string,
  body: unknown,
  headers: http.OutgoingHttpHeaders,
): Promise<KitAnswer> {
  const [method, path] = line.split(' ', 2)
  assert.ok(method && path?.startsWith('/'), `a request is a method and a path, such as 'POST /customers': ${line}`)
  const { port } = server.address() as AddressInfo
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
  const request = http.request({
    host: '127.0.0.1',
    port,
    agent: false,
    method,
    path: bases[flavour] + path,
    headers: {
      authorization: 'Bearer kit',
      ...(text !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
      ...headers,
    },
  })
  return new Promise((resolve, reject) => {
    request.once('error', reject).once('response', (response) => {
      let received = ''
      response.setEncoding('utf8').on('data', (chunk: string) => (received += chunk))
      response.once('error', reject).once('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: received,
          body: received === '' ? undefined : (JSON.parse(received) as unknown),
        }),
      )
    })
    request.end(text)
  })
}
