import { expect, it } from 'vitest'
import { CAMPAIGN_ENV, campaignsOf } from '../support/campaign-house.ts'
import { openHouse } from '../support/house.ts'

const house = await openHouse({ env: CAMPAIGN_ENV })
const campaigns = campaignsOf(house)

const versionOf = async (name: string) => {
  const { body } = await house.call('GET', '/v1/templates')
  return `${name}@${body['items'].find((one: { name: string }) => one.name === name).version}`
}
const linksOf = (people: { referenceId: string }[]) =>
  people.map(({ referenceId }) => house.world.links(referenceId).map(({ status }) => status))

it('wrong words are held, their links revoked, and the right ones sent to exactly those who got them', async () => {
  const people = campaigns.people(3)
  const single = await house.send()
  await campaigns.run({ plan: { channels: ['sms'] } }, people)
  await house.settled()
  const [paid, ...others] = people
  house.world.completeOperation({ referenceId: paid?.referenceId ?? '' })
  await house.settled()
  const wrong = await versionOf('magic-link')

  // One: nobody gets them any more.
  await house.call('POST', '/v1/holds', { scope: 'template', value: wrong, reason: 'wrong amount' })
  const late = await house.send()
  expect(house.inbox(late)).toEqual([])

  // Two: the links that are out lead nowhere, but for whom money is under way.
  const { status, body } = await house.call('POST', '/v1/take-backs', { template: wrong, revokeLinks: true })
  expect([status, body]).toEqual([202, expect.objectContaining({ recipients: 4, status: 'running' })])
  await house.settled()

  const done = await house.call('GET', `/v1/take-backs/${wrong}`)
  expect(done.body).toMatchObject({
    status: 'done',
    done: 4,
    links: { revoked: 3, keptForOperation: 1, unanswered: 0 },
  })
  expect(linksOf([...others, single])).toEqual([['revoked'], ['revoked'], ['revoked']])
  expect(house.world.links(paid?.referenceId ?? '')).toMatchObject([{ revokedAt: null }])

  // Three: the right words, to everybody who got the wrong ones.
  const draft = await house.call('POST', '/v1/campaigns', {
    ...{
      name: 'We are sorry',
      category: 'transactional',
      template: 'magic-link-reminder',
      channels: ['sms'],
      reminders: null,
    },
  })
  const path = `/v1/campaigns/${draft.body['id']}`
  const taken = await house.call('POST', `${path}/audience/list`, { list: 'received', template: wrong })
  await house.call('POST', `${path}/start`, {})
  await house.settled()

  expect(taken.body).toMatchObject({ rows: 4, taken: 4 })
  expect(others.map((one) => house.inbox(one).length)).toEqual([2, 2])
  expect(house.inbox(late)).toEqual([])
  expect(linksOf(others)).toEqual([
    ['revoked', 'created'],
    ['revoked', 'created'],
  ])
})

it('who got a version can be listed, and fetched with what the CRM said of them', async () => {
  const sent = await house.send({ template: 'magic-link-reminder', metadata: { crmCaseId: '42' } })
  const version = await versionOf('magic-link-reminder')

  const { body } = await house.call('GET', `/v1/take-backs/${version}/recipients?limit=200`)
  const csv = await house.call('GET', `/v1/take-backs/${version}/recipients.csv`)

  const own = body['items'].find(({ dispatchId }: { dispatchId: string }) => dispatchId === sent.id)
  expect(own).toMatchObject({ referenceId: sent.referenceId, metadata: { crmCaseId: '42' } })
  expect(csv.text).toMatch(new RegExp(`${sent.referenceId},${sent.id},sent,.*,42,`))
})
