/** The oldest `pg` that the library works with, for tests that import what newer ones name. */
import { createRequire } from 'node:module'
import type pg from 'pg'

export const { Client, Pool } = createRequire(import.meta.url)('pg-oldest') as typeof pg
