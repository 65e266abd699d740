/** The library's public door. */
export { createClientele, tenantOf, tokens } from './container.js'
export type { ClienteleOptions } from './container.js'
export type { BreakerSettings } from './extension/breaker.js'
export type {
  CallOptions,
  Change,
  Clientele,
  CustomerOperations,
  DomainEvent,
  DryRun,
  DryRunOperations,
  ReadCall,
  Transaction,
  WriteCall,
} from './clientele.js'
export type { AttributeDeclaration, CustomAttributeOptions, DeclaredAttributes } from './rules/custom-attributes.js'
export { CustomerError } from './model/problems.js'
export type { Problem, ProblemKind, Problems, Violation } from './model/problems.js'
export { Status, definePlugin } from './extension/hooks.js'
export type { Context, Hooks, Outcome, Plugin, Task } from './extension/hooks.js'
export { keyOf } from './model/keys.js'
export type { CustomerLists, Ids, Limits, Logger } from './ports/host.js'
export type { MixinOptions, MixinSchemas, Mixed, SchemaSource } from './rules/mixins.js'
export { fullNameOf } from './model/documents.js'
export type {
  Account,
  AccountCreate,
  Address,
  AddressChange,
  AddressCreate,
  Caller,
  CustomAttributes,
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
export type { HashPassword } from './rules/passwords.js'
export type { Policies } from './rules/policies.js'
export { profiles } from './rules/profiles.js'
export type { Profile } from './rules/profiles.js'
export { SetupError } from './extension/registry.js'
export type { HookDescription, PointDescription } from './extension/runner.js'
export { Secret } from './model/secret.js'
export type { SocialMediaUserSource } from './rules/social-media-users.js'
export * from './ports/storage.js'
export type { EffectStep, HandlerStep, PointStep, TaskStep, Trace, TraceStep } from './extension/trace.js'
