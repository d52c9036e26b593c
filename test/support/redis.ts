import { randomBytes } from 'node:crypto'
import { inject } from 'vitest'

/** The Redis of this run; a run without one fails here, with the way out. */
export async function redisUrl(): Promise<string> {
  const redis = inject('redis')
  if ('problem' in redis) throw new Error(redis.problem)
  return redis.url
}

/** A BullMQ prefix of its own, so that test files may share one server. */
export const redisPrefix = (): string => `test-${randomBytes(4).toString('hex')}`
