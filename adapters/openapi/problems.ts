/** Which problems a route can meet, with facts for an example of each: what a flavour's fault map is asked with. */
import { operations } from '../../core/model/operations.js'
import type { Operation } from '../../core/model/operations.js'
import { fail } from '../../core/model/problems.js'
import type { CustomerError, ProblemKind, Problems, Violation } from '../../core/model/problems.js'
import type { Profile } from '../../core/model/profile.js'
import { refuse } from '../http/protocol.js'
import type { ProtocolError, ProtocolProblemKind, ProtocolProblems } from '../http/protocol.js'

/** What is known of a route. */
export interface About {
  readonly path: string
  readonly runs: Operation | undefined
  /** The operation's extension point, if it writes. */
  readonly extensionPoint: string | undefined
  readonly profile: Profile
  readonly takesBody: boolean
  /** Names of its parameters, headers in lower case; and those of the query that are whole numbers. */
  readonly parameters: readonly string[]
  readonly numbers: readonly string[]
  readonly needsToken: boolean
  readonly needsTls: boolean
}

/** Examples of the facts of a kind of problem; none where a route cannot meet it. */
type Met<T> = { readonly [K in keyof T]: (about: About) => readonly T[K][] }

const listId = 'SiteGenesis'
const customerNo = '00000001'
const incident = '5f0c1e2a'
const once = [{}] as const

type Entry = (typeof operations)[Operation]
const isAbout = ({ runs }: About, subject: Entry['subject']): boolean =>
  runs !== undefined && operations[runs].subject === subject
const isNamed = ({ runs }: About, name: string): boolean =>
  runs !== undefined && (operations[runs].names as readonly string[]).includes(name)
const sets = (about: About, subject: Entry['subject']): boolean => about.takesBody && isAbout(about, subject)
const setsLogin = (about: About): boolean => sets(about, 'customer') || sets(about, 'account')
const when = <T>(met: boolean, ...facts: readonly T[]): readonly T[] => (met ? facts : [])

const broken = (path: string, rule: Violation['rule'], more: Partial<Violation> = {}): Violation => ({
  path: [path],
  rule,
  message: 'is not what it should be',
  ...more,
})
const violations: readonly Violation[] = [
  broken('shoe_size', 'unknown'),
  broken('title', 'type', { expected: ['string'], actual: 'number' }),
  broken('title', 'constraint'),
  broken('gender', 'enum', { value: 3 }),
  broken('_v', 'enum', { value: '17.1' }),
  broken('creation_date', 'readOnly'),
  broken('c_size', 'custom'),
  broken('title', 'missing'),
]

const domain: Met<Problems> = {
  listNotFound: () => [{ listId }],
  customerNotFound: (about) => when(isNamed(about, 'customerNo'), { customerNo, listId }),
  addressNotFound: (about) => when(isNamed(about, 'addressId'), { addressId: 'home', customerNo, listId }),
  mappingNotFound: ({ runs }) => when(runs === 'deleteMappings', { customerNumber: customerNo }),
  documentInvalid: (about) => {
    const document = isAbout(about, 'address') ? 'customer_address' : 'customer'
    return about.takesBody ? violations.map((violation) => ({ document, violations: [violation] })) : []
  },
  credentialsMissing: ({ runs, profile }) => when(runs === 'createCustomer' && profile.needsLogin, ...once),
  loginMissing: (about) => when(sets(about, 'customer') && about.profile.needsLogin, ...once),
  loginInvalid: (about) => when(setsLogin(about), ...once),
  loginInUse: (about) => when(setsLogin(about), ...once),
  emailInvalid: (about) => when(setsLogin(about), { email: 'dude' }),
  emailInUse: (about) => when(setsLogin(about) && about.profile.uniqueEmail, ...once),
  passwordInvalid: (about) => when(setsLogin(about), ...once),
  customerNoInUse: (about) => when(sets(about, 'customer'), ...once),
  addressIdInvalid: (about) => when(sets(about, 'address'), ...once),
  addressIdInUse: (about) => when(sets(about, 'address'), ...once),
  accountInUse: (about) => when(sets(about, 'account'), ...once),
  accountEmailMissing: (about) => when(sets(about, 'account'), ...once),
  preconditionFailed: ({ parameters, runs }) => [
    ...when(parameters.includes('if-match'), { how: 'ifMatch', sent: '"7"' } as const),
    ...when(parameters.includes('if-match') && runs === 'updateCustomer', { how: 'version', sent: '7' } as const),
  ],
  preconditionRequired: ({ parameters }) => when(parameters.includes('if-match'), ...once),
  queryRefused: ({ parameters }) => when(parameters.includes('q'), { reason: 'is not understood at character 5' }),
  refusedByHook: ({ extensionPoint }) =>
    extensionPoint === undefined
      ? []
      : [{ extensionPoint, plugin: 'companies', code: 'COMPANY_MISSING', message: 'A job needs a company.' }],
  breakerOpen: ({ extensionPoint }) => (extensionPoint === undefined ? [] : [{ extensionPoint }]),
  unavailable: () => [{ outcome: 'nothing', retryAfter: 1 }],
  sourceUnavailable: ({ runs }) => when(runs === 'findSocialMediaUsers', { incident }),
  internal: () => [{ incident }],
}

const protocol: Met<ProtocolProblems> = {
  pathNotFound: ({ path }) => [{ path }],
  methodNotAllowed: () => [],
  tokenMissing: ({ needsToken }) => when(needsToken, ...once),
  tokenMalformed: ({ needsToken }) => when(needsToken, ...once),
  tokenInvalid: ({ needsToken }) => when(needsToken, ...once),
  tokenForOtherFlavour: ({ needsToken }) => when(needsToken, ...once),
  crossSite: () => [],
  tokenUnchecked: ({ needsToken }) => when(needsToken, { incident }),
  hostMalformed: () => [{ host: 'exa mple.com' }],
  insecure: ({ needsTls }) => when(needsTls, {}),
  bodyMalformed: ({ takesBody }) => when(takesBody, { line: 1, column: 17 }),
  bodyTooLarge: ({ takesBody }) => when(takesBody, { limit: 5_242_880 }),
  encodingUnsupported: ({ takesBody }) => when(takesBody, { encoding: 'br' }),
  contentTypeMalformed: ({ takesBody }) => when(takesBody, { contentType: ';' }),
  contentTypeUnsupported: ({ takesBody }) => when(takesBody, { contentType: 'text/plain' }),
  notAcceptable: () => [{ header: 'accept-charset', value: 'latin1' }],
  parameterMalformed: ({ numbers }) => numbers.slice(0, 1).map((parameter) => ({ parameter, value: 'ten' })),
  parameterOutOfRange: ({ numbers }) =>
    numbers.slice(0, 1).map((parameter) => ({ parameter, value: '0', expected: 'a value of at least 1' })),
  dryRunRefused: () => [],
}

function domainErrors<K extends ProblemKind>(kind: K, about: About): readonly CustomerError[] {
  return domain[kind](about).map((facts) => fail(kind, facts))
}

function protocolErrors<K extends ProtocolProblemKind>(kind: K, about: About): readonly ProtocolError[] {
  return protocol[kind](about).map((facts) => refuse(kind, facts))
}

/** Examples of every error that a route can meet. */
export function errorsOf(about: About): readonly (CustomerError | ProtocolError)[] {
  return [
    ...Object.keys(protocol).flatMap((kind) => protocolErrors(kind as ProtocolProblemKind, about)),
    ...Object.keys(domain).flatMap((kind) => domainErrors(kind as ProblemKind, about)),
  ]
}
