/** Everything imaginable that somebody else's code may throw. */
import { runInNewContext } from 'node:vm'

/** One thing to throw. */
export interface ThrownThing {
  readonly name: string
  make(): unknown
  /** What the log must tell of it; absent: it has no message that could be read. */
  readonly message?: string
}

const boom = 'boom 4711'
const throwing = () => {
  throw new Error('a trap threw')
}

function circular(): Error {
  const error = new Error(boom)
  return Object.assign(error, { cause: error })
}

function deep(): Error {
  let error = new Error('the end')
  for (let n = 0; n < 20_000; n++) error = new Error(n === 19_999 ? boom : 'more', { cause: error })
  return error
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable(new Error(boom), {})
  revoke()
  return proxy
}

function withGetter(name: string): Error {
  return Object.defineProperty(new Error(boom), name, { get: throwing })
}

/** The things. */
export const thrownThings: readonly ThrownThing[] = [
  { name: 'an error', make: () => new Error(boom), message: boom },
  { name: 'a text', make: () => boom, message: boom },
  { name: 'null', make: () => null, message: 'null' },
  { name: 'undefined', make: () => undefined },
  { name: 'a number', make: () => 4711, message: '4711' },
  { name: 'a symbol', make: () => Symbol(boom), message: boom },
  { name: 'an empty text', make: () => '' },
  { name: 'an object without a prototype', make: () => Object.create(null) as object },
  { name: 'a frozen object with a message', make: () => Object.freeze({ message: boom }), message: boom },
  { name: 'an error that is its own cause', make: circular, message: boom },
  { name: 'an error with 20,000 causes', make: deep, message: boom },
  { name: 'an error of another realm', make: () => runInNewContext(`new Error('${boom}')`) as object, message: boom },
  { name: 'a revoked proxy', make: revoked },
  { name: 'an object whose prototype is a revoked proxy', make: () => Object.create(revoked()) as object },
  { name: 'an error whose cause is a revoked proxy', make: () => new Error(boom, { cause: revoked() }), message: boom },
  {
    name: 'a proxy whose every trap throws',
    make: () =>
      new Proxy(new Error(boom), { get: throwing, getPrototypeOf: throwing, has: throwing, ownKeys: throwing }),
  },
  { name: 'an error whose message throws', make: () => withGetter('message') },
  { name: 'an error whose stack throws', make: () => withGetter('stack'), message: boom },
  { name: 'an error whose cause throws', make: () => withGetter('cause'), message: boom },
  { name: 'an error whose name throws', make: () => withGetter('name'), message: boom },
  { name: 'an error whose message is no text', make: () => Object.assign(new Error(boom), { message: { a: 1 } }) },
  { name: 'a function', make: () => throwing },
  { name: 'an object whose toString throws', make: () => ({ toString: throwing, toJSON: throwing }) },
  { name: 'an endless message', make: () => new Error(boom.repeat(100_000)), message: boom },
]
