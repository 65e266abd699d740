/** Several processes on one database: three example servers, races of sixty (decision 1.6). */
import { describe } from 'mocha'
import { newDatabase } from './support/postgres.js'
import { races } from './support/races.js'

describe('several processes on one database: of sixty racers one wins (decision 1.6)', () => races(newDatabase))
