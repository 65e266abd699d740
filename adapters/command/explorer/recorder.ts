/** Watches the APIs: what was sent and answered, the trace of the operation, the records before and after. */
import type { Clientele, ReadCall, WriteCall } from '../../../core/clientele.js'
import type { Reading, Writing } from '../../../core/model/operations.js'
import type { Trace } from '../../../core/model/trace.js'
import type { AnsweredRequest, Observer } from '../../../core/ports/observer.js'
import type { Change } from '../../../core/work/dry-run.js'
import type { Surroundings } from '../../http/exchange.js'
import type { Flavour } from '../../http/flavour.js'
import { headerOf } from '../../http/protocol.js'
import type { ApiRequest, RawBody, Reply } from '../../http/protocol.js'
import { withMembers } from '../../http/with-members.js'
import { shownBody, shownData } from './body.js'
import type { RecentRequests, SeenExchange, SeenMessage } from './requests.js'

/** The same flavour, whose answered requests are kept. */
export function watched(flavour: Flavour, requests: RecentRequests): Flavour {
  return {
    ...flavour,
    async answer(request, surroundings, host) {
      const sighting = new Sighting(request)
      const reply = await flavour.answer(sighting.request, sighting.surroundings(surroundings), host)
      const seen = sighting.exchange(reply)
      if (seen) requests.add(seen)
      return reply
    },
  }
}

/** Headers of requests that are kept: those that say how, none that says who. */
const shownHeaders = /^(accept|content-type|if-(none-)?match|(x-dw|x-clientele|x-forwarded)-[\w-]+|x-request-id)$/

/** One request while it is answered. */
class Sighting {
  readonly request: ApiRequest
  readonly #time = new Date().toISOString()
  readonly #original: ApiRequest
  #body: RawBody | undefined
  #facts: AnsweredRequest | undefined
  // the write is what the request is about; reads around it look things up
  #written: Trace | undefined
  #looked: Trace | undefined
  #changes: readonly Change[] = []

  constructor(request: ApiRequest) {
    this.#original = request
    this.request = withMembers(request, { body: async () => (this.#body = await request.body()) })
  }

  surroundings(given: Surroundings): Surroundings {
    const onRequest: Observer['onRequest'] = (start) => {
      const ended = given.observer.onRequest?.(start)
      return (facts) => {
        this.#facts = facts
        ended?.(facts)
      }
    }
    return { ...given, clientele: this.#library(given.clientele), observer: { ...given.observer, onRequest } }
  }

  #library(clientele: Clientele): Clientele {
    return withMembers(clientele, {
      read: <O extends Reading>(operation: O, call: ReadCall<O>) =>
        clientele.read(operation, { ...call, onTrace: this.#tracing(call, (trace) => (this.#looked = trace)) }),
      write: <O extends Writing>(operation: O, call: WriteCall<O>) =>
        clientele.write(operation, {
          ...call,
          onTrace: this.#tracing(call, (trace) => (this.#written = trace)),
          onChanges: (changes) => {
            this.#changes = changes
            call.onChanges?.(changes)
          },
        }),
    })
  }

  #tracing({ onTrace }: Pick<WriteCall<Writing>, 'onTrace'>, note: (trace: Trace) => void) {
    return (trace: Trace): void => {
      note(trace)
      onTrace?.(trace)
    }
  }

  /** What is kept of it; undefined where the flavour told nothing. */
  exchange({ headers, body }: Reply): Omit<SeenExchange, 'id'> | undefined {
    const { path, query, headers: sentHeaders } = this.#original
    if (!this.#facts) return undefined
    const search = query.toString()
    const trace = this.#written ?? this.#looked
    const changes = shownData(this.#changes)
    return {
      ...this.#facts,
      time: this.#time,
      path: search === '' ? path : `${path}?${search}`,
      isDryRun: ['1', 'true'].includes(headerOf(sentHeaders, 'x-clientele-dry-run') ?? ''),
      ...(trace && { trace }),
      ...(changes && { changes }),
      sent: this.#sent(),
      answered: { headers, ...(body !== undefined && { body: shownBody(body) }) },
    }
  }

  #sent(): SeenMessage {
    const { headers } = this.#original
    const shown = Object.keys(headers)
      .filter((name) => shownHeaders.test(name))
      .map((name) => [name, headerOf(headers, name) ?? ''])
    const text = this.#body && ('text' in this.#body ? this.#body.text : JSON.stringify(this.#body.parsed))
    return { headers: Object.fromEntries(shown) as SeenMessage['headers'], ...(text && { body: shownBody(text) }) }
  }
}
