/** Worker threads: how many there are, who has one, who waits (hooks/README.md, Bring your cartridge). */
import { MessageChannel, Worker } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'
import { PluginBusy } from '../../core/extension/plugin-fault.js'
import type { Answer, FromWorker, ToWorker, WorkerSetup } from './messages.js'

/** How many worker threads there are. */
export interface PoolOptions {
  /** Scripts that run at a time; one that waits for the library does not count. */
  readonly atOnce: number
  /** Threads, each for one request from its first script to its end. */
  readonly atMost: number
  /** Megabytes of each thread's heap. */
  readonly memory: number
  /** Milliseconds that a request waits for a thread which another gives back; then it is refused. */
  readonly wait: number
}

/** A worker thread. */
export class Thread {
  readonly #worker: Worker
  readonly #answers: MessagePort
  readonly #bell = new SharedArrayBuffer(4)
  readonly #onDead: (thread: Thread) => void
  /** Told of every message of the script that runs, and of the thread's end. */
  heard: ((message: FromWorker) => void) | undefined
  ended: ((error: Error) => void) | undefined
  isDead = false
  /** Resolves when it can run scripts, or has died. */
  readonly ready: Promise<void>
  #isReady: (() => void) | undefined
  #isKept = false

  constructor(setup: WorkerSetup, memory: number, onDead: (thread: Thread) => void) {
    const { port1, port2 } = new MessageChannel()
    this.#answers = port1
    port1.unref()
    this.#worker = new Worker(new URL('./worker.js', import.meta.url), {
      workerData: { setup, answers: port2, bell: this.#bell },
      transferList: [port2],
      resourceLimits: { maxOldGenerationSizeMb: memory },
    })
    this.ready = new Promise((resolve) => (this.#isReady = resolve))
    this.#onDead = onDead
    this.#worker.on('message', (message: FromWorker) => {
      if (message.kind !== 'ready') return this.heard?.(message)
      if (!this.#isKept) this.#worker.unref()
      return this.#isReady?.()
    })
    this.#worker.on('error', (error) => this.#die(outOfMemory(error, memory)))
    this.#worker.on('exit', () => this.#die(new Error('the worker thread of the script ended')))
  }

  /** Keeps the process alive while a script runs. */
  set isBusy(value: boolean) {
    this.#isKept = value
    if (value) this.#worker.ref()
    else this.#worker.unref()
  }

  post(message: ToWorker): void {
    this.#worker.postMessage(message)
  }

  /** Answers a question and wakes the script. */
  answer(answer: Answer): void {
    this.#answers.postMessage(answer)
    const bell = new Int32Array(this.#bell)
    Atomics.add(bell, 0, 1)
    Atomics.notify(bell, 0)
  }

  /** Ends it, whatever it does. */
  async terminate(): Promise<void> {
    this.#die(new Error('the worker thread of the script was ended'))
    await this.#worker.terminate()
  }

  #die(error: Error): void {
    if (this.isDead) return
    this.isDead = true
    this.#isReady?.()
    this.#answers.close()
    this.#onDead(this)
    this.ended?.(error)
  }
}

function outOfMemory(error: unknown, memory: number): Error {
  const { code, message } = error as NodeJS.ErrnoException
  return new Error(
    code === 'ERR_WORKER_OUT_OF_MEMORY' ? `the script used more than its ${memory} MB of memory` : message,
  )
}

/** A request that waits for its turn to run a script. */
interface Waiting {
  readonly hasThread: boolean
  readonly go: () => void
}

/** The threads of one set of cartridges. */
export class Pool {
  readonly #options: PoolOptions
  readonly #setup: WorkerSetup
  readonly #all = new Set<Thread>()
  readonly #free: Thread[] = []
  readonly #turns: Waiting[] = []
  readonly #threads: ((thread: Thread) => void)[] = []
  #running = 0

  constructor(setup: WorkerSetup, options: PoolOptions) {
    this.#setup = setup
    this.#options = options
  }

  /** How many threads there are, and how many are free. */
  get size(): { readonly all: number; readonly free: number } {
    return { all: this.#all.size, free: this.#free.length }
  }

  /** A turn to run a script. Requests that have a thread go first: they give it back the sooner. */
  turn(hasThread: boolean): Promise<void> | undefined {
    if (this.#running < this.#options.atOnce) {
      this.#running++
      return undefined
    }
    return new Promise((go) => {
      const at = hasThread ? this.#turns.findIndex((waiting) => !waiting.hasThread) : -1
      this.#turns.splice(at < 0 ? this.#turns.length : at, 0, { hasThread, go })
    })
  }

  /** A script stops running: it has ended, or waits for the library. */
  release(): void {
    this.#running--
    if (this.#running >= this.#options.atOnce) return
    const next = this.#turns.shift()
    if (!next) return
    this.#running++
    next.go()
  }

  /** A script that waited runs on, whatever the number: it holds what others wait for. */
  resume(): void {
    this.#running++
  }

  /** A thread for a request. Throws PluginBusy when there are too many and none comes free. */
  take(): Thread | Promise<Thread> {
    const free = this.#free.pop()
    if (free) return free
    if (this.#all.size < this.#options.atMost) {
      const thread = this.#open()
      return thread.ready.then(() => thread)
    }
    return new Promise((resolve, reject) => {
      const got = (thread: Thread): void => {
        clearTimeout(timer)
        resolve(thread)
      }
      const timer = setTimeout(() => {
        this.#threads.splice(this.#threads.indexOf(got), 1)
        reject(new PluginBusy(`all ${this.#options.atMost} worker threads of cartridges are busy`))
      }, this.#options.wait)
      this.#threads.push(got)
    })
  }

  /** Gives a thread back at the end of its request. */
  give(thread: Thread): void {
    if (thread.isDead) return
    const next = this.#threads.shift()
    if (next) next(thread)
    else this.#free.push(thread)
  }

  async close(): Promise<void> {
    await Promise.all([...this.#all].map((thread) => thread.terminate()))
  }

  #open(): Thread {
    const thread = new Thread(this.#setup, this.#options.memory, (dead) => {
      this.#all.delete(dead)
      const at = this.#free.indexOf(dead)
      if (at >= 0) this.#free.splice(at, 1)
      const next = this.#threads.shift()
      if (next) next(this.#open())
    })
    this.#all.add(thread)
    return thread
  }
}
