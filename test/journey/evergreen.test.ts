import { expect, it } from 'vitest'
import type { Sent } from '../support/house.ts'
import { linkIn, openHouse } from '../support/house.ts'
import { textOfTables } from '../support/queues.ts'

const house = await openHouse()
const PHONE = 'Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 Chrome/131.0.0.0 Mobile Safari/537.36'
const GATEWAY = 'Mozilla/5.0 (compatible; Barracuda Sentinel)'

const wish = { link: { mode: 'evergreen', expiresInMinutes: 60 }, reminders: null }
const visit = (url: string, { method = 'GET', agent = PHONE } = {}) =>
  fetch(url, { method, redirect: 'manual', headers: { 'User-Agent': agent } })
const leadsTo = async (url: string) => (await visit(url)).headers.get('location')
const messagesOf = (sent: Sent) => house.inbox(sent).map(linkIn)
const partnerLinks = ({ referenceId }: Sent) => house.world.links(referenceId).map(({ url }) => url)
/** What a visit could have changed; receipts may still come in. */
const traces = ({ status, links, steps }: Awaited<ReturnType<typeof house.get>>) => ({
  status,
  links,
  steps: steps.length,
})
const press = async (url: string) => {
  const { status } = await visit(url, { method: 'POST' })
  await house.settled()
  return status
}

it('carries an address of ours that leads to the partner’s page, and keeps its code nowhere', async () => {
  const sent = await house.send(wish)

  const [url = ''] = messagesOf(sent)

  expect(url).toMatch(new RegExp(`^${house.url}/l/[0-9a-z]{16}$`))
  expect([await leadsTo(url)]).toEqual(partnerLinks(sent))
  expect(await house.get(sent.id)).toMatchObject({ link: { mode: 'evergreen' } })
  const code = url.slice(-16)
  const tables = await textOfTables(house.databaseUrl)
  expect(tables).toContain(sent.referenceId)
  expect(tables).not.toContain(code)
  expect(tables).not.toContain(Buffer.from(code).toString('hex'))
})

it('stands in mails, in pushes and in no button of the app', async () => {
  const contact = { phone: '+15125559901', email: 'evergreen@example.com', pushTokens: ['device-evergreen-7391'] }
  const channels = ['push', 'in_app']
  const sent = await house.send({ ...wish, contact, channels })
  const mailed = await house.send({ ...wish, contact, channels: ['email'] })
  const placed = await house.call('POST', `/v1/recipients/${sent.referenceId}/in-app`)

  const [push, mail] = house.inbox({ contact })

  expect(push?.url).toContain(`${house.url}/l/`)
  expect(mail?.html).toContain(`href="${house.url}/l/`)
  expect(`${mail?.text}${mail?.html}`).not.toContain(partnerLinks(mailed)[0])
  expect([placed.body['url']]).toEqual(partnerLinks(sent))
})

it('shows a scanner and a HEAD a page, and leads the person all the same', async () => {
  const sent = await house.send(wish)
  const [url = ''] = messagesOf(sent)
  const before = traces(await house.get(sent.id))

  const looks = await Promise.all([
    visit(url, { method: 'HEAD' }),
    visit(url, { agent: GATEWAY }),
    visit(url, { method: 'POST', agent: GATEWAY }),
  ])

  expect(looks.map(({ status, headers }) => [status, headers.get('location')])).toEqual(looks.map(() => [200, null]))
  expect(traces(await house.get(sent.id))).toEqual(before)
  expect([await leadsTo(url)]).toEqual(partnerLinks(sent))
})

it('lets the person who was there come back', async () => {
  const sent = await house.send(wish)
  await house.openLink(sent.referenceId)

  const [url = ''] = messagesOf(sent)

  expect(await house.get(sent.id)).toMatchObject({ status: 'opened' })
  expect([await leadsTo(url)]).toEqual(partnerLinks(sent))
})

it('leads on to the next link when a reminder has brought one', async () => {
  const sent = await house.send({ ...wish, reminders: { after: ['PT2H'] } })
  await house.advance('PT2H')

  const [first = '', second = ''] = messagesOf(sent)

  expect(first).not.toBe(second)
  expect([await leadsTo(first), await leadsTo(second)]).toEqual([partnerLinks(sent)[1], partnerLinks(sent)[1]])
})

it('sends a fresh link to the phone on file when its link has run out, and gives none to whoever pressed', async () => {
  const sent = await house.send(wish)
  const [url = ''] = messagesOf(sent)
  await house.advance('PT61M')
  const page = await (await visit(url)).text()

  const statuses = [await press(url), await press(url)]

  expect(page).toContain('<button>Send me a fresh link</button>')
  expect(statuses).toEqual([200, 200])
  const [, fresh = '', ...more] = messagesOf(sent)
  expect(more).toEqual([])
  expect(house.inbox(sent).at(-1)).toMatchObject({ channel: 'sms', to: sent.contact.phone })
  expect([await leadsTo(url), await leadsTo(fresh)]).toEqual([null, partnerLinks(sent)[1]])
  expect(await house.timeline(sent.id)).toEqual(expect.arrayContaining(['link.requested', 'link.replaced']))
})

it('may be asked again after ten minutes', async () => {
  const sent = await house.send(wish)
  const [url = ''] = messagesOf(sent)
  await house.advance('PT61M')
  await press(url)
  await house.advance('PT11M')

  await press(url)

  expect(messagesOf(sent)).toHaveLength(3)
  expect(await leadsTo(messagesOf(sent)[1] ?? '')).toBe(partnerLinks(sent)[1])
})

it('sends nothing to a person who said stop', async () => {
  const sent = await house.send(wish)
  const [url = ''] = messagesOf(sent)
  await house.openLink(sent.referenceId)
  await house.advance('PT61M')
  await house.call('POST', '/v1/suppressions', { referenceId: sent.referenceId, reason: 'opt_out' })

  const { status } = await visit(url, { method: 'POST' })
  await house.settled()

  expect(status).toBe(200)
  expect(messagesOf(sent)).toEqual([url])
})

it('dies with its dispatch', async () => {
  const sent = await house.send(wish)
  const [url = ''] = messagesOf(sent)
  await house.call('POST', `/v1/dispatches/${sent.id}/cancel`, {})

  const { status, headers } = await visit(url)

  expect([status, headers.get('location')]).toEqual([404, null])
  expect(await press(url)).toBe(404)
  expect(messagesOf(sent)).toEqual([url])
})

it('shows in a preview as long as it will be', async () => {
  const [sent, seen] = [await house.send(wish), await house.call('POST', '/v1/previews', await previewOf())]

  const shown = /https?:\S+/.exec(seen.body['messages'][0].words.text)?.[0]

  expect(shown).toHaveLength(messagesOf(sent)[0]?.length ?? 0)
  expect((await visit(shown ?? '')).status).toBe(404)
})

it('is not for a link that the CRM brought', async () => {
  const referenceId = 'user-with-a-link'
  const link = await house.linkFromElsewhere(referenceId)

  const { status, body } = await house.post({ referenceId, link: { ...link, mode: 'evergreen' } })

  expect(status).toBe(422)
  expect(body['errors']).toEqual([
    { path: 'link.mode', message: 'must be direct: a link of your own is never followed by a fresh one' },
  ])
})

const previewOf = async () => ({ ...wish, referenceId: 'previewed', contact: { phone: '+15125559902' } })
