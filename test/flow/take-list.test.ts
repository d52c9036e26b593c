import { describe, expect, it } from 'vitest'
import type { AudiencePorts } from '../../src/flow/audience.ts'
import type { AudiencePerson, AudienceRow, AudienceTarget, Refusal, Upload } from '../../src/flow/ports-campaign.ts'
import { takeList } from '../../src/flow/take-list.ts'
import { noAudiences } from '../support/audience-fakes.ts'

const NOW = new Date('2026-11-22T14:30:00Z')
const campaign: AudienceTarget = {
  id: 'c',
  status: 'draft',
  plan: {
    template: 'magic-link',
    channels: ['sms'],
    link: {},
    ifActive: 'supersede',
    suspectOpens: 'stop',
    fallBackMs: null,
    variants: [{ name: 'b', weight: 1, template: 'other' }],
    holdout: 0,
    variables: { brand: 'Leap' },
  },
}
const person = (phone: string | null, variables: AudiencePerson['variables'] = {}): AudiencePerson => ({
  userData: null,
  contact: phone === null ? null : { phone },
  channels: null,
  locale: null,
  timeZone: null,
  variables,
  metadata: { crmCaseId: '42' },
  ownLink: null,
})
async function* listOf(people: AudiencePerson[]) {
  for (const [i, one] of people.entries()) yield { referenceId: `user_${i + 1}`, person: one }
}

/** A house that takes rows until it has `most`. */
function aHouse({ most = Number.POSITIVE_INFINITY, missing = {} as Record<string, string[]> } = {}) {
  const seen = {
    batches: [] as AudienceRow[][],
    refusals: [] as Refusal[],
    ends: [] as string[],
    begun: [] as object[],
  }
  const ports: AudiencePorts = {
    audiences: {
      ...noAudiences,
      begin: async (upload: Partial<Upload>) => void seen.begun.push(upload),
      async take(_upload, rows) {
        if (seen.batches.flat().length >= most) return null
        seen.batches.push(rows)
        return rows.map(({ line }) => ({ line, was: 'new', first: line }))
      },
      refuse: async (_id, refusals) => void seen.refusals.push(...refusals),
      end: async (_id, status) => void seen.ends.push(status),
    },
    render: { has: (name) => name === 'other-reminder' },
    missingVariables: (template, _channels, _locale, variables) =>
      (missing[template] ?? []).filter((name) => !(name.replace('variables.', '') in variables)),
    distrust: () => undefined,
    defaults: {
      locale: 'en',
      timeZone: 'UTC',
      channels: ['sms'],
      remindersAfterMs: [1],
      fallBackMs: 1,
      linkMaxMinutes: 1,
    },
    now: () => NOW,
    newId: () => 'upload',
  }
  return { ports, seen }
}
const wish = { campaign, about: { list: 'not_opened' }, madeBy: 'ana' }

describe('a list of an earlier campaign', () => {
  it('is taken as a file is, a thousand at a time', async () => {
    const { ports, seen } = aHouse()

    const taken = await takeList(ports, wish, listOf(Array.from({ length: 1_500 }, () => person('+5215512345678'))))

    expect(taken).toMatchObject({ id: 'upload', counts: { rows: 1_500, taken: 1_500, refused: 0 } })
    expect(seen.batches.map((rows) => rows.length)).toEqual([1_000, 500])
    expect(seen.batches[0]?.[0]).toMatchObject({ line: 1, referenceId: 'user_1', locale: 'en', zoneGiven: false })
    expect(seen.begun).toMatchObject([
      { source: 'list', campaignId: 'c', madeBy: 'ana', about: { list: 'not_opened' } },
    ])
    expect(seen.ends).toEqual(['done'])
  })

  it('leaves out whom nothing can be sent to, and says why', async () => {
    const { ports, seen } = aHouse()

    const taken = await takeList(ports, wish, listOf([person(null), person('+15125550101')]))

    expect(taken?.counts).toMatchObject({ taken: 1, refused: 1 })
    expect(seen.refusals).toEqual([{ line: 1, field: 'contact', reason: 'no address for sms', text: null }])
  })

  it.each([['magic-link'], ['other'], ['other-reminder']])(
    'leaves out whom the words of %s would lack something for, whichever variant they get',
    async (template) => {
      const { ports, seen } = aHouse({ missing: { [template]: ['variables.amount', 'variables.brand'] } })

      await takeList(ports, wish, listOf([person('+15125550101'), person('+15125550102', { amount: 1 })]))

      expect(seen.refusals).toMatchObject([{ line: 1, field: 'variables.amount' }])
      expect(seen.batches.flat()).toHaveLength(1)
    },
  )

  it('is given up when the campaign ends meanwhile', async () => {
    const { ports, seen } = aHouse({ most: 1_000 })

    const taken = await takeList(ports, wish, listOf(Array.from({ length: 2_500 }, () => person('+15125550101'))))

    expect(taken).toBeNull()
    expect(seen.ends).toEqual(['broken'])
    expect(seen.batches).toHaveLength(1)
  })
})
