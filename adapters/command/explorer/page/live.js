/** The requests as they happen: kept here as the server keeps them, told to the view that is open. */
import { about } from './server.js'

/** The newest first. */
let requests = []
const listeners = new Set()
const waiting = new Map()

/** All that are kept, the newest first. */
export const seen = () => requests

/** Calls back at every change, with the request that is new, or without one where all are; returns the undo. */
export function onSeen(listener) {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** Resolves with the request that had this id, when it is told; undefined where it is not told in time. */
export function seenAs(requestId) {
  const found = requests.find((request) => request.requestId === requestId)
  if (found) return Promise.resolve(found)
  return new Promise((resolve) => {
    waiting.set(requestId, resolve)
    setTimeout(resolve, 3_000)
  })
}

function tell(request) {
  for (const listener of listeners) listener(request)
}

/** Listens to the server, for as long as the page is open. */
export function listen(onState) {
  const events = new EventSource('/explorer/events')
  events.addEventListener('open', () => onState('Live'))
  events.addEventListener('error', () => onState('Connecting'))
  events.addEventListener('requests', ({ data }) => {
    requests = JSON.parse(data).toReversed()
    tell()
  })
  events.addEventListener('request', ({ data }) => {
    const request = JSON.parse(data)
    requests = [request, ...requests].slice(0, about.keptRequests)
    waiting.get(request.requestId)?.(request)
    waiting.delete(request.requestId)
    tell(request)
  })
}
