import { describe, expect, it } from 'vitest'
import {
  cancelCampaign,
  changeCampaign,
  createCampaign,
  holdsOn,
  pauseCampaign,
  resumeCampaign,
  startCampaign,
} from '../../src/flow/campaign.ts'
import { newUuid } from '../../src/lib/id.ts'
import { type CampaignWish, fakeCampaigns } from '../support/campaign-fakes.ts'
import { aPlan } from '../support/campaigns.ts'
import { aHold, NOON } from '../support/fakes.ts'

const ID = newUuid()
const ANA = { by: 'ana' }
const open = (wish: CampaignWish) => fakeCampaigns([{ id: ID, ...wish }])
const running = (wish: CampaignWish = {}) => open({ status: 'running', startedAt: NOON, open: 3, ...wish })

describe('creating', () => {
  it('takes the wish over what is usual', async () => {
    const { ports } = fakeCampaigns()

    const made = await createCampaign(ports, { name: 'Spring', category: 'commercial', brake: { failed: 0.5 } }, 'ana')

    expect(made).toMatchObject({
      campaign: { name: 'Spring', madeBy: 'ana', brake: { failed: 0.5, optedOut: 0.05 }, plan: { holdout: 0 } },
    })
  })

  it('names every field that does not go with the others', async () => {
    const { ports, rows } = fakeCampaigns()
    const wish = { startAt: new Date(0), localStart: '2026-12-01T10:00', link: { mode: 'evergreen' } } as const

    const made = await createCampaign(ports, wish, 'ana')

    expect(made).toMatchObject({
      failure: { errors: [{ path: 'localStart' }, { path: 'startAt' }, { path: 'link.mode' }] },
    })
    expect(rows.size).toBe(0)
  })
})

describe('changing', () => {
  it('leaves a draft whose start has passed free to change otherwise', async () => {
    const { ports } = open({ startAt: new Date(NOON.getTime() - 1_000) })

    expect(await changeCampaign(ports, ID, { wish: { name: 'Later' }, ...ANA })).toMatchObject({
      campaign: { name: 'Later' },
    })
  })

  it('is refused when somebody starts it meanwhile', async () => {
    const { ports, rows } = open({})
    const change: typeof ports.campaigns.change = async () => {
      Object.assign(rows.get(ID) ?? {}, { status: 'running' })
      return false
    }

    const changed = await changeCampaign({ ...ports, campaigns: { ...ports.campaigns, change } }, ID, {
      wish: { name: 'Later' },
      ...ANA,
    })

    expect(changed).toMatchObject({ failure: { code: 'campaign_state', detail: { campaignStatus: 'running' } } })
  })
})

describe('starting', () => {
  const start = (ports: Parameters<typeof startCampaign>[0], refuseLate = false) =>
    startCampaign(ports, ID, { ...ANA, refuseLate })

  it('wakes the pump, once', async () => {
    const { ports, log } = open({})

    const answers = [await start(ports), await start(ports)]

    expect(answers).toMatchObject([{ campaign: { status: 'running' } }, { campaign: { status: 'running' } }])
    expect(log).toEqual(['start', 'wake'])
  })

  it('answers the running one where a twin was faster', async () => {
    const { ports } = open({})

    const answers = await Promise.all([start(ports), start(ports)])

    expect(answers).toMatchObject([{ campaign: { status: 'running' } }, { campaign: { status: 'running' } }])
  })

  it.each<[string, CampaignWish, boolean, string]>([
    ['without anybody', { waiting: 0 }, false, 'campaign_empty'],
    ['after its end', { validUntil: NOON }, false, 'campaign_late'],
    ['where it would end too late, if asked', {}, true, 'campaign_late'],
    ['when it is over', { status: 'finished' }, false, 'campaign_state'],
  ])('is refused %s', async (_, wish, refuseLate, code) => {
    const { ports, log } = open(wish)

    const answer = await start({ ...ports, endsLate: async () => true }, refuseLate)

    expect(answer).toMatchObject({ failure: { code } })
    expect(log).toEqual([])
  })
})

describe('pausing', () => {
  it('waits for the fence before it answers, each time', async () => {
    const { ports, log } = running()

    await pauseCampaign(ports, ID, { ...ANA, reason: 'wrong words' })
    const again = await pauseCampaign(ports, ID, { ...ANA, reason: null })

    expect(log).toEqual(['place', 'hold_placed', 'fence', 'fence'])
    expect(again).toMatchObject({ campaign: { hold: { reason: 'wrong words', placedBy: 'ana' } } })
  })

  it.each(['draft', 'finished', 'cancelled'] as const)('is refused for a %s one', async (status) => {
    const { ports, held } = open({ status })

    const answer = await pauseCampaign(ports, ID, { ...ANA, reason: null })

    expect(answer).toMatchObject({ failure: { code: 'campaign_state', detail: { campaignStatus: status } } })
    expect(held).toEqual([])
  })
})

describe('resuming', () => {
  it("lifts the campaign's own hold, and nobody else's", async () => {
    const { ports, held, log } = running()
    const others = [aHold('all'), aHold('campaign', newUuid()), aHold('channel', 'sms')]
    held.push(...others, aHold('campaign', ID))

    const answers = [await resumeCampaign(ports, ID, 'ana'), await resumeCampaign(ports, ID, 'ana')]

    expect(held).toEqual(others)
    expect(answers).toMatchObject([{ campaign: { hold: null } }, { campaign: { hold: null } }])
    expect(log).toEqual(['lift', 'hold_lifted', 'wake'])
  })
})

describe('cancelling', () => {
  const order = { ...ANA, reason: 'wrong people', revokeLinks: false }

  it('holds and fences after the state says it, also when it is asked again', async () => {
    const { ports, log } = running()

    await cancelCampaign(ports, ID, order)
    const again = await cancelCampaign(ports, ID, order)

    expect(log).toEqual(['cancel', 'place', 'hold_placed', 'fence', 'cancel', 'fence'])
    expect(again).toMatchObject({ campaign: { status: 'cancelled', reason: 'wrong people' } })
  })

  it('of a draft needs no fence', async () => {
    const { ports, log } = open({})

    await cancelCampaign(ports, ID, order)

    expect(log).toEqual(['cancel'])
  })

  it('is refused for one that has finished', async () => {
    const { ports } = open({ status: 'finished' })

    expect(await cancelCampaign(ports, ID, order)).toMatchObject({ failure: { code: 'campaign_state' } })
  })
})

describe('what holds a campaign', () => {
  it.each([
    ['everything', aHold('all'), true],
    ['the partner', aHold('partner'), true],
    ['itself', aHold('campaign', ID), true],
    ['another campaign', aHold('campaign', newUuid()), false],
    ['its words', aHold('template', 'magic-link'), true],
    ['a version of its words', aHold('template', 'magic-link@3'), true],
    ['the words of its reminders', aHold('template', 'magic-link-reminder'), true],
    ["a variant's words", aHold('template', 'other'), true],
    ['words of others', aHold('template', 'stranger'), false],
    ['a channel of its own', aHold('channel', 'sms'), true],
    ['a channel of others', aHold('channel', 'push'), false],
  ])('%s', (_, one, counts) => {
    const plan = aPlan({ variants: [{ name: 'a', weight: 1, template: 'other' }] })

    expect(holdsOn({ id: ID, plan }, [one])).toEqual(counts ? [one] : [])
  })
})
