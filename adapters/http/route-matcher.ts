/** Routes, and the matcher that finds the one that a request asks for. The only file that knows @koa/router; no door needs Koa for it. */
import { Router } from '@koa/router'
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
interface PathRoutes<R> {
  /** The router's pattern of the path. */
  readonly pattern: RegExp
  /** Names of the path's parameters, in their order. */
  readonly params: readonly string[]
  readonly byMethod: ReadonlyMap<string, R>
  /** Their methods, and those that come with every path: HEAD where there is GET, and OPTIONS. */
  readonly allow: readonly string[]
}

/** The matcher of a flavour's routes: the first path that fits wins, whatever its methods. */
export function matcherOf<R extends { readonly method: string; readonly path: string }>(
  routes: readonly R[],
): RouteMatcher<R> {
  const byDepth: PathRoutes<R>[][] = []
  for (const [path, found] of routesByPath(routes)) (byDepth[depthOf(path)] ??= []).push(found)
  return (method, path) => {
    for (const { pattern, params, byMethod, allow } of byDepth[depthOf(path)] ?? []) {
      const found = pattern.exec(path)
      if (!found) continue
      const decoded = decodedParams(params, found)
      return decoded && { route: byMethod.get(method), params: decoded, allow }
    }
    return undefined
  }
}

/** How many segments a path has: a parameter stands for one. */
function depthOf(path: string): number {
  let depth = 0
  for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) depth++
  return depth
}

/** Routes by their path, in the order of preference. The router makes the patterns; to ask them in turn is its way too. */
function routesByPath<R extends { readonly method: string; readonly path: string }>(
  routes: readonly R[],
): readonly (readonly [path: string, PathRoutes<R>])[] {
  const router = new Router({ sensitive: true, strict: true })
  const byPath = new Map<string, Map<string, R>>()
  for (const route of routes)
    byPath.set(route.path, (byPath.get(route.path) ?? new Map<string, R>()).set(route.method, route))
  return [...byPath].map(([path, byMethod]) => {
    const methods = [...byMethod.keys()]
    const { regexp } = router.register(path.replaceAll(/\{(\w+)\}/g, ':$1'), methods, () => undefined)
    const found: PathRoutes<R> = {
      pattern: regexp as RegExp,
      params: [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as string),
      byMethod,
      allow: [...methods, ...(byMethod.has('GET') ? ['HEAD'] : []), 'OPTIONS'],
    }
    return [path, found]
  })
}

/** Path parameters by name, decoded; undefined if the percent-encoding is broken: such a path matches nothing. */
function decodedParams(names: readonly string[], found: RegExpExecArray): Record<string, string> | undefined {
  const params: Record<string, string> = {}
  try {
    for (let at = 0; at < names.length; at++) {
      const value = found[at + 1] as string
      params[names[at] as string] = value.includes('%') ? decodeURIComponent(value) : value
    }
    return params
  } catch {
    return undefined
  }
}
