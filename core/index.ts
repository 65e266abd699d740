/** The library's public door. */
export { createClientele, tokens } from './container.js'
export { tenantOf } from './ports/lists.js'
export type { ClienteleOptions } from './container.js'
export type { BreakerSettings } from './extension/breaker.js'
export type { Clientele, ListOperations, ReadCall, WriteCall } from './clientele.js'
export type { Transaction } from './work/transaction.js'
export type { CallOptions, CustomerOperations, PasswordCheck, Wire } from './model/calls.js'
export { events } from './model/events.js'
export type { DomainEvent, EventName, Listener, PayloadOf } from './model/events.js'
export type { Change, DryRun, DryRunOperations } from './work/dry-run.js'
export type { Health, StorageHealth } from './work/health.js'
export type { WriteRequest, Written } from './work/write.js'
export type { AttributeDeclaration, CustomAttributeOptions, DeclaredAttributes } from './rules/custom-attributes.js'
export { CustomerError } from './model/problems.js'
export type { Problem, ProblemKind, Problems, Violation } from './model/problems.js'
export { Status, definePlugin } from './extension/hooks.js'
export type { Context, Hooks, Outcome, Plugin, PluginStart, Task } from './extension/hooks.js'
export { keyOf } from './model/keys.js'
export type {
  Clock,
  CustomerLists,
  HashPassword,
  Ids,
  Limits,
  Logger,
  OnError,
  PasswordHashFormat,
  Policies,
  SchemaSource,
  SignInLock,
  SocialMediaUserSource,
} from './ports/host.js'
export type {
  AnsweredRequest,
  HandlerEnd,
  HandlerStart,
  Observe,
  Observer,
  OperationEnd,
  OperationStart,
  RequestStart,
  StorageEnd,
  StorageStart,
} from './ports/observer.js'
export type { MixinOptions, MixinSchemas, Mixed } from './rules/mixins.js'
export { fullNameOf } from './model/documents.js'
export type {
  Account,
  AccountCreate,
  Address,
  AddressChange,
  AddressCreate,
  Caller,
  CustomAttributes,
  SentAttributes,
  CustomValue,
  Credentials,
  Customer,
  CustomerChange,
  CustomerCreate,
  CustomerList,
  FlavourName,
  Json,
  Live,
  MappingCreate,
  SdCustomerMapping,
  SocialMediaUser,
} from './model/documents.js'
export { extensionPoints, operations } from './model/operations.js'
export type {
  ArgumentsOf,
  DocumentOf,
  ExtensionPoint,
  InputOf,
  LiveAddress,
  LiveCustomer,
  Operation,
  PreviousOf,
  ResultOf,
  TargetOf,
} from './model/operations.js'
export { profiles } from './model/profile.js'
export type { Profile } from './model/profile.js'
export { SetupError } from './model/setup-error.js'
export type { HookDescription, PointDescription } from './extension/description.js'
export { PasswordHash, Secret } from './model/secret.js'
export * from './ports/storage.js'
export type { EffectStep, HandlerStep, PointStep, TaskStep, Trace, TraceStep } from './model/trace.js'
