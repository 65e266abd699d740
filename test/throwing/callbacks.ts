/** Every function that a host, a plug-in or a listener gives us to call, and what must come of it when it throws. */
import type { Authenticate } from '../../adapters/http/protocol.js'
import type { ClienteleOptions, Observer, Trace } from '../../core/index.js'

/** How a function fails. */
export type Failing = () => unknown

/** What a failing function is put into. */
export interface Setting {
  readonly options: Partial<ClienteleOptions>
  readonly authenticate?: Authenticate
  readonly listener?: () => void
  readonly onTrace?: (trace: Trace) => void
  readonly observe?: Pick<Observer, 'onRequest'>
}

/** One function to fail. */
export interface Callback {
  readonly name: string
  place(failing: Failing): Setting
  /** What becomes of the call by way; absent: all goes well. */
  readonly outcome?: 'internal' | 'unchecked' | 'source'
  /** Ways on which it is called; absent: all. */
  readonly only?: readonly ('library' | 'ocapi' | 'yaas')[]
  /** It answers at once by contract, so that it cannot hang. */
  readonly isNow?: true
  /** What the log line names; absent: no line is expected. */
  readonly names?: readonly string[]
}

const create = 'dw.ocapi.data.customer_list.customers'
const never = (failing: Failing) => failing() as never
const lists = [{ id: 'SiteGenesis', tenant: 'sitegenesis' }]
const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }
/** A handler that fails, so that what is told of failures is called too. */
const failingPlugin = {
  name: 'broken',
  hooks: {
    [`${create}.beforePOST`]: () => {
      throw new Error('the handler failed')
    },
  },
}

const plugin = (point: 'beforePOST' | 'afterPOST'): Callback => ({
  name: `the ${point} handler`,
  place: (failing) => ({
    options: { plugins: [{ name: 'hostile', hooks: { [`${create}.${point}`]: () => never(failing) } }] },
  }),
  outcome: 'internal',
  names: ['hostile', `${create}.${point}`],
})

/** The functions. */
export const callbacks: readonly Callback[] = [
  plugin('beforePOST'),
  plugin('afterPOST'),
  {
    name: 'a task after the commit',
    place: (failing) => ({
      options: {
        plugins: [
          {
            name: 'hostile',
            hooks: { [`${create}.afterPOST`]: (_, __, ___, { afterCommit }) => afterCommit(() => never(failing)) },
          },
        ],
      },
    }),
    names: ['hostile', `${create}.afterPOST`],
  },
  {
    name: 'a listener',
    place: (failing) => ({ options: {}, listener: () => never(failing) }),
    names: ['customer-signup'],
  },
  {
    name: 'policies.email',
    place: (failing) => ({ options: { policies: { email: () => never(failing) } } }),
    outcome: 'internal',
    isNow: true,
    names: ['policies.email'],
  },
  {
    name: 'policies.login',
    place: (failing) => ({ options: { policies: { login: () => never(failing) } } }),
    outcome: 'internal',
    isNow: true,
    names: ['policies.login'],
  },
  {
    name: 'policies.password',
    place: (failing) => ({ options: { policies: { password: () => never(failing) } } }),
    outcome: 'internal',
    only: ['library', 'ocapi'],
    names: ['policies.password'],
  },
  {
    name: 'hashPassword',
    place: (failing) => ({ options: { hashPassword: () => never(failing) } }),
    outcome: 'internal',
    only: ['library', 'ocapi'],
    names: ['hashPassword'],
  },
  {
    name: 'authenticate',
    place: (failing) => ({ options: {}, authenticate: () => never(failing) }),
    outcome: 'unchecked',
    only: ['ocapi', 'yaas'],
    names: [],
  },
  {
    name: 'customerLists.byId',
    place: (failing) => ({ options: { customerLists: { byId: () => never(failing), byTenant: () => lists[0] } } }),
    outcome: 'internal',
    names: ['customerLists.byId'],
  },
  {
    name: 'customerLists.byTenant',
    place: (failing) => ({ options: { customerLists: { byId: () => lists[0], byTenant: () => never(failing) } } }),
    outcome: 'internal',
    only: ['yaas'],
    names: ['customerLists.byTenant'],
  },
  {
    name: 'the source of social media users',
    place: (failing) => ({ options: { socialMediaUsers: () => never(failing) } }),
    outcome: 'source',
    only: ['library', 'yaas'],
    names: [],
  },
  {
    name: 'clock',
    place: (failing) => ({ options: { clock: () => never(failing) } }),
    outcome: 'internal',
    isNow: true,
    names: ['clock'],
  },
  {
    name: 'ids.hex24',
    place: (failing) => ({ options: { ids: { hex24: () => never(failing) } } }),
    outcome: 'internal',
    isNow: true,
    names: ['ids.hex24'],
  },
  {
    name: 'ids.customerNumber',
    place: (failing) => ({ options: { ids: { customerNumber: () => never(failing) } } }),
    outcome: 'internal',
    only: ['yaas'],
    isNow: true,
    names: ['ids.customerNumber'],
  },
  {
    name: 'ids.incident',
    place: (failing) => ({ options: { plugins: [failingPlugin], ids: { incident: () => never(failing) } } }),
    outcome: 'internal',
    isNow: true,
  },
  {
    name: 'logger.error',
    place: (failing) => ({ options: { plugins: [failingPlugin], logger: { ...quiet, error: () => never(failing) } } }),
    outcome: 'internal',
  },
  {
    name: 'onError',
    place: (failing) => ({ options: { plugins: [failingPlugin], onError: () => never(failing) } }),
    outcome: 'internal',
    names: ['onError threw'],
  },
  {
    name: 'onTrace',
    place: (failing) => ({ options: {}, onTrace: () => never(failing) }),
    only: ['library'],
    names: ['onTrace threw'],
  },
  {
    name: 'observe.onRequest',
    place: (failing) => ({ options: {}, observe: { onRequest: () => never(failing) } }),
    only: ['ocapi', 'yaas'],
    names: [],
  },
  {
    name: 'the end of observe.onRequest',
    place: (failing) => ({ options: {}, observe: { onRequest: () => () => never(failing) } }),
    only: ['ocapi', 'yaas'],
    names: [],
  },
  {
    name: 'observe.onOperation',
    place: (failing) => ({ options: { observe: { onOperation: () => never(failing) } } }),
    names: [],
  },
  {
    name: 'the end of observe.onStorage',
    place: (failing) => ({ options: { observe: { onStorage: () => () => never(failing) } } }),
    names: [],
  },
  {
    name: 'a task of onEnd',
    place: (failing) => ({
      options: {
        plugins: [
          {
            name: 'hostile',
            hooks: { [`${create}.afterPOST`]: (_, __, ___, { onEnd }) => onEnd(() => never(failing)) },
          },
        ],
      },
    }),
    names: ['a task of onEnd failed'],
  },
]
