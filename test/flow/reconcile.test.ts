import { expect, it } from 'vitest'
import type { ChannelName } from '../../src/domain/channel.ts'
import type { UnclearStep } from '../../src/flow/ports-store.ts'
import { reconcile } from '../../src/flow/reconcile.ts'

async function reconciled(steps: UnclearStep[]) {
  const log: string[] = []
  const unclear = {
    due: async () => steps,
    async writeOff({ n }: UnclearStep) {
      log.push(`write off ${n}`)
    },
    async resend({ n }: UnclearStep) {
      log.push(`resend ${n}`)
    },
  }
  return { answer: await reconcile({ unclear }), log }
}
const aStep = (channel: ChannelName, unclearBefore: number, n = 1): UnclearStep => ({
  dispatchId: 'a',
  n,
  turn: 1,
  channel,
  unclearBefore,
})

it.each([
  ['sms', 1, 'write off 1'],
  ['email', 1, 'write off 1'],
  ['in_app', 1, 'write off 1'],
  ['push', 1, 'resend 1'],
  ['push', 2, 'write off 1'],
] as [ChannelName, number, string][])('%s that was unclear %i times: %s', async (channel, before, end) => {
  expect((await reconciled([aStep(channel, before)])).log).toEqual([end])
})

it('settles all that are due, and answers how many', async () => {
  const { answer, log } = await reconciled([aStep('sms', 1, 1), aStep('push', 1, 2), aStep('email', 1, 3)])

  expect(answer).toBe(3)
  expect(log).toEqual(['write off 1', 'resend 2', 'write off 3'])
})
