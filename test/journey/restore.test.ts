import { afterEach, beforeEach, expect, it } from 'vitest'
import { readId } from '../../src/lib/id.ts'
import { takeCopy } from '../../src/store/backup.ts'
import { makePool } from '../../src/store/pool.ts'
import { restoreCopy } from '../../src/store/restore.ts'
import { HOUR } from '../support/builders.ts'
import { eventually, type House, openHouse, type Sent } from '../support/house.ts'
import { type Outside, openOutside } from '../support/outside.ts'
import { freshDatabase } from '../support/postgres.ts'
import { withClient } from '../support/queues.ts'

let outside: Outside
let lost: { url: string }
let house: House

beforeEach(async () => {
  outside = await openOutside()
  lost = await freshDatabase()
  house = await openHouse({ outside, databaseUrl: lost.url })
})
afterEach(() => house.close())

it('an old copy starts held, sends nothing until it is released, and nothing twice after', async () => {
  const before = await house.send({ channels: ['sms'], reminders: { after: ['PT3H'] } })
  const opened = await house.send({ channels: ['email'], reminders: { after: ['PT1H'] } })
  const due = await acceptForLater({ reminders: { after: ['PT30M', 'PT3H'] } })
  const copy = await copyOf(lost.url)
  await house.openLink(opened.referenceId)
  await fallsDue(lost.url, due, 1)
  await fallsDue(lost.url, due, 2)
  await house.send({ channels: ['sms'], reminders: null })
  await house.close()
  const sentByTheLost = allSent()

  const url = await restored(copy)
  house = await openHouse({ outside, databaseUrl: url })
  await house.settled()
  const held = allSent()
  const status = (await house.call('GET', '/v1/status')).body
  const unclear = await house.timeline(due.id)
  await lift()
  await house.settled()
  const released = allSent()
  await fallsDue(url, before, 2)

  expect([inbox(due), sentByTheLost, held, released]).toEqual([2, 5, 5, 5])
  expect(status).toMatchObject({ doubtful: 1, holds: [{ scope: 'all', reason: 'restored', placedBy: 'service' }] })
  expect(unclear).toContain('message.unclear')
  expect(inbox(before)).toBe(2)
  expect([(await house.get(opened.id))['status'], inbox(opened)]).toEqual(['opened', 1])
  expect(await house.get(due.id)).toMatchObject({
    status: 'sent',
    steps: [
      { kind: 'first', status: 'handed', reason: 'restored' },
      { kind: 'reminder', status: 'handed', reason: 'restored' },
      { kind: 'reminder', status: 'pending', dueAt: expect.stringMatching(/Z$/) },
      { kind: 'close' },
    ],
  })
})

it('sends what may have been sent, when the person who releases it says so', async () => {
  const due = await acceptForLater({ reminders: null })
  const copy = await copyOf(lost.url)
  await fallsDue(lost.url, due, 1)
  await house.close()

  house = await openHouse({ outside, databaseUrl: await restored(copy) })
  await lift('?doubtful=send')
  await house.settled()

  expect(inbox(due)).toBe(2)
  expect(await house.get(due.id)).toMatchObject({ status: 'sent' })
})

it('is released with the partner shut, and still lets no reminder go before the partner was asked', async () => {
  const reminded = await house.send({ channels: ['sms'], reminders: { after: ['PT3H'] } })
  const copy = await copyOf(lost.url)
  await house.openLink(reminded.referenceId)
  await house.close()
  outside.world.suspend()

  const url = await restored(copy)
  house = await openHouse({ outside, databaseUrl: url })
  await withClient(url, (client) => client.query("update app.step set due_at = now() where kind = 'reminder'"))
  await lift()
  const kept = (await house.call('GET', '/v1/holds')).body['items']
  outside.world.unsuspend()
  await eventually(async () => expect(await house.get(reminded.id)).toMatchObject({ status: 'opened' }))

  expect(kept).toMatchObject([{ scope: 'partner', reason: 'events_missed' }])
  expect(inbox(reminded)).toBe(1)
})

it.each([
  ['restored on another server', "database_system = 'another'", {}, 'other_database_server', 1],
  ['silent for long', "beaten_at = now() - interval '20 minutes'", {}, 'heartbeat_gap', 0],
  ['in order', 'beaten_at = now()', { START_HELD: 'on' }, 'start_held', 0],
])('a database that is %s starts held', async (_, heart, env, reason, doubtful) => {
  const due = await acceptForLater({ reminders: null })
  await house.close()
  await withClient(lost.url, async (client) => {
    await client.query(`update app.heartbeat set ${heart}`)
    await client.query('update app.step set due_at = now() where dispatch_id = $1 and n = 1', [readId('dsp', due.id)])
  })

  house = await openHouse({ outside, databaseUrl: lost.url, env })

  const status = (await house.call('GET', '/v1/status')).body
  expect(status).toMatchObject({ holds: [{ scope: 'all', reason }], doubtful })
  expect(inbox(due)).toBe(0)
})

it('takes again what was accepted after the copy, and adopts the link that was made for it', async () => {
  const copy = await copyOf(lost.url)
  const wish = { referenceId: 'repeated', contact: { phone: '+15125559999' }, channels: ['sms'], reminders: null }
  await house.post(wish, { 'Idempotency-Key': 'order-1' })
  await house.settled()
  await house.close()

  house = await openHouse({ outside, databaseUrl: await restored(copy) })
  await lift()
  const { status, body } = await house.post(wish, { 'Idempotency-Key': 'order-1' })
  await house.settled()

  expect(status).toBe(202)
  expect(await house.get(body['id'])).toMatchObject({ status: 'sent', links: [{ origin: 'adopted' }] })
})

/** By SMS, an hour from now. */
const acceptForLater = (wish: object) =>
  house.accept({ channels: ['sms'], sendAt: new Date(Date.now() + HOUR).toISOString(), ...wish })

/** The time of a step has come; resolves when it was sent. */
async function fallsDue(url: string, { id }: Sent, n: number): Promise<void> {
  await withClient(url, (client) =>
    client.query('update app.step set due_at = now() where n = $2 and dispatch_id = $1', [readId('dsp', id), n]),
  )
  await house.settled()
}

const allSent = () => outside.world.mailbox.all().length
const inbox = (sent: Sent) => house.inbox(sent).length

async function copyOf(url: string): Promise<Buffer[]> {
  const pool = makePool({ url, max: 1, onError: (error) => expect.fail(error.message) })
  const pieces: Buffer[] = []
  for await (const piece of takeCopy(pool, 'test')) pieces.push(piece)
  await pool.end()
  return pieces
}

/** A database that was filled from a copy, which is made two hours old: for the lost one the time went on. */
async function restored(copy: Buffer[]): Promise<string> {
  const { url } = await freshDatabase()
  const pool = makePool({ url, max: 1, onError: (error) => expect.fail(error.message) })
  const source = (async function* () {
    yield* copy
  })()
  await restoreCopy(pool, source, { world: 'test', as: 'copy' })
  await pool.end()
  await withClient(url, async (client) => {
    await client.query(`
      update app.step set due_at = due_at - interval '2 hours', handed_at = handed_at - interval '2 hours';
      update app.dispatch set created_at = created_at - interval '2 hours', send_at = send_at - interval '2 hours', first_handed_at = first_handed_at - interval '2 hours';
      update app.world set restored_from = restored_from - interval '2 hours';
      update app.heartbeat set beaten_at = beaten_at - interval '2 hours'`)
  })
  return url
}

async function lift(query = ''): Promise<void> {
  const [hold] = (await house.call('GET', '/v1/holds')).body['items']
  expect((await house.call('DELETE', `/v1/holds/${hold.id}${query}`)).status).toBe(200)
}
