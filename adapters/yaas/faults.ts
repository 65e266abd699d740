/** Problems as YaaS errors (decision 3.19): one total map for the core's problems and one for the protocol's. */
import type { Path } from '../../core/ports/storage.js'
import type { CustomerError, ProblemKind, Problems, Violation } from '../../core/model/problems.js'
import { OwnFault, ProtocolError } from '../http/protocol.js'
import type { ProtocolProblemKind, ProtocolProblems } from '../http/protocol.js'
import { mostViolations } from '../../core/model/validation.js'
import { beanPath, fieldOf } from './documents.js'

/** One thing wrong, with the place in the body, the parameter or the header. */
export interface YaasDetail {
  /** Bean path: `metadata.mixins.loyalty`, `tags[2]`; absent when it is bound to no field. */
  readonly field?: string
  readonly type: string
  readonly message: string
}

/** What the client gets, but for `moreInfo` and the headers of every reply. */
export interface YaasFault {
  readonly status: number
  readonly type: string
  readonly message: string
  readonly details?: readonly YaasDetail[]
  readonly headers?: Readonly<Record<string, string>>
}

const conflictMessage = 'The request failed because there was a conflict with another resource.'

/** A 400 with one detail per mistake. */
export function validationFault(details: readonly YaasDetail[]): YaasFault {
  return {
    status: 400,
    type: 'validation_violation',
    message: 'There are validation problems, see details section for more information',
    details,
  }
}

/** Name of a document whose violations have paths into the request body; those of the core lead through its own documents. */
export const payload = 'payload'

/** The detail for one violation. */
function detailOf({ path, rule, message }: Violation, placeOf: (path: Path) => string): YaasDetail {
  const field = placeOf(path)
  const type = rule === 'missing' ? 'missing_field' : 'invalid_field'
  return field === '' ? { type, message } : { field, type, message }
}

const invalidField = (field: string, message: string): YaasFault =>
  validationFault([{ field, type: 'invalid_field', message }])
const missingField = (field: string, message: string): YaasFault =>
  validationFault([{ field, type: 'missing_field', message }])
const conflict = (field: string, message: string): YaasFault => ({
  status: 409,
  type: 'conflict_resource',
  message: conflictMessage,
  details: [{ field, type: 'unique_index_violation', message }],
})
const notFound = (message: string): YaasFault => ({ status: 404, type: 'element_resource_non_existing', message })
const unauthorized = (message: string, challenge: string): YaasFault => ({
  status: 401,
  type: 'insufficient_credentials',
  message: `Authorization: Unauthorized. ${message}`,
  headers: { 'WWW-Authenticate': challenge },
})
const forbidden = (message: string): YaasFault => ({ status: 403, type: 'insufficient_permissions', message })
const unavailable = (message: string, retryAfter: number): YaasFault => ({
  status: 503,
  type: 'service_temporarily_unavailable',
  message,
  headers: { 'Retry-After': String(Math.max(1, Math.ceil(retryAfter))) },
})

/** The token lacks the scope of the endpoint (adapters/yaas/README.md, Errors). */
export const scopeMissing: YaasFault = forbidden('Access denied - invalid scope')
/** The token is for another tenant, or for none. */
export const tenantForbidden: YaasFault = forbidden('Not allowed to access this resource')
/** The request line is too long. */
export const uriTooLong: YaasFault = { status: 414, type: 'uri_too_long', message: 'The request URI is too long.' }

const domainFaults: {
  readonly [K in ProblemKind]: (facts: Problems[K], emailField: string) => YaasFault
} = {
  listNotFound: () => notFound('The tenant of the request has no customers here.'),
  customerNotFound: (f) => notFound(`Customer with customerNumber '${f.customerNo}' was not found.`),
  addressNotFound: (f) => notFound(`Address ${f.addressId} of customer ${f.customerNo} not found.`),
  mappingNotFound: (f) => notFound(`SD customer mapping '${f.customerNumber}' was not found.`),
  documentInvalid: ({ document, violations }) =>
    validationFault(
      violations
        .slice(0, mostViolations)
        .map((violation) => detailOf(violation, document === payload ? beanPath : fieldOf)),
    ),
  credentialsMissing: () => missingField('accounts', 'the customer has no account'),
  loginMissing: () => missingField('accounts', 'the customer has no internal account'),
  loginInvalid: (_, emailField) => invalidField(emailField, 'cannot be used to sign in'),
  loginInUse: (_, emailField) => conflict(emailField, 'is used by another customer'),
  emailInvalid: (_, emailField) => invalidField(emailField, 'is not a valid email address'),
  emailInUse: (_, emailField) => conflict(emailField, 'is used by another customer'),
  passwordInvalid: () => invalidField('password', 'is not acceptable'),
  customerNoInUse: () => conflict('customerNumber', 'is used by another customer'),
  addressIdInvalid: () => invalidField('id', 'is not a valid address id'),
  addressIdInUse: () => conflict('id', 'is used by another address of the customer'),
  accountInUse: () => conflict('accounts', 'the account exists already'),
  accountEmailMissing: () => missingField('email', 'is needed, since the customer has no contactEmail'),
  preconditionFailed: (f) =>
    f.how !== 'version'
      ? {
          status: 412,
          type: 'precondition_failed',
          message:
            f.how === 'ifMatch'
              ? 'The resource does not have the ETag that If-Match names.'
              : 'The resource has an ETag that If-None-Match names.',
        }
      : {
          status: 409,
          type: 'conflict_resource',
          message: conflictMessage,
          details: [
            { field: 'metadata.version', type: 'invalid_field', message: 'is not the current version of the resource' },
          ],
        },
  preconditionRequired: () => ({
    status: 412,
    type: 'precondition_failed',
    message: 'The request needs a precondition.',
  }),
  queryRefused: (f) => validationFault([{ field: 'q', type: 'invalid_query_parameter', message: f.reason }]),
  refusedByHook: (f) => ({
    status: 400,
    type: 'business_error',
    message: f.message ?? 'The request was refused by a rule of the shop.',
    details: [
      { field: 'extensionPoint', type: 'extension_point', message: f.extensionPoint },
      ...(f.code === undefined ? [] : [{ field: 'statusCode', type: 'status_code', message: f.code }]),
      ...(f.message === undefined ? [] : [{ field: 'statusMsg', type: 'status_message', message: f.message }]),
      ...Object.entries(f.details ?? {}).map(([name, value]) => ({
        field: `statusDetails.${name}`,
        type: 'status_detail',
        message: typeof value === 'string' ? value : JSON.stringify(value),
      })),
    ],
  }),
  breakerOpen: () => ({
    status: 503,
    type: 'circuit_breaker_open',
    message: 'The circuit breaker for the requested service is currently open. Please try again later.',
  }),
  unavailable: (f) =>
    unavailable(
      f.outcome === 'unknown'
        ? 'The service is temporarily unavailable. It is not known whether the request was carried out.'
        : 'The service is temporarily unavailable. Nothing was changed.',
      f.retryAfter,
    ),
  sourceUnavailable: (f) => ({
    status: 500,
    type: 'backing_service_unavailable',
    message: `A service that this one needs is not available, incident ${f.incident}.`,
  }),
  internal: (f) => ({
    status: 500,
    type: 'internal_service_error',
    message: `Internal service error, incident ${f.incident}.`,
  }),
}

const protocolFaults: { readonly [K in ProtocolProblemKind]: (facts: ProtocolProblems[K]) => YaasFault } = {
  pathNotFound: () => notFound('The requested resource does not exist.'),
  methodNotAllowed: (f) => ({
    status: 405,
    type: 'unsupported_method',
    message: `The resource does not support ${f.method}.`,
    headers: { Allow: f.allow.join(', ') },
  }),
  tokenMissing: () => unauthorized('Bearer TOKEN is missing', 'Bearer'),
  tokenMalformed: () => unauthorized('Bearer TOKEN is missing', 'Bearer'),
  tokenInvalid: () => unauthorized('Bearer TOKEN is invalid', 'Bearer error="invalid_token"'),
  tokenForOtherFlavour: () => tenantForbidden,
  crossSite: () => forbidden('The request comes from another site.'),
  tokenUnchecked: (f) => unavailable(`The token cannot be checked now, incident ${f.incident}.`, 1),
  hostMalformed: () =>
    validationFault([{ field: 'Host', type: 'invalid_header', message: 'has not the form it needs' }]),
  insecure: () => forbidden('The service is available over https only.'),
  bodyMalformed: (f) => ({
    status: 400,
    type: 'bad_payload_syntax',
    message:
      f.line === undefined
        ? 'The payload cannot be read.'
        : `The payload is not valid JSON, see line ${f.line}, column ${f.column ?? 1}.`,
  }),
  bodyTooLarge: (f) => ({
    status: 413,
    type: 'bad_payload_size',
    message: `The payload is larger than ${f.limit} bytes.`,
  }),
  encodingUnsupported: () => unsupportedType('The Content-Encoding of the payload is not supported.'),
  contentTypeMalformed: () => unsupportedType('The Content-Type of the payload cannot be read.'),
  contentTypeUnsupported: () =>
    unsupportedType('The Content-Type of the payload is not supported, send application/json.'),
  notAcceptable: () => ({
    status: 406,
    type: 'unsupported_response_content_type',
    message: 'The resource is available as application/json only.',
  }),
  parameterMalformed: (f) =>
    validationFault([{ field: f.parameter, type: 'invalid_query_parameter', message: 'has not the form it needs' }]),
  parameterOutOfRange: (f) =>
    validationFault([{ field: f.parameter, type: 'invalid_query_parameter', message: `must be ${f.expected}` }]),
  dryRunRefused: (f) =>
    validationFault([
      { field: f.header, type: 'invalid_header', message: 'asks for a dry run, and this server makes none' },
    ]),
}

function unsupportedType(message: string): YaasFault {
  return { status: 415, type: 'unsupported_request_content_type', message }
}

/**
 * The fault of anything that an exchange may throw. `emailField`: the property that holds an email in the request at
 * hand, `contactEmail` or `email` of an account.
 */
export function faultOf(
  error: CustomerError | ProtocolError | OwnFault<YaasFault>,
  emailField = 'contactEmail',
): YaasFault {
  if (error instanceof OwnFault) return error.fault
  if (error instanceof ProtocolError) {
    const answer = protocolFaults[error.problem.kind] as (facts: ProtocolProblems[ProtocolProblemKind]) => YaasFault
    return answer(error.problem)
  }
  const answer = domainFaults[error.problem.kind] as (facts: Problems[ProblemKind], emailField: string) => YaasFault
  return answer(error.problem, emailField)
}

/** A 400 that names a query parameter. */
export function parameterFault(parameter: string, message: string): OwnFault<YaasFault> {
  return new OwnFault(validationFault([{ field: parameter, type: 'invalid_query_parameter', message }]))
}
