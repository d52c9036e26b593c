import type { IncomingMessage } from 'node:http'
import { type Failure, failure } from '../domain/failure.ts'

/** How much of a body that is too large still passes by, so that its sender gets to read the answer. */
const MOST_DRAINED = 8 * 1_024 * 1_024
/** How long a body may take to come. */
const SLOWEST_MS = 300_000

/** The raw bytes of a request, or why they were not taken. A request that is cut off ends in an error. */
export async function readBody(req: IncomingMessage, limit: number): Promise<Buffer | Failure> {
  const encoding = req.headers['content-encoding']
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity')
    return failure('unsupported_media_type', [], { unsupported: 'Content-Encoding' })
  const announced = Number(req.headers['content-length'] ?? 0)
  if (announced > limit + MOST_DRAINED) return failure('body_too_large')
  return collect(req, limit)
}

function collect(req: IncomingMessage, limit: number): Promise<Buffer | Failure> {
  const deadline = setTimeout(() => req.destroy(), SLOWEST_MS)
  req.on('close', () => clearTimeout(deadline))
  const { promise, resolve, reject } = Promise.withResolvers<Buffer | Failure>()
  const chunks: Buffer[] = []
  let size = 0
  req.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size <= limit) chunks.push(chunk)
    else if (size > limit + MOST_DRAINED) resolve(failure('body_too_large'))
  })
  req.on('end', () => resolve(size > limit ? failure('body_too_large') : Buffer.concat(chunks)))
  req.on('error', reject)
  return promise
}

/** An empty body needs no type. */
export function isJson(req: IncomingMessage): boolean {
  const [type = '', ...parameters] = (req.headers['content-type'] ?? '').toLowerCase().split(';')
  return type.trim() === 'application/json' && parameters.every((text) => /^\s*(charset="?utf-?8"?)?\s*$/.test(text))
}
