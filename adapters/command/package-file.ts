/** Files of the package that are no code of ours: they stand in it where they stand in the repository. */
import { fileURLToPath } from 'node:url'

/** The path of a file, by its name from the root: `examples/koa.ts`. */
export const packageFile = (name: string): string => fileURLToPath(new URL(`../../../${name}`, import.meta.url))
