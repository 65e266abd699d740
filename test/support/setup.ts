/** Loaded by mocha before the tests: ends what they share. */
import { stopShared } from './postgres.js'

export const mochaGlobalTeardown = stopShared
