/** Routes, and what finds the one that a request asks for. A router is plugged in by whoever serves the flavours. */
import type { Operation } from '../../core/model/operations.js'
import type { Reply } from './protocol.js'

/** A route whose types are closed over. */
export interface Route<X = never> {
  readonly method: string
  /** Relative to the flavour's base, parameters in braces: `/customer_lists/{list_id}`. */
  readonly path: string
  /** The operation it runs; absent for what needs none. */
  readonly runs?: Operation
  readonly run: (exchange: X) => Reply | Promise<Reply>
}

/** What a path leads to. `route` is undefined when the path is known and the method is not. */
export interface RouteMatch<R> {
  readonly route: R | undefined
  /** Path parameters, percent-decoded. */
  readonly params: Readonly<Record<string, string>>
  /** Methods that the path knows. */
  readonly allow: readonly string[]
}

/** Finds the route of a method and a path relative to the flavour's base; undefined when no route has the path. */
export type RouteMatcher<R> = (method: string, path: string) => RouteMatch<R> | undefined

/** The routes of one path. */
export interface PathRoutes<R> {
  /** Names of the path's parameters, in their order. */
  readonly params: readonly string[]
  readonly byMethod: ReadonlyMap<string, R>
  /** Their methods, and those that come with every path: HEAD where there is GET, and OPTIONS. */
  readonly allow: readonly string[]
}

/** Routes by their path, in the order of preference. */
export function routesByPath<R extends { readonly method: string; readonly path: string }>(
  routes: readonly R[],
): ReadonlyMap<string, PathRoutes<R>> {
  const byPath = new Map<string, Map<string, R>>()
  for (const route of routes)
    byPath.set(route.path, (byPath.get(route.path) ?? new Map<string, R>()).set(route.method, route))
  return new Map(
    [...byPath].map(([path, byMethod]) => {
      const allow = [...byMethod.keys(), ...(byMethod.has('GET') ? ['HEAD'] : []), 'OPTIONS']
      const params = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as string)
      return [path, { params, byMethod, allow }]
    }),
  )
}

/** Path parameters by name, decoded; undefined if the percent-encoding is broken: such a path matches nothing. */
export function decodedParams(
  names: readonly string[],
  values: readonly string[],
): Readonly<Record<string, string>> | undefined {
  const params: Record<string, string> = {}
  try {
    for (const [at, name] of names.entries()) {
      const value = values[at] as string
      params[name] = value.includes('%') ? decodeURIComponent(value) : value
    }
    return params
  } catch {
    return undefined
  }
}
