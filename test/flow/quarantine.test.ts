import { expect, it } from 'vitest'
import type { Settlement } from '../../src/flow/ports-deliver.ts'
import type { PoisonedStep } from '../../src/flow/ports-pump.ts'
import { quarantine } from '../../src/flow/quarantine.ts'

const aStep: PoisonedStep = {
  dispatchId: 'a',
  n: 1,
  turn: 7,
  kind: 'first',
  channel: 'sms',
  chain: ['email'],
  tries: 0,
}

async function quarantined(step: PoisonedStep, settles = true) {
  const settled: Settlement[] = []
  const alerts: { what: string }[] = []
  await quarantine({
    steps: { poisoned: async () => [step] },
    deliveries: { settle: async (settlement) => settled.push(settlement) > 0 && settles },
    alert: async (what) => void alerts.push(what),
  })
  return { settled, alerts }
}

it('ends a step that killed its workers, and its dispatch with a first message', async () => {
  const { settled, alerts } = await quarantined(aStep)

  expect(settled).toMatchObject([
    { turn: 7, from: 'queued', to: 'failed', reason: 'poisoned', ends: { status: 'failed', reason: 'poisoned' } },
  ])
  expect(settled[0]?.events).toMatchObject([{ type: 'message.failed', data: { step: 1, reason: 'poisoned' } }])
  expect(alerts).toMatchObject([{ what: 'step_poisoned' }])
})

it('ends only the reminder where a message was handed over before', async () => {
  const { settled } = await quarantined({ ...aStep, kind: 'reminder', n: 2 })

  expect(settled).toMatchObject([{ to: 'failed', ends: null }])
})

it('calls nobody where somebody else was faster', async () => {
  const { alerts } = await quarantined(aStep, false)

  expect(alerts).toEqual([])
})
