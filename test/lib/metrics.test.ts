import { describe, expect, it } from 'vitest'
import { makeMetrics, type Reading } from '../../src/lib/metrics.ts'

const READING: Reading = {
  dueLagSeconds: 1.5,
  due: 3,
  ambiguous: 1,
  unnumberedEvents: 0,
  queueDepth: { sms: 4 },
  partnerSlotsFree: 90,
  holds: { provider: 1 },
}

describe('the metrics', () => {
  it('count what happened', async () => {
    const metrics = makeMetrics(async () => READING)
    metrics.accepted(2)
    metrics.handed('sms', 'accepted')
    metrics.webhook(0.02, 'applied')
    metrics.staleWebhook()

    const text = await metrics.text()

    expect(text).toContain('\ndispatches_accepted_total 2\n')
    expect(text).toContain('\nattempts_total{channel="sms",outcome="accepted"} 1\n')
    expect(text).toContain('\npartner_webhook_seconds_bucket{le="0.025",kind="applied"} 1\n')
    expect(text).toContain('\npartner_webhooks_stale_total 1\n')
  })

  it('show what is', async () => {
    const metrics = makeMetrics(async () => READING)

    const text = await metrics.text()

    expect(text).toContain('\nsteps_due_lag_seconds 1.5\n')
    expect(text).toContain('\nqueue_depth{channel="sms"} 4\n')
    expect(text).toContain('\npartner_slots_free 90\n')
    expect(text).toContain('\nholds{scope="provider"} 1\n')
    expect(text).toContain('\ngauges_readable 1\n')
  })

  it('forget a hold that was lifted', async () => {
    const readings = [READING, { ...READING, holds: {} }]
    const metrics = makeMetrics(async () => readings.shift() ?? READING)
    await metrics.text()

    const text = await metrics.text()

    expect(text).not.toContain('holds{')
  })

  it('keep counting while the database is away, and show no old figures', async () => {
    const answers = [Promise.resolve(READING), Promise.reject(new Error('gone'))]
    const metrics = makeMetrics(() => answers.shift() ?? Promise.resolve(READING))
    metrics.accepted(1)
    await metrics.text()

    const text = await metrics.text()

    expect(text).toContain('\ndispatches_accepted_total 1\n')
    expect(text).toContain('\ngauges_readable 0\n')
    expect(text).toContain('\nsteps_due Nan\n')
    expect(text).not.toContain('queue_depth{')
  })
})
