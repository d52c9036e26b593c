import { expect, it } from 'vitest'
import type { Suppression } from '../../src/flow/ports-consent.ts'
import type { InboundText } from '../../src/flow/ports-receipts.ts'
import { reply } from '../../src/flow/reply.ts'
import { aSuppression, fakeSuppressions } from '../http/suppression-kit.ts'
import { testVault } from '../support/builders.ts'
import { NOON } from '../support/fakes.ts'
import { receiptStage } from './receipt-stage.ts'

const LAST = { dispatchId: 'a', referenceId: 'user_1', locale: 'pt-BR' }

function stage(standing: Suppression[] = [], last: typeof LAST | null = LAST) {
  const { ports, log } = receiptStage(null)
  const kept: string[] = []
  const has = { suppressions: standing, mailed: [] }
  return {
    log,
    kept,
    has,
    ports: {
      ...ports,
      suppressions: fakeSuppressions([], has, NOON),
      vault: testVault,
      defaultLocale: 'en',
      replies: {
        lastOf: async () => last,
        async keep({ text }: { text: string }) {
          kept.push(text)
          return true
        },
      },
    },
  }
}

const aText = (text: string, optOutType: InboundText['optOutType'] = null): InboundText => ({
  provider: 'twilio',
  from: '+15125550123',
  to: '+15005550006',
  text,
  providerId: 'SM1',
  optOutType,
})

it.each([
  ['Stop please', 'stop', 'Você não receberá mais'],
  ['voltar', 'start', 'Você voltará a receber'],
  ['ajuda', 'help', 'Enviamos seu link'],
])('answers %s in the language of the last dispatch', async (text, said, words) => {
  const { ports } = stage()

  const answered = await reply(ports, aText(text))

  expect(answered).toEqual({ reply: said, answer: expect.stringContaining(words) })
})

it('answers a stranger in the default language', async () => {
  const { ports } = stage([], null)

  expect((await reply(ports, aText('HELP'))).answer).toContain('Reply STOP')
})

it('bars the number on STOP', async () => {
  const { ports, has } = stage()

  await reply(ports, aText('BAJA'))

  expect(has.suppressions).toMatchObject([{ channel: 'sms', reason: 'opt_out', scope: 'all', placedBy: 'recipient' }])
})

it('lifts on START what the person had said, and nothing else', async () => {
  const [will, complaint, dead] = (['opt_out', 'complaint', 'invalid'] as const).map((reason) =>
    aSuppression({ reason }),
  )
  const { ports, log } = stage([will, complaint, dead].filter((one) => one !== undefined))

  await reply(ports, aText('START'))

  expect([will?.liftedBy, complaint?.liftedBy, dead?.liftedBy]).toEqual(['recipient', null, null])
  expect(will).toMatchObject({ liftReason: 'start', liftConsent: 'The person wrote START.' })
  expect(log).toEqual(['recipient.opted_in a'])
})

it('tells of no consent where nothing was barred', async () => {
  const { ports, log } = stage()

  await reply(ports, aText('START'))

  expect(log).toEqual([])
})

it('keeps for a person what merely holds a stop word', async () => {
  const { ports, kept, has } = stage()

  const answered = await reply(ports, aText('The bus does not stop here'))

  expect(answered).toEqual({ reply: 'other', answer: null })
  expect(kept).toEqual(['The bus does not stop here'])
  expect(has.suppressions).toEqual([])
})

it('believes the provider, and does not answer after it', async () => {
  const { ports, has } = stage()

  expect(await reply(ports, aText('👋', 'STOP'))).toEqual({ reply: 'stop', answer: null })
  expect(has.suppressions).toHaveLength(1)
})
