/** A worker thread that runs the scripts of one request after the other (hooks/README.md, Bring your cartridge). */
import { parentPort, workerData } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'
import { extensionPoints, operations } from '../../core/model/operations.js'
import { Bridge, Refused } from './bridge.js'
import { addressPlaces, customerPlaces } from './fields.js'
import { Loader } from './loader.js'
import type { Document, ErrorFacts, RequestFacts, RunMessage, Script, ToWorker, WorkerSetup } from './messages.js'
import { Modules } from './modules/index.js'
import { returnedOf } from './modules/status.js'
import { Records } from './objects/customers.js'
import { scriptDocument } from './objects/documents.js'
import { globalsOf } from './globals.js'

/** What the thread is made with. */
export interface WorkerParts {
  readonly setup: WorkerSetup
  readonly answers: MessagePort
  readonly bell: SharedArrayBuffer
}

const { setup, answers, bell } = workerData as WorkerParts
const bridge = new Bridge(answers, bell)

/** The modules and records of one request. */
interface Session {
  readonly loader: Loader
  readonly records: Records
}
let session: Session | undefined
/** What a new thread has of its own; other globals are scripts', which set them without a declaration. */
const own = new Set(Reflect.ownKeys(globalThis))

function sessionFor(request: RequestFacts): Session {
  const records = new Records(bridge)
  const { cartridges } = setup
  const modules: Modules = new Modules({ setup, cartridges, bridge, records, request, loader: () => loader })
  const loader = new Loader(cartridges, (name) => modules.named(name))
  const globals = { ...globalsOf(request, bridge.state.custom), dw: modules.global }
  for (const name of Reflect.ownKeys(globalThis))
    if (!own.has(name) && !Object.hasOwn(globals, name)) Reflect.deleteProperty(globalThis, name)
  Object.assign(globalThis, globals)
  return { loader, records }
}

/** The function of a script, the exact name first. */
function functionOf({ file, exports }: Script, loader: Loader): (...args: unknown[]) => unknown {
  const module = loader.load(file)
  for (const name of exports) {
    const found: unknown = (module as Record<string, unknown> | null | undefined)?.[name]
    if (typeof found === 'function') return found as (...args: unknown[]) => unknown
  }
  throw new Error(`${file} exports no function ${exports.join(' or ')}`)
}

/** What a point is about, and its first arguments, which are records that exist by then; documents and the list's id follow. */
const pointFacts = new Map<string, { readonly subject: string; readonly records: readonly string[] }>(
  extensionPoints.map(({ name, operation, phase }) => {
    const { subject, names }: { readonly subject: string; readonly names: readonly string[] } = operations[operation]
    const exists = (kind: string, named: string): boolean =>
      names.includes(named) || (phase === 'after' && subject === kind)
    const records = [
      ...(exists('customer', 'customerNo') ? ['customer'] : []),
      ...(exists('address', 'addressId') ? ['address'] : []),
    ]
    return [name, { subject, records }]
  }),
)

/** The arguments as the script gets them: customer and address as objects of the platform, documents, the list's id. */
function argumentsOf(args: readonly (Document | string)[], point: string, { records }: Session): unknown[] {
  const { subject, records: kinds = [] } = pointFacts.get(point) ?? {}
  const of = (kind: string): Document | undefined =>
    args.find((arg, at): arg is Document => typeof arg === 'object' && kinds[at] === kind)
  const [customer, address] = [of('customer'), of('address')]
  records.begin(customer, address)
  return args.map((arg) => {
    if (typeof arg === 'string') return arg
    if (arg === customer) return records.customer(arg)
    if (arg === address) return records.address(arg, customer ?? {})
    return scriptDocument(arg, subject === 'address' ? addressPlaces : customerPlaces)
  })
}

function run({ script, args, custom, request }: RunMessage): void {
  // the bag is one object for the whole request
  const bag = request ? {} : bridge.state.custom
  for (const name of Object.keys(bag)) delete bag[name]
  bridge.state = { args, custom: Object.assign(bag, custom) }
  try {
    const current = (session = request ? sessionFor(request) : session)
    if (!current) throw new Error('no request has begun')
    const given = argumentsOf(args, script.point, current)
    const returned = returnedOf(functionOf(script, current.loader)(...given))
    bridge.tell({ kind: 'done', returned, ...bridge.state })
  } catch (error) {
    bridge.tell({ kind: 'threw', error: factsOf(error) })
  }
}

/** The error with the script's own line in its message. */
function factsOf(error: unknown): ErrorFacts {
  if (!(error instanceof Error)) return { message: String(error), stack: undefined }
  const roots = setup.cartridges.map(({ root }) => root)
  const line = error.stack?.split('\n').find((each) => roots.some((root) => each.includes(root)))
  const place = line && /((?:\/|[A-Za-z]:\\)[^()]*:\d+(?::\d+)?)/.exec(line)?.[1]
  const message = place === undefined ? error.message : `${error.message} (${place})`
  return { message, stack: error.stack, failure: error instanceof Refused ? error.number : undefined }
}

/** Who asks when scripts are loaded at the start. */
const nobody: RequestFacts = {
  requestId: '',
  clientId: undefined,
  list: '',
  flavour: 'library',
  method: '',
  wire: undefined,
}

/** Loads every script as a request would; says what is wrong. */
function check(scripts: readonly Script[]): void {
  const errors: string[] = []
  const warnings: string[] = []
  const pointsOf = new Map<unknown, string>()
  const { loader } = sessionFor(nobody)
  for (const [at, script] of scripts.entries()) {
    bridge.tell({ kind: 'loading', at })
    try {
      const run = functionOf(script, loader)
      const other = pointsOf.get(run)
      if (other !== undefined) warnings.push(`${script.point} and ${other} run the same function of ${script.file}`)
      pointsOf.set(run, script.point)
    } catch (error) {
      errors.push(`the script of '${script.point}' cannot be loaded: ${factsOf(error).message}`)
    }
  }
  bridge.tell({ kind: 'checked', errors, warnings })
}

parentPort?.on('message', (message: ToWorker) => {
  if (message.kind === 'run') run(message)
  else check(message.scripts)
})
bridge.tell({ kind: 'ready' })
