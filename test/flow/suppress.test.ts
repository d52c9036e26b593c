import { expect, it } from 'vitest'
import type { AffectedDispatch, NewSuppression } from '../../src/flow/ports-consent.ts'
import { suppress } from '../../src/flow/suppress.ts'
import { phoneHash } from '../support/builders.ts'
import { receiptStage } from './receipt-stage.ts'

const anEntry = (wish: Partial<NewSuppression> = {}): NewSuppression => ({
  hash: phoneHash('+15125550123'),
  channel: 'sms',
  reason: 'opt_out',
  note: null,
  placedBy: 'test',
  ...wish,
})
const running = (id: string, ends: AffectedDispatch['ends'] = 'opt_out'): AffectedDispatch => ({
  id,
  referenceId: `user_${id}`,
  status: 'sent',
  ends,
})

it('stores, ends the plans, and answers only when nothing may start any more', async () => {
  const { ports, log } = receiptStage(null, [running('a'), running('b', null)])

  const { stopped } = await suppress(ports, [anEntry()])

  expect(log).toEqual([
    'suppress',
    'suppressed a opt_out',
    'recipient.opted_out a',
    'recipient.opted_out b',
    'fence a,b',
  ])
  expect(stopped).toEqual(['a'])
})

it('ends no plan where only an address is dead, and waits for its claims all the same', async () => {
  const { ports, log } = receiptStage(null, [running('a', null)])

  await suppress(ports, [anEntry({ reason: 'hard_bounce' })])

  expect(log).toEqual(['suppress', 'fence a'])
})

it('waits for nobody where nobody is concerned', async () => {
  const { ports, log } = receiptStage(null)

  await suppress(ports, [anEntry()])

  expect(log).toEqual(['suppress'])
})

it('tells of one person once, and of no list', async () => {
  const one = receiptStage(null, [
    { ...running('a'), referenceId: 'u' },
    { ...running('b'), referenceId: 'u' },
  ])
  const list = receiptStage(null, [running('a')])

  await suppress(one.ports, [anEntry()])
  await suppress(list.ports, [anEntry(), anEntry()])

  expect(one.log.filter((line) => line.startsWith('recipient'))).toEqual(['recipient.opted_out b'])
  expect(list.log.filter((line) => line.startsWith('recipient'))).toEqual([])
})

it.each([
  ['opt_out', 'commercial'],
  ['manual', 'commercial'],
  ['complaint', 'all'],
  ['hard_bounce', 'all'],
] as const)('%s, meant for commercial messages, bars %s', async (reason, scope) => {
  const { ports, suppressed } = receiptStage(null)

  await suppress(ports, [anEntry({ reason, scope: 'commercial' })])

  expect(suppressed).toMatchObject([{ scope }])
})
