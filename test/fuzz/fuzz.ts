/**
 * Fuzzing: requests of both flavours made from their routes and schemas, some of them bent byte by byte. What must hold of every
 * answer: it comes, is no 5xx, has the flavour's form as its OpenAPI document says, and shows nothing of another list.
 */
import fc from 'fast-check'
import { SaxesParser } from 'saxes'
import { ocapi } from '../../adapters/ocapi/index.js'
import { openapi } from '../../adapters/openapi/index.js'
import { yaas } from '../../adapters/yaas/index.js'
import { send, sendBytes } from '../support/http.js'
import type { Answer } from '../support/http.js'
import { answerCheck } from '../support/openapi.js'
import type { AnswerCheck } from '../support/openapi.js'
import { mutations } from './mutations.js'
import { requestsTo } from './requests.js'
import type { FuzzedRequest } from './requests.js'
import { openTarget, secret } from './target.js'
import type { Target } from './target.js'

/** What a run found. */
export interface Found {
  /** How often each kind of answer came: status and type of fault. */
  readonly kinds: ReadonlyMap<string, number>
  /** What must not be, each with its seed and the request that it came of. */
  readonly wrong: readonly string[]
}

type FlavourName = 'ocapi' | 'yaas'
type Checks = Readonly<Record<FlavourName, AnswerCheck>>

/** Requests that one service is asked in a row: a run of so many is the same for the same seed. */
export const chunk = 1_000
/** Milliseconds after which an answer is missing. */
const patience = 10_000
const server = 'https://shop.example.com'

/** Sends so many requests, made from the seed. */
export async function fuzz(count: number, seed: number): Promise<Found> {
  const flavours = [ocapi(), yaas()] as const
  const documents = { ocapi: await openapi(flavours[0], { server }), yaas: await openapi(flavours[1], { server }) }
  const checks: Checks = { ocapi: answerCheck(documents.ocapi), yaas: answerCheck(documents.yaas) }
  const requests = fc.oneof(
    requestsTo(documents.ocapi, ['ocapi', 'yaas']),
    requestsTo(documents.yaas, ['yaas', 'viewer', 'manager', 'ocapi']),
  )
  const kinds = new Map<string, number>()
  const wrong: string[] = []
  for (let done = 0; done < count; done += chunk) {
    const seedNow = seed + done / chunk
    const target = await openTarget(flavours)
    const sample = fc.sample(fc.tuple(requests, mutations), { numRuns: Math.min(chunk, count - done), seed: seedNow })
    for (const [index, [request, bend]] of sample.entries()) {
      if (index % 50 === 49) await target.refill()
      const found = await inTime(
        request.bends ? sendBent(target, request, bend) : sendWhole(target, request, checks, kinds),
      )
      const unexpected = [...found, ...target.incidents.splice(0).map((error) => `incident ${String(error)}`)]
      if (unexpected.length > 0) wrong.push(`seed ${seedNow}: ${unexpected.join('; ')}\n  ${shown(request)}`)
    }
    for (const broken of [...(await target.broken()), ...(await readAll(target, checks))])
      wrong.push(`seed ${seedNow}: ${broken}`)
    await target.stop()
  }
  return { kinds, wrong }
}

const inTime = (work: Promise<readonly string[]>): Promise<readonly string[]> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<readonly string[]>((resolve) => (timer = setTimeout(resolve, patience, ['no answer'])))
  return Promise.race([work, late]).finally(() => clearTimeout(timer))
}

/** A request as a line of text. */
const shown = ({ method, target, headers, body, token, bends }: FuzzedRequest): string =>
  JSON.stringify({ method, target, headers, token, bends, body: body?.toString('latin1').slice(0, 1_000) })

const headersOf = ({ headers, token, body }: FuzzedRequest): (readonly [string, string])[] => {
  const names = new Set(headers.map(([name]) => name))
  const type =
    !names.has('Content-Type') && body?.toString('latin1', 0, 1) === '<' ? [['Content-Type', 'text/xml'] as const] : []
  const bearer = token === '' || names.has('Authorization') ? [] : [['Authorization', `Bearer ${token}`] as const]
  return [...bearer, ...type, ...headers]
}

async function sendWhole(target: Target, request: FuzzedRequest, checks: Checks, kinds: Map<string, number>) {
  const { method, target: path, body } = request
  const sent = { method, path, headers: headersOf(request), ...(body && { body }) }
  const answer = await send(target.origin, sent).catch((error: unknown) => String(error))
  if (typeof answer === 'string') return [answer]
  const type = /(?:"type":"|<type>)(\w+)/.exec(answer.text)?.[1] ?? ''
  const kind = `${answer.status} ${answer.status < 400 ? '' : type}`
  kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
  return wrongWith(request, answer, checks)
}

/** Sends the bytes of a request after they were bent, and ends: the connection must end too. */
async function sendBent({ origin }: Target, request: FuzzedRequest, bend: (bytes: Buffer) => Buffer) {
  const { method, target, body = Buffer.alloc(0) } = request
  const lines = [...headersOf(request), ['Connection', 'close'], ['Content-Length', body.length]].map((pair) =>
    pair.join(': '),
  )
  const head = Buffer.from(`${method} ${target} HTTP/1.1\r\nHost: a\r\n${lines.join('\r\n')}\r\n\r\n`, 'latin1')
  const text = await sendBytes(origin, bend(Buffer.concat([head, body])), { ends: true }).catch(() => '')
  return [...(/^HTTP\/1\.1 5/m.test(text) ? [text.slice(0, 500)] : []), ...leaks(text)]
}

const leaks = (text: string): readonly string[] => (text.includes(secret) ? ['shows another list'] : [])

/** What must not be said so. */
async function wrongWith(
  { method, target, headers }: FuzzedRequest,
  answer: Answer,
  checks: Checks,
): Promise<readonly string[]> {
  const { status, text } = answer
  const flavour =
    'hybris-request-id' in answer.headers ? 'yaas' : 'x-request-id' in answer.headers ? 'ocapi' : undefined
  const wrong = [...(status >= 500 ? [`${status} ${text.slice(0, 300)}`] : []), ...leaks(text)]
  if (!flavour)
    return /^(\/s\/-)?\/dw\/data\/|^\/hybris\/cecentercustomer\/v1\//.test(target) && status !== 400
      ? [...wrong, `${status} of no flavour`]
      : wrong
  const isXml = text.startsWith('<')
  if (isXml) wrong.push(...xmlFaults(text, status))
  if (isXml && wrong.length > 0) return wrong
  if (!isXml && status >= 400 && text !== '' && !isFault[flavour].test(text))
    wrong.push(`no fault: ${text.slice(0, 300)}`)
  const isOverridden = /[?&]method=/.test(target) || headers.some(([name]) => name === 'x-dw-http-method-override')
  return isOverridden ? wrong : [...wrong, ...(await checks[flavour](method, target.replace(/^\/s\/-/, ''), answer))]
}

const isFault: Readonly<Record<FlavourName, RegExp>> = {
  ocapi: /^\{"_v":"16\.2","_type":"fault","fault":\{/,
  yaas: /^\{"status":\d+,"type":"[a-z_]+","message":/,
}

function xmlFaults(text: string, status: number): readonly string[] {
  const wrong: string[] = []
  const names: string[] = []
  const parser = new SaxesParser()
  parser.on('error', (error) => void wrong.push(error.message))
  parser.on('opentag', ({ name }) => void names.push(name))
  parser.write(text).close()
  if (status >= 400 && names[0] !== 'fault') wrong.push(`no fault: ${text.slice(0, 300)}`)
  return wrong
}

/** Every customer and address that is there now is shown by both flavours, in each format. */
async function readAll(target: Target, checks: Checks): Promise<readonly string[]> {
  const wrong: string[] = []
  const read = async (path: string, token: FlavourName): Promise<void> => {
    const request = { method: 'GET', target: path, headers: [], token, bends: false }
    const answer = await send(target.origin, { path, headers: headersOf(request) })
    if (answer.status !== 200) wrong.push(`${path}: ${answer.status}`)
    const found = await wrongWith(request, answer, checks)
    wrong.push(...found.map((what) => `${path}: ${what}`))
  }
  const ocapiList = '/dw/data/v16_2/customer_lists/SiteGenesis/customers'
  const yaasList = '/hybris/cecentercustomer/v1/sitegenesis/customers'
  for (const { customerNo, addressIds } of await target.customers()) {
    const number = encodeURIComponent(customerNo)
    for (const id of ['', ...addressIds.map((each) => `/addresses/${encodeURIComponent(each)}`)]) {
      for (const format of ['json', 'xml']) await read(`${ocapiList}/${number}${id}?format=${format}`, 'ocapi')
      await read(`${yaasList}/${number}${id}${id === '' ? '?expand=accounts,addresses,mixin:*' : ''}`, 'yaas')
    }
  }
  return wrong
}
