/** Trace and dry run of one request, asked for by headers (decision 4.7). Both are options, for people who develop. */
import type { Clientele, ReadCall, WriteCall } from '../../core/clientele.js'
import type { Reading, Writing } from '../../core/model/operations.js'
import type { Trace } from '../../core/model/trace.js'
import { refuse } from './protocol.js'
import type { RequestHeaders } from './protocol.js'
import { withMembers } from './with-members.js'

/** What clients may ask for; nothing by default. */
export interface DiagnosticsOptions {
  /** `x-clientele-trace: 1` gets the trace of the operation as JSON in the response header of the same name. */
  readonly trace?: boolean
  /**
   * `x-clientele-dry-run: 1` runs everything and stores nothing; the answer is the would-be answer, with this header.
   * Where it is off, writes with the header are refused: the client must not believe that nothing was stored.
   */
  readonly dryRun?: boolean
}

/** A library that serves one request, and the response headers that tell of it afterwards. */
export interface Diagnosed {
  readonly clientele: Clientele
  headers(): Readonly<Record<string, string>>
}

const traceHeader = 'x-clientele-trace'
const dryRunHeader = 'x-clientele-dry-run'
/** Longest trace in characters: clients and proxies limit all headers together, often to 8 KB. */
const maxTrace = 6000

/** What a request asks for; undefined for one that asks for nothing. */
export function diagnose(
  clientele: Clientele,
  headers: RequestHeaders,
  options: DiagnosticsOptions,
): Diagnosed | undefined {
  const isTraced = options.trace === true && isAsked(headers[traceHeader])
  const dryRun = isAsked(headers[dryRunHeader])
  if (!isTraced && !dryRun) return undefined
  // the write is what the request is about; reads around it look things up
  let written: Trace | undefined
  let looked: Trace | undefined
  const read = <O extends Reading>(operation: O, call: ReadCall<O>) =>
    clientele.read(operation, { ...call, onTrace: (trace) => (looked = trace) })
  const write = async <O extends Writing>(operation: O, call: WriteCall<O>) => {
    if (dryRun && options.dryRun !== true) throw refuse('dryRunRefused', { header: dryRunHeader })
    return clientele.write(operation, { ...call, dryRun, onTrace: (trace) => (written = trace) })
  }
  return {
    clientele: withMembers(clientele, { read, write }),
    headers() {
      const headers: Record<string, string> = {}
      if (isTraced) headers[traceHeader] = traceText(written ?? looked)
      if (dryRun && options.dryRun === true) headers[dryRunHeader] = '1'
      return headers
    },
  }
}

function isAsked(header: RequestHeaders[string]): boolean {
  return header === '1' || header === 'true'
}

/** The trace as JSON in ASCII; the last steps are left out, and counted, when it is too long. */
function traceText(trace: Trace | undefined): string {
  if (!trace) return '{"outcome":"the request was answered before any operation ran","steps":[]}'
  const { steps, ...facts } = trace
  const round = (ms: number): number => Math.round(ms * 100) / 100
  const shown = steps.map((step) =>
    step.step === 'handler' && step.ms !== undefined && step.at !== undefined
      ? { ...step, ms: round(step.ms), at: round(step.at) }
      : step,
  )
  let count = shown.length
  for (;;) {
    const omitted = shown.length - count
    const text = JSON.stringify({ ...facts, steps: shown.slice(0, count), omitted: omitted || undefined })
    const ascii = text.replaceAll(
      /[^\u0020-\u007e]/g,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
    )
    if (ascii.length <= maxTrace || count === 0) return ascii
    count = Math.floor(count * 0.9)
  }
}
