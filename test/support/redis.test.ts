import { Redis } from 'ioredis'
import { expect, it } from 'vitest'
import { redisPrefix, redisUrl } from './redis.ts'

it('gives a Redis that never evicts, and prefixes that never meet', async () => {
  const redis = new Redis(await redisUrl())

  const policy = await redis.config('GET', 'maxmemory-policy')
  await redis.quit()

  expect(policy).toEqual(['maxmemory-policy', 'noeviction'])
  expect(redisPrefix()).not.toBe(redisPrefix())
})
