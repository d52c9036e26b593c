import { Agent, type Dispatcher } from 'undici'

/** The one way out over HTTP: one request, one deadline, a bounded answer, and the truth about whether it was written. */
export type HttpResult =
  | { kind: 'answer'; status: number; headers: Record<string, string>; body: string }
  /** Nothing left this process: DNS, refused, TLS, or `startBy` had passed (`late`). */
  | { kind: 'not_written'; reason: string; late: boolean }
  /** The request may have arrived, but no complete answer came. */
  | { kind: 'unclear'; reason: string }

export interface HttpRequest {
  method: 'GET' | 'POST' | 'PUT'
  url: string
  headers?: Record<string, string>
  body?: string
  deadlineMs: number
  /** `performance.now()` after which the first byte must not be written. */
  startBy?: number
  /** Larger answers are cut and reported as `unclear`. Default 256 KiB. */
  maxBytes?: number
}

export interface Http {
  request(request: HttpRequest): Promise<HttpResult>
  close(): Promise<void>
}

/**
 * HTTP/1.1 only, one request at a time on a socket and as many sockets as there are requests: nothing queues, nothing is
 * repeated, no redirect is followed.
 */
export function makeHttp({ keepAliveMs = 4_000 }: { keepAliveMs?: number } = {}): Http {
  const agent = new Agent({
    allowH2: false,
    pipelining: 1,
    keepAliveTimeout: keepAliveMs,
    headersTimeout: 0,
    bodyTimeout: 0,
  })
  const open = new Set<Promise<HttpResult>>()
  return {
    request(request) {
      const result = new Promise<HttpResult>((resolve) => start(agent, request, resolve))
      open.add(result)
      return result.finally(() => open.delete(result))
    },
    /** Waits for the requests under way, each ends by its own deadline. */
    async close() {
      await Promise.all(open)
      await agent.destroy()
    },
  }
}

function start(agent: Agent, request: HttpRequest, resolve: (result: HttpResult) => void): void {
  if (!URL.canParse(request.url)) {
    resolve({ kind: 'not_written', reason: 'invalid_url', late: false })
    return
  }
  const { origin, pathname, search } = new URL(request.url)
  const exchange = makeExchange(request, resolve)
  agent.dispatch(
    {
      origin,
      path: pathname + search,
      method: request.method,
      headers: request.headers ?? null,
      body: request.body ?? null,
    },
    exchange,
  )
}

/** Follows one request from the ready socket to the last byte; the first end that happens is the result. */
function makeExchange(request: HttpRequest, resolve: (result: HttpResult) => void): Dispatcher.DispatchHandler {
  const { startBy = Number.POSITIVE_INFINITY, maxBytes = 256 * 1024 } = request
  const chunks: Buffer[] = []
  let size = 0
  let head: { status: number; headers: Record<string, string> } | undefined
  let controller: Dispatcher.DispatchController | undefined
  let ended = false
  const timer = setTimeout(onDeadline, request.deadlineMs)

  return {
    // Called with a ready socket, before the first byte. Throwing gives the request up and keeps the socket for the next.
    onRequestStart(started) {
      if (ended) throw new Error('the deadline has passed')
      if (performance.now() > startBy) {
        end({ kind: 'not_written', reason: 'late', late: true })
        throw new Error('startBy has passed')
      }
      controller = started
    },
    onResponseStart(_controller, status, headers) {
      if (status >= 200) head = { status, headers: flat(headers) }
    },
    onResponseData(_controller, chunk) {
      size += chunk.length
      if (size > maxBytes) return cut('too_large')
      chunks.push(chunk)
    },
    onResponseEnd() {
      if (head) end({ kind: 'answer', ...head, body: Buffer.concat(chunks).toString('utf8') })
    },
    onResponseError(_controller, error) {
      if (!controller) end({ kind: 'not_written', reason: reasonBefore(error), late: false })
      else end({ kind: 'unclear', reason: reasonAfter(error, head !== undefined) })
    },
  }

  function onDeadline(): void {
    if (controller) cut('timeout')
    else end({ kind: 'not_written', reason: 'connect_timeout', late: performance.now() > startBy })
  }

  function cut(reason: string): void {
    end({ kind: 'unclear', reason })
    controller?.abort(new Error(reason))
  }

  function end(result: HttpResult): void {
    if (ended) return
    ended = true
    clearTimeout(timer)
    resolve(result)
  }
}

const flat = (headers: Record<string, string | string[] | undefined>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')]),
  )

const BEFORE: Record<string, string> = {
  ENOTFOUND: 'dns_lookup_failed',
  EAI_AGAIN: 'dns_lookup_failed',
  ECONNREFUSED: 'connection_refused',
  ECONNRESET: 'connection_reset',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  ETIMEDOUT: 'connect_timeout',
  UND_ERR_CONNECT_TIMEOUT: 'connect_timeout',
  UND_ERR_INVALID_ARG: 'invalid_request',
}
const TLS_FAILURE = /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|EPROTO$|HOSTNAME_MISMATCH$)/

function reasonBefore(error: Error): string {
  const code = codeOf(error)
  return BEFORE[code] ?? (TLS_FAILURE.test(code) ? 'tls_failed' : 'connect_failed')
}

function reasonAfter(error: Error, answerBegun: boolean): string {
  if (error.name === 'HTTPParserError' || error.name === 'HeadersOverflowError') return 'malformed_answer'
  return answerBegun ? 'truncated' : 'connection_reset'
}

const codeOf = (error: Error): string => ('code' in error && typeof error.code === 'string' ? error.code : '')
