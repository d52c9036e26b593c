import { expect, it } from 'vitest'
import { makeClosers } from '../../src/lib/closers.ts'

it('closes what was opened last first, each before the next', async () => {
  const seen: string[] = []
  const closers = makeClosers()
  closers.add('pool', () => {
    seen.push('pool')
  })
  closers.add('server', async () => {
    seen.push('server begins')
    await Promise.resolve()
    seen.push('server ends')
  })

  await closers.closeAll()

  expect(seen).toEqual(['server begins', 'server ends', 'pool'])
})

it('goes on after a failure and throws the first one, with the name of what did not close', async () => {
  const seen: string[] = []
  const first = new Error('busy')
  const closers = makeClosers()
  closers.add('pool', () => {
    seen.push('pool')
  })
  closers.add('queue', () => Promise.reject(new Error('later')))
  closers.add('server', () => {
    throw first
  })

  const closing = closers.closeAll()

  await expect(closing).rejects.toMatchObject({ message: 'could not close server', cause: first })
  expect(seen).toEqual(['pool'])
})

it('closes once, however often it is asked', async () => {
  let closed = 0
  const closers = makeClosers()
  closers.add('pool', () => {
    closed += 1
  })

  await Promise.all([closers.closeAll(), closers.closeAll()])
  await closers.closeAll()

  expect(closed).toBe(1)
})
