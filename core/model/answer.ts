/**
 * An error that is an answer, such as a refusal or a missing record. It takes no stack: that would cost more than the rest
 * of the answer, and nobody reads it.
 */
export class Answer extends Error {
  constructor(message: string, options?: ErrorOptions) {
    const { stackTraceLimit } = Error
    // not an assignment: where intrinsics are frozen, a stack is taken after all
    Reflect.set(Error, 'stackTraceLimit', 0)
    super(message, options)
    Reflect.set(Error, 'stackTraceLimit', stackTraceLimit)
  }
}
