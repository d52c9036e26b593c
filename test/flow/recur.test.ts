import { describe, expect, it } from 'vitest'
import type { NewRecurrence, Recurrence, RecurrenceStore } from '../../src/flow/ports-recur.ts'
import { planRecurrence, type RecurPorts, recur } from '../../src/flow/recur.ts'
import { nextFiring } from '../../src/lib/cron.ts'
import { newUuid } from '../../src/lib/id.ts'
import { fakeCampaigns, noRecurrences } from '../support/campaign-fakes.ts'
import { aCampaign, aPerson } from '../support/campaigns.ts'
import { NOON } from '../support/fakes.ts'

const FIRST = newUuid()
const DAILY = '0 10 * * *'
const at = (text: string) => new Date(`2026-11-${text}Z`)

const aRecurrence = (wish: Partial<Recurrence> = {}): Recurrence => ({
  id: newUuid(),
  name: 'Daily',
  cron: DAILY,
  timeZone: 'UTC',
  source: { campaignId: FIRST, list: 'not_opened', previous: false },
  campaign: { name: 'Again', category: 'commercial' },
  nextAt: at('18T10:00:00'),
  until: null,
  stoppedAt: null,
  madeBy: 'ana',
  createdAt: NOON,
  latest: null,
  ...wish,
})

/** It is Wednesday noon; `people` are those of the list. */
function stage(recurrences: Recurrence[], people: string[] = ['user_1', 'user_2']) {
  const { ports: campaignPorts, rows } = fakeCampaigns()
  const taken: string[] = []
  const kept: string[] = []
  const asked: unknown[] = []
  const store: RecurrenceStore = {
    ...noRecurrences,
    due: async () =>
      recurrences.filter((one): one is Recurrence & { nextAt: Date } => one.nextAt !== null && one.nextAt <= NOON),
    async moveOn(id, from, to) {
      const one = recurrences.find((r) => r.id === id && r.nextAt?.getTime() === from.getTime())
      if (one) one.nextAt = to
      return one !== undefined
    },
    async takeDraft() {
      const draft = [...rows.values()].find(({ status, recurrence }) => status === 'draft' && recurrence !== null)
      return draft ? { id: draft.id, source: { campaignId: FIRST, list: 'not_opened' }, madeBy: 'ana' } : null
    },
    keepDraft: async (id) => void kept.push(id),
  }
  const audiences = {
    begin: async () => undefined,
    recipients: async () => new Map(),
    async take(_: unknown, lines: { line: number; referenceId: string }[]) {
      taken.push(...lines.map(({ referenceId }) => referenceId))
      return lines.map(({ line }) => ({ line, was: 'new' as const, first: line }))
    },
    note: async () => undefined,
    refuse: async () => undefined,
    end: async () => undefined,
  }
  const ports = {
    ...campaignPorts,
    recurrences: store,
    audiences,
    lists: {
      async *people(source: unknown) {
        asked.push(source)
        for (const referenceId of people) yield { referenceId, person: aPerson() }
      },
    },
    nextFiring,
    distrust: () => undefined,
    missingVariables: () => [],
    defaults: {
      linkMaxMinutes: 10_080,
      locale: 'en',
      timeZone: 'UTC',
      channels: ['sms'],
      remindersAfterMs: [],
      fallBackMs: 0,
    },
  } as unknown as RecurPorts & Parameters<typeof planRecurrence>[0]
  const round = async () => {
    while (await recur(ports));
  }
  return { ports, round, rows, taken, kept, asked }
}

describe('a recurrence', () => {
  it('makes its campaign when it is due, fills and starts it', async () => {
    const one = aRecurrence()
    const { round, rows, taken, asked } = stage([one])

    await round()

    expect([...rows.values()]).toMatchObject([
      { name: 'Again', status: 'running', madeBy: 'ana', recurrence: { id: one.id, firesAt: at('18T10:00:00') } },
    ])
    expect(taken).toEqual(['user_1', 'user_2'])
    expect(asked).toEqual([{ campaignId: FIRST, list: 'not_opened' }])
    expect(one.nextAt).toEqual(at('19T10:00:00'))
  })

  it('makes nothing before its time', async () => {
    const { round, rows } = stage([aRecurrence({ nextAt: at('18T18:00:01') })])

    await round()

    expect(rows.size).toBe(0)
  })

  it('fires once for all the firings that were missed', async () => {
    const one = aRecurrence({ nextAt: at('03T10:00:00') })
    const { round, rows } = stage([one])

    await round()

    expect(rows.size).toBe(1)
    expect(one.nextAt).toEqual(at('19T10:00:00'))
  })

  it('makes one campaign where two processes see the same firing', async () => {
    const recurrences = [aRecurrence()]
    const { ports, rows } = stage(recurrences)
    const due = await ports.recurrences.due()
    const both = { ...ports, recurrences: { ...ports.recurrences, due: async () => due } }

    await Promise.all([recur(both), recur(both)])

    expect(rows.size).toBe(1)
  })

  it('goes on with a draft that was made before a crash', async () => {
    const one = aRecurrence()
    const { ports, round, rows, taken } = stage([one])
    const dies = async () => {
      throw new Error('the process died')
    }
    await recur({ ...ports, recurrences: { ...ports.recurrences, moveOn: dies } }).catch(() => undefined)
    const before = [...rows.values()].map(({ status }) => status)

    await round()

    expect(before).toEqual(['draft'])
    expect([...rows.values()].map(({ status }) => status)).toEqual(['running'])
    expect(taken).toEqual(['user_1', 'user_2'])
    expect(one.nextAt).toEqual(at('19T10:00:00'))
  })

  it('fires no more after its end', async () => {
    const one = aRecurrence({ until: at('19T09:59:59') })
    const { round, rows } = stage([one])

    await round()

    expect([rows.size, one.nextAt]).toEqual([1, null])
  })

  it('keeps a long draft for itself while it fills it', async () => {
    const people = Array.from({ length: 2_500 }, (_, n) => `user_${n}`)
    const { round, kept } = stage([aRecurrence()], people)

    await round()

    expect(kept).toHaveLength(2)
  })
})

describe('planning a recurrence', () => {
  const wish: Omit<NewRecurrence, 'id' | 'nextAt' | 'madeBy'> = {
    name: 'Daily',
    cron: DAILY,
    timeZone: 'America/Mexico_City',
    source: { campaignId: FIRST, list: 'failed', previous: false },
    campaign: { name: 'Again', category: 'commercial' },
    until: null,
  }
  const plan = async (change: Partial<typeof wish>) => {
    const { ports } = stage([])
    await ports.campaigns.create(aCampaign({ id: FIRST }))
    return planRecurrence(ports, { ...wish, ...change }, 'ana')
  }

  it('fires first on the clock of its zone', async () => {
    expect(await plan({})).toMatchObject({ recurrence: { nextAt: at('19T16:00:00'), madeBy: 'ana' } })
  })

  it.each([
    [{ until: at('19T15:59:00') }, 'cron'],
    [{ cron: '0 10 30 2 *' }, 'cron'],
    [{ source: { ...wish.source, campaignId: newUuid() } }, 'audience.campaignId'],
    [{ source: { ...wish.source, campaignId: newUuid(), previous: true } }, 'audience.first'],
    [{ campaign: { ...wish.campaign, template: 'nowhere' } }, 'campaign.template'],
  ])('is refused with %j', async (change, path) => {
    expect(await plan(change)).toMatchObject({ failure: { errors: [{ path }] } })
  })
})
