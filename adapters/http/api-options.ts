/** The options of `customerApi`, whichever door serves it. */
import type { Clientele } from '../../core/clientele.js'
import { checkKind, checkOptions } from '../../core/model/options.js'
import type { DiagnosticsOptions } from './diagnostics.js'
import type { Flavour } from './flavour.js'
import type { Authenticate } from './protocol.js'

/** What `customerApi` needs. */
export interface CustomerApiOptions {
  /** The APIs to serve: `[ocapi(), yaas()]`. */
  readonly flavours: readonly Flavour[]
  readonly authenticate: Authenticate
  /** Largest request body in bytes, also after decompression; default 5 MiB. */
  readonly maxBody?: number
  /** What clients may ask for by header while they develop hooks: traces, dry runs. Default: nothing. */
  readonly diagnostics?: DiagnosticsOptions
}

/** Checks what a door is given. Throws a SetupError that names the mistake. */
export function checkApi(door: string, clientele: Clientele, options: CustomerApiOptions): void {
  checkKind(`${door}: the library`, clientele, 'object')
  checkOptions<CustomerApiOptions>(
    door,
    options,
    { flavours: 'list', authenticate: 'function', maxBody: 'number', diagnostics: 'object' },
    ['flavours', 'authenticate'],
  )
  for (const [at, flavour] of options.flavours.entries()) checkKind(`${door}: flavours[${at}]`, flavour, 'object')
  if (options.diagnostics)
    checkOptions<DiagnosticsOptions>(`${door}: diagnostics`, options.diagnostics, {
      trace: 'boolean',
      dryRun: 'boolean',
    })
}
