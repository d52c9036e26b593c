import { describe, expect, it } from 'vitest'
import { openHouse } from '../support/house.ts'
import { aCampaign } from './audience-kit.ts'

const house = await openHouse({ env: { ROLES: 'api' } })
const { call } = house
const PEOPLE = [
  'referenceId,phone,email,firstName,locale,timeZone',
  'est_a,+16465550101,a@example.com,Ana,en,America/New_York',
  'est_b,+16465550102,,Łukasz,pl,America/New_York',
  'est_c,,c@example.com,Carla,es-MX,America/Mexico_City',
].join('\n')

async function draft(wish = {}) {
  const campaign = await aCampaign(house, { reminders: { after: ['PT24H'] }, ...wish })
  const { body } = await campaign.upload(PEOPLE)
  return { ...campaign, uploadId: String(body['uploadId']) }
}
const estimateOf = (id: string) => call('POST', `/v1/campaigns/${id}/estimate`, {})
const samplesOf = (id: string, query = '') => call('GET', `/v1/campaigns/${id}/samples${query}`)
const madeLinks = () => house.world.calls().filter(({ method }) => method === 'POST')

describe('an estimate', () => {
  it('says to whom, in how many segments, when, and what to think of', async () => {
    const { id } = await draft()

    const { status, body } = await estimateOf(id)

    expect(status).toBe(200)
    expect(body).toMatchObject({
      campaignId: id,
      audience: {
        rows: 3,
        recipients: 3,
        secondChoice: 1,
        byChannel: { email: 1, sms: 2 },
        byLocale: { en: 1, 'es-MX': 1, pl: 1 },
        byVariant: { all: 3 },
        fallsBack: { pl: 1 },
      },
      sms: {
        messages: 3,
        byKind: { first: { messages: 2 }, reminder: { messages: 1 } },
        byCountry: { US: { messages: 3 } },
        byEncoding: { 'UCS-2': { messages: 2 } },
      },
      links: { first: 3, again: 0 },
      limits: { linksPerMinute: 90, perHour: null, unitsPerMinute: {} },
      forecast: { firstMessages: 3, reminders: 3, late: 0 },
      holds: [],
    })
    expect(body['warnings'].map(({ code }: { code: string }) => code)).toEqual([
      'long_messages',
      'locale_falls_back',
      'link_length_assumed',
    ])
    expect(Date.parse(body['forecast'].endsAt)).toBeGreaterThan(Date.parse(body['forecast'].firstMessagesEndAt))
    expect(body['forecast'].hours.at(-1)).toMatchObject({ share: 1 })
  })

  it('makes no link, sends nothing, and leaves the draft as it was', async () => {
    const { id } = await draft()
    const before = (await call('GET', `/v1/campaigns/${id}`)).body

    await estimateOf(id)
    await samplesOf(id)

    expect(madeLinks()).toEqual([])
    expect(house.world.mailbox.all()).toEqual([])
    expect((await call('GET', `/v1/campaigns/${id}`)).body).toEqual(before)
  })

  it('shows no address and no link', async () => {
    const { id } = await draft()

    const texts = [(await estimateOf(id)).text, (await samplesOf(id)).text]

    for (const secret of ['+16465550101', '6465550101', 'a@example.com', 'c@example.com'])
      expect(texts.filter((text) => text.includes(secret))).toEqual([])
  })

  it('lets a start be refused that would end too late', async () => {
    const { id } = await draft({ perHour: 1, validUntil: new Date(house.now().getTime() + 600_000).toISOString() })

    const { body } = await estimateOf(id)
    const refused = await call('POST', `/v1/campaigns/${id}/start`, { refuseLate: true })

    expect(body['forecast'].late).toBeGreaterThan(0)
    expect(body['warnings'].map(({ code }: { code: string }) => code)).toContain('ends_late')
    expect([refused.status, refused.body['code']]).toEqual([409, 'campaign_late'])
  })

  it('is given of campaigns that are not over, to those who may read them', async () => {
    const { id } = await draft()
    await call('POST', `/v1/campaigns/${id}/cancel`, {})

    expect((await estimateOf(id)).body['code']).toBe('campaign_state')
    expect((await estimateOf('cmp_nobody')).status).toBe(404)
    expect((await call('POST', `/v1/campaigns/${id}/estimate`, {}, { Authorization: 'Bearer nobody' })).status).toBe(
      401,
    )
  })
})

describe('samples', () => {
  it('are the messages of the first rows, with the time each would leave', async () => {
    const { id } = await draft()

    const { status, body } = await samplesOf(id, '?n=2')

    expect(status).toBe(200)
    expect(body['items'].map((one: { referenceId: string }) => one.referenceId)).toEqual(['est_a', 'est_b'])
    const [ana] = body['items']
    expect(ana).toMatchObject({ variant: 'all', locale: 'en', problem: null, contact: { phone: '+1•••••0101' } })
    expect(ana.steps.map(({ kind, channels }: { kind: string; channels: string[] }) => [kind, channels])).toEqual([
      ['first', ['sms', 'email']],
      ['reminder', ['email', 'sms']],
    ])
    expect(ana.steps[0].messages[0]).toMatchObject({ channel: 'sms', sms: { encoding: 'GSM-7' }, problem: null })
    expect(ana.steps[0].messages[0].words.text).toContain('Hi Ana')
    expect(Date.parse(ana.steps[1].leavesAt) - Date.parse(ana.steps[0].leavesAt)).toBe(86_400_000)
  })

  it('are found by person, and by the line of an upload', async () => {
    const { id, uploadId } = await draft()

    const byPerson = await samplesOf(id, '?referenceId=est_c')
    const byLine = await samplesOf(id, `?upload=${uploadId}&line=4`)

    expect(byPerson.body['items'][0]).toMatchObject({ referenceId: 'est_c', locale: 'es-MX' })
    expect(byLine.body['items'][0]).toMatchObject({ referenceId: 'est_c', line: 4 })
  })

  it('are not found for a stranger, and asked for in full', async () => {
    const { id, uploadId } = await draft()

    expect((await samplesOf(id, '?referenceId=est_nobody')).status).toBe(404)
    expect((await samplesOf(id, `?upload=${uploadId}&line=99`)).status).toBe(404)
    expect((await samplesOf(id, '?line=2')).body['code']).toBe('invalid_request')
    expect((await samplesOf(id, '?n=6')).body['code']).toBe('invalid_request')
  })

  it('say why nothing would be sent', async () => {
    const { id } = await draft({ window: { from: '00:00', to: '01:00' } })

    const { body } = await samplesOf(id, '?referenceId=est_a')

    expect(body['items'][0]).toMatchObject({ problem: 'window_never_open', steps: [] })
  })
})
