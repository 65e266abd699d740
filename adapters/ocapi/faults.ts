/** Every fault of the flavour (adapters/ocapi/README.md, Faults), and which problem is answered with which. */
import type { CustomerError, Problem, ProblemKind, Problems, Violation } from '../../core/model/problems.js'
import { OwnFault } from '../http/protocol.js'
import type { ProtocolError, ProtocolProblemKind, ProtocolProblems } from '../http/protocol.js'

/** Arguments of a fault by name. */
export type Arguments = Readonly<Record<string, unknown>>

/** A fault as a reply carries it. */
export interface Fault {
  readonly type: FaultType
  readonly message: string
  readonly arguments: Arguments
  /** Headers that go with it. */
  readonly headers?: Readonly<Record<string, string>>
}

interface FaultKind {
  readonly status: number
  /** Text with the names of arguments in braces. */
  readonly text: string
}

const kind = (status: number, text: string): FaultKind => ({ status, text })

/** Every fault type with its status and text. The texts that the seed shows are the seed's. */
export const faultTypes = {
  SecureCommunicationRequiredException: kind(403, 'Secure communication required.'),
  InvalidHostHeaderException: kind(400, 'The Host header is not valid.'),
  IllegalHttpMethodOverrideException: kind(400, "The HTTP method '{method}' cannot be used as an override."),
  ResourcePathException: kind(400, 'The resource path is not valid: {message}.'),
  SiteAccessForbiddenException: kind(403, "Site '{siteId}' cannot be used with this API."),
  InvalidVersionException: kind(400, 'The version in the URL is missing or malformed.'),
  VersionNotFoundException: kind(404, "Version '{version}' was not found."),
  ResourcePathNotFoundException: kind(404, "No resource was found at path '{path}'."),
  MethodNotAllowedException: kind(405, "Method '{method}' is not allowed for this resource."),
  AuthorizationHeaderMissingException: kind(401, 'The Authorization header is missing.'),
  InvalidAuthorizationHeaderException: kind(401, 'The Authorization header is not a Bearer token.'),
  InvalidAccessTokenException: kind(401, 'The access token is unknown, expired or not issued for this API.'),
  InvalidClientIdException: kind(400, "The access token was not issued for client '{clientId}'."),
  ClientAccessForbiddenException: kind(403, 'The client may not use {method} {path}.'),
  UnauthorizedOriginException: kind(401, "Origin '{origin}' is not allowed for the client."),
  UnauthorizedReadAccessException: kind(401, 'The client may not read with {method} {path}.'),
  UnauthorizedWriteAccessException: kind(401, 'The client may not write with {method} {path}.'),
  MalformedParameterException: kind(400, "Parameter '{parameter}' has the malformed value '{value}'."),
  ValueConstraintViolationException: kind(
    400,
    "The value of parameter '{parameter}' is out of range, expected {expected}.",
  ),
  MalformedSelectorException: kind(400, "The selector '{selector}' is malformed."),
  UnsupportedFormatException: kind(415, "Format '{format}' is not supported."),
  CharsetNotAcceptableException: kind(406, "Charset '{charset}' is not acceptable, only UTF-8 is."),
  MalformedMediaTypeException: kind(400, "The media type '{mediaType}' is malformed."),
  UnsupportedContentTypeException: kind(415, "Content type '{contentType}' is not supported."),
  RequestEntityTooLargeException: kind(413, 'The request body is too large.'),
  BodyDecodingException: kind(400, 'The request body cannot be decoded.'),
  CustomerListNotFoundException: kind(404, "No customer list with id '{customerListId}' found."),
  CustomerListCustomerNotFoundException: kind(
    404,
    "No customer with number '{customerNo}' for customer list '{customerListId}' found.",
  ),
  CustomerListCustomerAddressNotFoundException: kind(
    404,
    "No customer address '{addressId}' for customer with number '{customerNo}' in customer list '{customerListId}' found.",
  ),
  UnexpectedVersionException: kind(400, "The document has version '{version}', another one than this API."),
  UnknownPropertyException: kind(400, "Property '{property}' is unknown in document '{document}'."),
  TypeDecodingException: kind(400, "Property '{path}' has the wrong type '{actualType}'."),
  PropertyConstraintViolationException: kind(
    400,
    "The value of property '{path}' violates a constraint of document '{document}'.",
  ),
  PropertyNotPermittedException: kind(400, "Property '{property}' of document '{document}' must not be written."),
  EnumConstraintViolationException: kind(
    400,
    "'{enumValue}' is not one of the values allowed in document '{document}'.",
  ),
  InvalidCustomPropertyException: kind(400, 'A custom property is not valid.'),
  IfMatchRequiredException: kind(409, 'The If-Match header is required.'),
  InvalidIfMatchException: kind(412, 'The If-Match header does not match the state of the resource.'),
  HookStatusException: kind(400, "An error occurred in ExtensionPoint '{extensionPoint}'."),
  HookCircuitBreakerException: kind(503, "The circuit breaker of '{extensionPoint}' is open."),
  CredentialsMissingException: kind(400, 'The mandatory credentials are missing.'),
  LoginMissingException: kind(400, 'The mandatory login is missing.'),
  InvalidLoginException: kind(400, "Login doesn't match acceptance criteria."),
  InvalidEmailException: kind(400, 'The syntax of the email address is invalid.'),
  InvalidPasswordException: kind(400, "Password doesn't match acceptance criteria."),
  LoginAlreadyInUseException: kind(400, 'Login is already in use.'),
  CustomerNumberAlreadyInUseException: kind(400, 'Customer number is already in use.'),
  InvalidAddressIdException: kind(400, 'Customer address id is null or empty.'),
  AddressIdAlreadyInUseException: kind(400, 'Customer address id is already in use.'),
  ServiceUnavailableException: kind(503, 'The service is not available now.'),
  InternalServerErrorException: kind(500, 'An internal error occurred. Incident: {incident}'),
} as const satisfies { readonly [type: string]: FaultKind }

/** Name of a fault. */
export type FaultType = keyof typeof faultTypes

/** Longest text of a request that a fault repeats. */
const longest = 512

const clip = (value: unknown): unknown =>
  typeof value === 'string' && value.length > longest
    ? `${value.slice(0, longest).replace(/[\ud800-\udbff]$/, '')}…`
    : value

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value ?? ''))

/** A value of a request that a fault may repeat: no list, no object. */
const scalar = (value: unknown): unknown => (typeof value === 'object' ? undefined : value)

/** A fault of this type. Arguments that are undefined are left out. */
export function faultOfType(type: FaultType, given: Arguments = {}, headers?: Fault['headers']): Fault {
  const args = Object.fromEntries(
    Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [[name, clip(value)]])),
  )
  const message = faultTypes[type].text.replaceAll(/\{(\w+)\}/g, (_, name: string) => textOf(args[name]))
  const fault = { type, message, arguments: args }
  return headers ? { ...fault, headers } : fault
}

/** Shortest way to a fault of this flavour alone: `throw ownFault('MalformedSelectorException', { selector })`. */
export function ownFault(type: FaultType, args: Arguments = {}): OwnFault<Fault> {
  return new OwnFault(faultOfType(type, args))
}

type Facts = Problems & ProtocolProblems
type Answers = {
  readonly [K in ProblemKind | ProtocolProblemKind]: (facts: Facts[K]) => Fault
}

const unexpected = () => faultOfType('InternalServerErrorException', { incident: 'none' })
const unavailable = (retryAfter: number) =>
  faultOfType('ServiceUnavailableException', {}, { 'Retry-After': String(retryAfter) })

/** The fault of every kind of problem: a new kind does not compile until it is answered here. */
const answers: Answers = {
  pathNotFound: ({ path }) => faultOfType('ResourcePathNotFoundException', { path }),
  methodNotAllowed: ({ method, allow }) =>
    faultOfType('MethodNotAllowedException', { method }, { Allow: allow.join(', ') }),
  tokenMissing: () => faultOfType('AuthorizationHeaderMissingException', {}, { 'WWW-Authenticate': 'Bearer' }),
  tokenMalformed: () => faultOfType('InvalidAuthorizationHeaderException', {}, { 'WWW-Authenticate': 'Bearer' }),
  tokenInvalid: () => faultOfType('InvalidAccessTokenException', {}, invalidToken),
  tokenForOtherFlavour: () => faultOfType('InvalidAccessTokenException', {}, invalidToken),
  crossSite: ({ from }) => faultOfType('UnauthorizedOriginException', { origin: from }),
  tokenUnchecked: ({ incident }) => faultOfType('ServiceUnavailableException', { incident }),
  hostMalformed: ({ host }) => faultOfType('InvalidHostHeaderException', { host }),
  insecure: () => faultOfType('SecureCommunicationRequiredException'),
  bodyMalformed: ({ line, column }) =>
    faultOfType('BodyDecodingException', {
      position: line === undefined ? undefined : `line ${line}, column ${column}`,
    }),
  bodyTooLarge: () => faultOfType('RequestEntityTooLargeException'),
  encodingUnsupported: ({ encoding }) =>
    encodingFault(faultOfType('UnsupportedContentTypeException', { contentEncoding: encoding })),
  contentTypeMalformed: ({ contentType }) => faultOfType('MalformedMediaTypeException', { mediaType: contentType }),
  contentTypeUnsupported: ({ contentType }) => faultOfType('UnsupportedContentTypeException', { contentType }),
  notAcceptable: ({ value }) => faultOfType('CharsetNotAcceptableException', { charset: value }),
  parameterMalformed: (facts) => faultOfType('MalformedParameterException', { ...only(facts, 'parameter', 'value') }),
  parameterOutOfRange: (facts) =>
    faultOfType('ValueConstraintViolationException', { ...only(facts, 'parameter', 'expected') }),
  dryRunRefused: ({ header }) =>
    faultOfType('ValueConstraintViolationException', { parameter: header, expected: 'no dry runs on this server' }),
  listNotFound: ({ listId }) => faultOfType('CustomerListNotFoundException', { customerListId: listId }),
  customerNotFound: ({ customerNo, listId }) =>
    faultOfType('CustomerListCustomerNotFoundException', { customerNo, customerListId: listId }),
  addressNotFound: ({ addressId, customerNo, listId }) =>
    faultOfType('CustomerListCustomerAddressNotFoundException', { addressId, customerNo, customerListId: listId }),
  documentInvalid: ({ document, violations }) => faultOfViolation(violations[0] as Violation, document),
  credentialsMissing: () => faultOfType('CredentialsMissingException'),
  loginMissing: () => faultOfType('LoginMissingException'),
  loginInvalid: () => faultOfType('InvalidLoginException'),
  loginInUse: () => faultOfType('LoginAlreadyInUseException'),
  emailInvalid: ({ email }) => faultOfType('InvalidEmailException', { email }),
  passwordInvalid: () => faultOfType('InvalidPasswordException'),
  customerNoInUse: () => faultOfType('CustomerNumberAlreadyInUseException'),
  addressIdInvalid: () => faultOfType('InvalidAddressIdException'),
  addressIdInUse: () => faultOfType('AddressIdAlreadyInUseException'),
  preconditionFailed: ({ how, sent }) => faultOfType('InvalidIfMatchException', { [how]: sent }),
  preconditionRequired: () => faultOfType('IfMatchRequiredException'),
  refusedByHook: ({ extensionPoint, code, message, details }) =>
    faultOfType('HookStatusException', {
      extensionPoint,
      statusCode: code,
      statusMsg: message,
      statusDetails: details && Object.keys(details).length > 0 ? details : undefined,
    }),
  breakerOpen: ({ extensionPoint }) => faultOfType('HookCircuitBreakerException', { extensionPoint }),
  unavailable: ({ retryAfter }) => unavailable(retryAfter),
  sourceUnavailable: ({ incident }) => faultOfType('InternalServerErrorException', { incident }),
  internal: ({ incident }) => faultOfType('InternalServerErrorException', { incident }),
  // No operation of this flavour meets these.
  mappingNotFound: unexpected,
  emailInUse: unexpected,
  accountInUse: unexpected,
  accountEmailMissing: unexpected,
  queryRefused: unexpected,
}

function encodingFault(fault: Fault): Fault {
  return { ...fault, message: `Content encoding '${textOf(fault.arguments['contentEncoding'])}' is not supported.` }
}

const invalidToken = { 'WWW-Authenticate': 'Bearer error="invalid_token"' }

function only<T extends object, K extends keyof T>(facts: T, ...names: K[]): Pick<T, K> {
  return Object.fromEntries(names.map((name) => [name, facts[name]])) as Pick<T, K>
}

/** The fault of anything that an exchange may throw. */
export function faultOf(error: CustomerError | ProtocolError | OwnFault<Fault>): Fault {
  if (error instanceof OwnFault) return error.fault
  const { problem } = error
  return (answers[problem.kind] as (facts: Problem | ProtocolError['problem']) => Fault)(problem)
}

/** What JSON types are called in faults. */
const typeNames: Readonly<Record<string, string>> = {
  string: 'String',
  integer: 'Integer',
  number: 'Double',
  boolean: 'Boolean',
  object: 'Object',
  array: 'Array',
  null: 'Null',
  date: 'LocalDate',
}
const typeName = (type: string | undefined) => typeNames[type ?? ''] ?? type

/** The name of a custom attribute in this API, from its place in a request or in the domain's document. */
function customNameOf([first = '', second, ...rest]: readonly string[]): string {
  return first === 'custom' && second !== undefined
    ? [`c_${second}`, ...rest].join('.')
    : [first, ...(second === undefined ? [] : [second]), ...rest].join('.')
}

/** The fault of the first thing that is wrong with a document. */
function faultOfViolation({ path, rule, value, expected, actual, message }: Violation, document: string): Fault {
  const at = path.join('.')
  const property = path.at(-1) ?? ''
  const isCustom = rule === 'custom' || (path[0]?.startsWith('c_') && rule !== 'readOnly')
  if (isCustom) {
    const told = `Custom property '${String(clip(customNameOf(path)))}' ${message}.`
    return { ...faultOfType('InvalidCustomPropertyException'), message: told }
  }
  switch (rule) {
    case 'unknown':
      return faultOfType('UnknownPropertyException', { property: at, document })
    case 'readOnly':
      return faultOfType('PropertyNotPermittedException', { property: at, document })
    // no property of this flavour is that deep, so it is of another type
    case 'depth':
      return faultOfType('TypeDecodingException', { path: path[0] ?? '$' })
    case 'type':
      return faultOfType('TypeDecodingException', {
        path: at || '$',
        expectedTypes: expected?.map(typeName),
        actualType: typeName(actual),
      })
    case 'enum':
      if (property === '_v') return faultOfType('UnexpectedVersionException', { version: scalar(value) })
      if (property !== '_type')
        return faultOfType('EnumConstraintViolationException', { document, enumValue: scalar(value) })
      return faultOfType('PropertyConstraintViolationException', { document, path: at })
    default:
      return faultOfType('PropertyConstraintViolationException', { document, path: at || '$' })
  }
}
