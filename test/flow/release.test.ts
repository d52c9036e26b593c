import { expect, it } from 'vitest'
import { type Doubtful, release } from '../../src/flow/release.ts'
import { aHold, fakeHolds } from '../support/fakes.ts'

/** `rounds`: how many messages are found each time somebody looks for what may have been sent; null: this is no copy. */
function stage({ scope = 'all' as 'all' | 'channel', rounds = [2] as number[] | null, partnerAnswers = true } = {}) {
  const log: string[] = []
  const hold = aHold(scope)
  const memory = fakeHolds({ holds: [hold] })
  let found = 0
  const left = rounds && [...rounds]
  const ports = {
    holds: memory.store,
    stops: { fenceAll: async () => undefined },
    tell: async ({ type }: { type: string }) => void log.push(type),
    wake: () => undefined,
    async catchUp() {
      log.push('asked')
      return partnerAnswers
    },
    restored: {
      note: async () => undefined,
      isCopy: async () => rounds !== null,
      async setApart() {
        found = left?.shift() ?? 0
        return left && found
      },
      async writeOff() {
        log.push(`handed ${found}`)
        const written = found
        found = 0
        return written
      },
      sendAll: async () => void log.push('sent'),
      forget: async () => void log.push('forgotten'),
    },
  }
  const lift = (doubtful: Doubtful) => release(ports, { id: hold.id, by: 'maria', doubtful })
  return { lift, log, inForce: memory.inForce }
}

it('asks the partner, hands over what is doubtful, and only then lifts the hold', async () => {
  const { lift, log, inForce } = stage()

  await lift('hand')

  expect(log).toEqual(['asked', 'handed 2', 'handed 0', 'forgotten', 'hold_lifted'])
  expect(inForce()).toEqual([])
})

it('hands over the reminders too that were due in the lost time after a message which was', async () => {
  const { lift, log } = stage({ rounds: [2, 1, 0] })

  await lift('hand')

  expect(log.filter((line) => line.startsWith('handed'))).toEqual(['handed 2', 'handed 0', 'handed 1', 'handed 0'])
})

it('sends what is doubtful, where that was chosen', async () => {
  const { lift, log } = stage()

  await lift('send')

  expect(log).toEqual(['asked', 'sent', 'forgotten', 'hold_lifted'])
})

it('keeps everything back by the hold of the partner, who could not be asked', async () => {
  const { lift, log, inForce } = stage({ partnerAnswers: false })

  await lift('hand')

  expect(inForce()).toMatchObject([{ scope: 'partner', reason: 'events_missed' }])
  expect(log.indexOf('hold_placed')).toBeLessThan(log.indexOf('hold_lifted'))
})

it.each([
  ['another hold', { scope: 'channel' as const }],
  ['a database that is no copy', { rounds: null }],
])('decides nothing with %s', async (_, wish) => {
  const { lift, log } = stage(wish)

  await lift('hand')

  expect(log).toEqual(['hold_lifted'])
})
