import { describe, expect, it } from 'vitest'
import { linkIn, openHouse, PHONE } from '../support/house.ts'

const SCANNER = 'Mozilla/5.0 (Windows NT 10.0) Barracuda Sentinel (EE)'

const house = await openHouse()
const { send, get, timeline, advance, inbox, openLink, call, world } = house

const plan = { channels: ['email'], reminders: { after: ['PT1H'] } }
const holding = { ...plan, suspectOpens: 'hold' }

describe('an open by a scanner', () => {
  it('stops the plan, and is marked wherever it shows', async () => {
    const dispatch = await send(plan)
    await advance('PT1M')

    await openLink(dispatch.referenceId, SCANNER)
    await advance('PT3H')

    const shown = await get(dispatch.id)
    expect(shown).toMatchObject({ status: 'opened', suspectOpens: 'stop', suspect: 'scanner' })
    expect(shown['links']).toMatchObject([{ status: 'opened', suspect: 'scanner' }])
    expect(shown['summary']).toContain('opened 1 minute later, perhaps by a scanner')
    expect(eventOf(shown, 'dispatch.opened')).toMatchObject({ data: { suspect: 'scanner', remindersStopped: 1 } })
    expect(inbox(dispatch)).toHaveLength(1)
  })

  it('is counted apart from those of people', async () => {
    const [looked, opened, waiting] = [await send(plan), await send(plan), await send(plan)]
    await advance('PT1M')

    await openLink(looked.referenceId, SCANNER)
    await openLink(opened.referenceId, PHONE)

    expect(await opensOf(looked.referenceId)).toEqual({ true: 0, false: 0, suspect: 1 })
    expect(await opensOf(opened.referenceId)).toEqual({ true: 1, false: 0, suspect: 0 })
    expect(await opensOf(waiting.referenceId)).toEqual({ true: 0, false: 1, suspect: 0 })
    const { text } = await call('GET', '/metrics')
    expect(text).toMatch(/^opens_total\{suspect="scanner"\} [1-9]/m)
    expect(text).toMatch(/^opens_total\{suspect="no"\} [1-9]/m)
  })

  it('does not look otherwise because the partner says it again, or is asked', async () => {
    const dispatch = await send(plan)
    await advance('PT1M')
    await openLink(dispatch.referenceId, SCANNER)

    const [open] = world
      .deliveries()
      .filter(({ event, body }) => event === 'link.opened' && body.includes(dispatch.referenceId))
    world.replay(open?.id ?? '')
    await world.idle()
    const link = world.links(dispatch.referenceId)[0]
    await world.emit('link.opened', {
      linkId: link?.linkId,
      referenceId: dispatch.referenceId,
      openedAt: link?.openedAt,
    })

    expect(await get(dispatch.id)).toMatchObject({ status: 'opened', suspect: 'scanner' })
    expect((await timeline(dispatch.id)).filter((type) => type === 'dispatch.opened')).toHaveLength(1)
  })
})

it('an open that comes sooner after the message than a person could be is marked', async () => {
  const dispatch = await send(plan)

  await openLink(dispatch.referenceId, PHONE)

  expect(await get(dispatch.id)).toMatchObject({ status: 'opened', suspect: 'too_fast' })
})

it('an open by a person who took a minute is not marked', async () => {
  const dispatch = await send(plan)
  await advance('PT1M')

  await openLink(dispatch.referenceId, PHONE)

  const shown = await get(dispatch.id)
  expect(shown).toMatchObject({ status: 'opened', suspect: null })
  expect(eventOf(shown, 'dispatch.opened')?.['data']).not.toHaveProperty('suspect')
})

describe('a dispatch that holds for suspect opens', () => {
  it('waits out the grace, then reminds with a fresh link', async () => {
    const dispatch = await send(holding)
    await advance('PT1M')

    await openLink(dispatch.referenceId, SCANNER)
    const held = await get(dispatch.id)
    await advance('PT64M')
    const waited = inbox(dispatch).length
    await advance('PT3M')

    expect(held).toMatchObject({ status: 'sent', openedAt: null, suspect: 'scanner' })
    expect(held['summary']).toContain('opened, perhaps by a scanner; next reminder on')
    expect(eventOf(held, 'open.suspect')).toMatchObject({ data: { suspect: 'scanner', until: held['steps'][1].dueAt } })
    expect(waited).toBe(1)
    const [first, reminder] = inbox(dispatch).map(linkIn)
    expect(reminder).toBeTruthy()
    expect(reminder).not.toBe(first)
    expect(world.links(dispatch.referenceId).map(({ status }) => status)).toEqual(['revoked', 'created'])
  })

  it('is opened by the person who comes in by the fresh link', async () => {
    const dispatch = await send({ ...holding, reminders: { after: ['PT1H', 'PT24H'] } })
    await advance('PT1M')
    await openLink(dispatch.referenceId, SCANNER)
    await advance('PT67M')

    await advance('PT1M')
    await openLink(dispatch.referenceId, PHONE)
    await advance('PT48H')

    expect(await get(dispatch.id)).toMatchObject({ status: 'opened', suspect: null })
    expect(inbox(dispatch)).toHaveLength(2)
  })

  it('is opened by a transfer: no scanner sends money', async () => {
    const dispatch = await send(holding)
    await advance('PT1M')
    await openLink(dispatch.referenceId, SCANNER)

    world.completeOperation({ referenceId: dispatch.referenceId })
    await world.idle()
    await advance('PT3H')

    expect(await get(dispatch.id)).toMatchObject({ status: 'opened', suspect: null, operation: { status: 'created' } })
    expect(inbox(dispatch)).toHaveLength(1)
  })

  it('learns of a transfer whose webhook was lost before it would replace the link', async () => {
    const dispatch = await send(holding)
    await advance('PT1M')
    await openLink(dispatch.referenceId, SCANNER)
    world.faults.arm('webhook', { kind: 'bad_signature', count: 10, event: 'operation.created' })
    world.completeOperation({ referenceId: dispatch.referenceId })
    await world.idle()

    await advance('PT66M')
    world.faults.reset()

    expect(await get(dispatch.id)).toMatchObject({ status: 'opened', suspect: null })
    expect(inbox(dispatch)).toHaveLength(1)
  })

  it('ends in time when nobody ever comes', async () => {
    const dispatch = await send(holding)
    await advance('PT1M')
    await openLink(dispatch.referenceId, SCANNER)

    await advance('P9D')
    await advance('P1D')

    const shown = await get(dispatch.id)
    expect(shown).toMatchObject({ status: 'exhausted', openedAt: null, suspect: 'scanner' })
    expect(shown['summary']).toContain('opened, perhaps by a scanner, and no link of it works any more')
  })

  it('ends with the open of a person as any other', async () => {
    const dispatch = await send(holding)
    await advance('PT1M')

    await openLink(dispatch.referenceId, PHONE)
    await advance('PT3H')

    expect(await get(dispatch.id)).toMatchObject({ status: 'opened', suspect: null })
    expect(inbox(dispatch)).toHaveLength(1)
  })

  it('cannot be asked for with a link that the CRM brings', async () => {
    const referenceId = 'user_with_own_link'
    const link = await house.linkFromElsewhere(referenceId)

    const { status, body } = await house.post({ ...holding, referenceId, link })

    expect(status).toBe(422)
    expect(body).toMatchObject({ code: 'invalid_request', errors: [{ path: 'suspectOpens' }] })
  })
})

// biome-ignore lint/suspicious/noExplicitAny: an answer is what the test asks of it.
type Shown = Record<string, any>
const eventOf = (shown: Shown, type: string): Shown | undefined =>
  shown['timeline'].find((event: Shown) => event['type'] === type)

async function opensOf(referenceId: string): Promise<Record<string, number>> {
  const count = async (opened: string) => {
    const { body } = await call('GET', `/v1/dispatches?referenceId=${referenceId}&opened=${opened}`)
    return [opened, body['items'].length] as const
  }
  return Object.fromEntries(await Promise.all(['true', 'false', 'suspect'].map(count)))
}
