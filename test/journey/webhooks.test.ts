import { describe, expect, it } from 'vitest'
import { BACKENDS, openHouse } from '../support/house.ts'
import { withClient } from '../support/queues.ts'
import { partnerWebhook, postWebhook, type Signed } from '../support/webhooks.ts'

describe.each(BACKENDS)("the partner's webhooks, with the queues in %s", async (queues) => {
  const house = await openHouse({ queues })
  const { world } = house
  const signed = (event: string, data: object) => partnerWebhook(house.webhookSecret, event, data, house.now())
  const feed = async (dispatchId: string | null) => {
    await house.settled()
    const { body } = await house.call('GET', '/v1/events?limit=1000')
    return body['items'].filter((event: { dispatchId: string | null }) => event.dispatchId === dispatchId)
  }
  const opened = (referenceId: string) => {
    const [link] = world.links(referenceId)
    return signed('link.opened', { linkId: link?.linkId, referenceId, openedAt: house.now() })
  }

  it('end a plan even when the open is told before we know the link', async () => {
    world.faults.arm('partner.create', { kind: 'opened_before_reply', count: 1 })

    const sent = await house.send()
    await house.advance('P7D')

    expect(house.inbox(sent)).toHaveLength(0)
    expect(await house.get(sent.id)).toMatchObject({ status: 'opened' })
  })

  it('work just as well when the CRM relays raw body and headers', async () => {
    world.configure({ webhooks: false })
    const sent = await house.send()
    const { headers, body } = opened(sent.referenceId)
    await house.advance('PT1H')

    const relayed = { ...headers, 'User-Agent': 'some-crm/1.0', 'X-Forwarded-For': '203.0.113.9' }
    const status = await postWebhook(house.url, { headers: relayed, body })
    world.configure({ webhooks: true })

    expect(status).toBeLessThan(300)
    expect(await house.get(sent.id)).toMatchObject({ status: 'opened' })
  })

  it.each<[string, (request: Signed) => Signed]>([
    ['another body', ({ headers, body }) => ({ headers, body: body.replace('link.opened', 'link.opened ') })],
    ['one byte more', ({ headers, body }) => ({ headers, body: `${body}\n` })],
    ['another time', ({ headers, body }) => ({ headers: { ...headers, 'X-M2M-Timestamp': '1700000000' }, body })],
    ['no time', ({ headers: { 'X-M2M-Timestamp': _, ...headers }, body }) => ({ headers, body })],
    ['no signature', ({ headers: { 'X-M2M-Signature': _, ...headers }, body }) => ({ headers, body })],
    ['half a signature', ({ headers, body }) => ({ headers: cut(headers, 39), body })],
    [
      'a signature of nothing',
      ({ headers, body }) => ({ headers: { ...headers, 'X-M2M-Signature': 'sha256=' }, body }),
    ],
    ['another event in its header', ({ headers, body }) => ({ headers: { ...headers, 'X-M2M-Event': 'x' }, body })],
  ])('are refused with %s, and change nothing', async (_what, change) => {
    const sent = await house.send()

    const status = await postWebhook(house.url, change(opened(sent.referenceId)))

    expect(status).toBe(401)
    expect(await house.get(sent.id)).toMatchObject({ status: 'sent', openedAt: null })
  })

  it('are refused when signed with a secret that is not ours', async () => {
    const sent = await house.send()
    const data = { linkId: world.links(sent.referenceId)[0]?.linkId, referenceId: sent.referenceId }

    const status = await postWebhook(house.url, partnerWebhook('whsec_guessed', 'link.opened', data, house.now()))

    expect(status).toBe(401)
    expect(await house.get(sent.id)).toMatchObject({ status: 'sent', openedAt: null })
  })

  it('have one effect however often they come', async () => {
    const sent = await house.send()
    world.faults.arm('webhook', { kind: 'duplicate', event: 'link.opened', count: 1 })

    world.completeOperation({ referenceId: sent.referenceId })
    await world.idle()
    await postWebhook(house.url, opened(sent.referenceId))
    for (const { id } of world.deliveries().slice(-2)) world.replay(id)
    await world.idle()

    const types: string[] = (await feed(sent.id)).map(({ type }: { type: string }) => type)
    expect(types.filter((type) => type === 'dispatch.opened')).toHaveLength(1)
    expect(types.filter((type) => type === 'operation.created')).toHaveLength(1)
  })

  it('are kept when their event is unknown', async () => {
    const sent = await house.send()
    const [link] = world.links(sent.referenceId)

    const status = await postWebhook(house.url, signed('link.renamed', { linkId: link?.linkId, name: 'x' }))

    expect(status).toBeLessThan(300)
    expect(await feed(sent.id)).toContainEqual(
      expect.objectContaining({ type: 'partner.event', data: expect.objectContaining({ event: 'link.renamed' }) }),
    )
    expect(await house.get(sent.id)).toMatchObject({ status: 'sent' })
  })

  it('are kept when their link is unknown', async () => {
    const data = { linkId: 'link_sandbox_nobodyknows1', referenceId: 'user_nobody', openedAt: house.now() }

    const status = await postWebhook(house.url, signed('link.opened', data))

    expect(status).toBeLessThan(300)
    const kept = await withClient(house.databaseUrl, async (client) => {
      const text = "select type, applied_at from app.partner_event where reference_id = 'user_nobody'"
      return (await client.query(text)).rows
    })
    expect(kept).toEqual([{ type: 'link.opened', applied_at: null }])
  })

  it('end the plan when they tell of an operation, and name it', async () => {
    const sent = await house.send()
    const [link] = world.links(sent.referenceId)
    const data = { operationId: 'op_1', linkId: link?.linkId, referenceId: sent.referenceId, status: 'created' }

    await world.emit('operation.created', { ...data, createdAt: house.now() })
    await house.advance('P7D')

    expect(house.inbox(sent)).toHaveLength(1)
    expect(await house.get(sent.id)).toMatchObject({ status: 'opened', operation: { id: 'op_1' } })
    expect(await feed(sent.id)).toContainEqual(expect.objectContaining({ type: 'operation.created' }))
  })

  it('bring the request for missing data onto the feed, with the dispatch it belongs to', async () => {
    const sent = await house.send()

    await house.openLink(sent.referenceId)
    await world.idle()

    expect(await feed(sent.id)).toContainEqual(
      expect.objectContaining({
        type: 'user.data_request',
        data: expect.objectContaining({ requiredFields: expect.arrayContaining(['idNumber']) }),
      }),
    )
  })
})

const cut = (headers: Signed['headers'], length: number) => ({
  ...headers,
  'X-M2M-Signature': headers['X-M2M-Signature']?.slice(0, length) ?? '',
})
