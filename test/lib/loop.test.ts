import { expect, it } from 'vitest'
import { makeLoop } from '../../src/lib/loop.ts'

/** Work whose every turn ends when the test says so. */
function makeWork() {
  const turns: PromiseWithResolvers<boolean>[] = []
  const begun: (() => void)[] = []
  return {
    turns,
    work: () => {
      const turn = Promise.withResolvers<boolean>()
      turns.push(turn)
      begun.shift()?.()
      return turn.promise
    },
    /** Resolves when the next turn begins. */
    next: () => new Promise<void>((resolve) => begun.push(resolve)),
  }
}
const HOUR = 3_600_000
const silent = (error: unknown) => {
  throw error
}

it('runs when it is woken', async () => {
  const { turns, work, next } = makeWork()
  const loop = makeLoop({ work, everyMs: HOUR, onError: silent })
  const begun = next()

  loop.wake()
  await begun

  expect(turns).toHaveLength(1)
  turns[0]?.resolve(false)
  await loop.stop()
})

it('looks by itself now and then, in case a wake was lost', async () => {
  const { turns, work, next } = makeWork()
  const begun = next()

  const loop = makeLoop({ work, everyMs: 5, onError: silent })
  await begun

  turns[0]?.resolve(false)
  await loop.stop()
  expect(turns.length).toBeGreaterThanOrEqual(1)
})

it('never runs twice at once: wakes while it runs make one more turn', async () => {
  const { turns, work, next } = makeWork()
  const loop = makeLoop({ work, everyMs: HOUR, onError: silent })
  loop.wake()
  loop.wake()
  loop.wake()
  expect(turns).toHaveLength(1)
  const second = next()

  turns[0]?.resolve(false)
  await second
  const idle = loop.idle()
  turns[1]?.resolve(false)
  await next()
  turns[2]?.resolve(false)
  await idle

  expect(turns).toHaveLength(3)
  await loop.stop()
})

it('goes on at once while there is certainly more to do', async () => {
  const answers = [true, true, false]
  let turns = 0
  const loop = makeLoop({ work: async () => answers[turns++] ?? false, everyMs: HOUR, onError: silent })

  await loop.idle()

  expect(turns).toBe(3)
  await loop.stop()
})

it('is idle only after a whole turn that began later', async () => {
  const { turns, work, next } = makeWork()
  const loop = makeLoop({ work, everyMs: HOUR, onError: silent })
  loop.wake()
  let idle = false
  const waiting = loop.idle().then(() => {
    idle = true
  })
  const second = next()

  turns[0]?.resolve(false)
  await second

  expect(idle).toBe(false)
  turns[1]?.resolve(false)
  await waiting
  await loop.stop()
})

it('tells of a turn that failed, and runs again when it is woken', async () => {
  const errors: unknown[] = []
  const bug = new Error('a bug')
  let turns = 0
  const work = async () => {
    if (turns++ === 0) throw bug
    return false
  }
  const loop = makeLoop({ work, everyMs: HOUR, onError: (error) => errors.push(error) })

  await loop.idle()
  await loop.idle()

  expect(errors).toEqual([bug])
  expect(turns).toBe(2)
  await loop.stop()
})

it('ends the turn under way when it is stopped, and begins no further one', async () => {
  const { turns, work } = makeWork()
  const loop = makeLoop({ work, everyMs: 1, onError: silent })
  loop.wake()
  let stopped = false
  const stopping = loop.stop().then(() => {
    stopped = true
  })
  await Promise.resolve()
  expect(stopped).toBe(false)

  turns[0]?.resolve(true)
  await stopping
  loop.wake()

  expect(turns).toHaveLength(1)
})

it('keeps nobody waiting who asks whether it is idle once it is stopped', async () => {
  const { turns, work } = makeWork()
  const loop = makeLoop({ work, everyMs: HOUR, onError: silent })
  const before = loop.idle()
  const stopping = loop.stop()
  turns[0]?.resolve(true)

  await Promise.all([before, stopping, loop.idle()])
  await loop.idle()

  expect(turns).toHaveLength(1)
})
