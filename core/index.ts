/** The library's public door. */
export { createClientele, tenantOf, tokens } from './container.js'
export type { ClienteleOptions } from './container.js'
export type { BreakerSettings } from './breaker.js'
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
export type { AttributeDeclaration, CustomAttributeOptions, DeclaredAttributes } from './custom-attributes.js'
export { CustomerError } from './errors.js'
export type { Problem, ProblemKind, Problems, Violation } from './errors.js'
export { Status, definePlugin } from './hooks.js'
export type { Context, Hooks, Outcome, Plugin, Task } from './hooks.js'
export { keyOf } from './keys.js'
export type { CustomerLists, Ids, Limits, Logger } from './parts.js'
export type { MixinOptions, MixinSchemas, Mixed, SchemaSource } from './mixins.js'
export { fullNameOf } from './model.js'
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
} from './model.js'
export { extensionPoints, operations } from './operations.js'
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
} from './operations.js'
export type { HashPassword } from './password.js'
export type { Policies } from './policies.js'
export { profiles } from './profiles.js'
export type { Profile } from './profiles.js'
export { SetupError } from './registry.js'
export type { HookDescription, PointDescription } from './runner.js'
export { Secret } from './secret.js'
export type { SocialMediaUserSource } from './social-media-users.js'
export * from './storage.js'
export type { EffectStep, HandlerStep, PointStep, TaskStep, Trace, TraceStep } from './trace.js'
