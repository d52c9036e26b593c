import supertest from 'supertest'
import { describe, expect, it } from 'vitest'
import { unsubscribeToken } from '../../src/flow/unsubscribe.ts'
import { newUuid, showId } from '../../src/lib/id.ts'
import { KEYS, makeHouse } from './kit.ts'
import { aSuppression } from './suppression-kit.ts'

describe('/v1/suppressions', () => {
  it.each([
    [{ phone: '(512) 555-0123', country: 'US', reason: 'opt_out' }, 'sms', 'opt_out'],
    [{ email: 'ana@example.com', reason: 'complaint' }, 'email', 'complaint'],
    [{ pushToken: 'token-1' }, 'push', 'manual'],
    [{ referenceId: 'user_1' }, 'recipient', 'manual'],
  ])('adds %j', async (sent, channel, reason) => {
    const { knock, seen } = makeHouse()

    const { status, body, text } = await knock('key-operate').post('/v1/suppressions').send(sent)

    expect(status).toBe(201)
    expect(body).toMatchObject({ id: expect.stringMatching(/^sup_/), channel, reason, placedBy: 'operate' })
    expect(seen.suppressed).toMatchObject([{ channel, reason }])
    expect(text).not.toMatch(/555|ana@|token-1|user_1/)
  })

  it('limits to a category only what the person may have meant so', async () => {
    const { knock, seen } = makeHouse()
    const scope = 'commercial'

    await knock().post('/v1/suppressions').send({ email: 'ana@example.com', reason: 'opt_out', scope })
    await knock().post('/v1/suppressions').send({ email: 'ana@example.com', reason: 'complaint', scope })

    expect(seen.suppressed.map((entry) => entry.scope)).toEqual(['commercial', 'all'])
  })

  it.each([[{}], [{ phone: '+15125550123', email: 'ana@example.com' }], [{ phone: '+15125550123', reason: 'whim' }]])(
    'refuses %j',
    async (sent) => {
      const { knock, seen } = makeHouse()

      expect((await knock().post('/v1/suppressions').send(sent)).status).toBe(422)
      expect(seen.suppressed).toEqual([])
    },
  )

  it.each(['send', 'read', 'in_app:read'])('is not for the scope %s', async (scope) => {
    const { knock } = makeHouse()

    const added = await knock(`key-${scope}`).post('/v1/suppressions').send({ phone: '+15125550123' })
    const list = await knock(`key-${scope}`).post('/v1/suppressions/import').type('text/csv').send('+15125550123')

    expect([added.status, list.status]).toEqual([403, 403])
  })

  it('lists by page', async () => {
    const { knock, has } = makeHouse()
    has.suppressions.push(...Array.from({ length: 101 }, () => aSuppression()))

    const { body } = await knock().get('/v1/suppressions')

    expect(body.items).toHaveLength(100)
    expect(body.nextCursor).toEqual(expect.any(String))
    expect((await knock().get('/v1/suppressions?cursor=nonsense')).status).toBe(400)
  })

  it('lifts what the person wanted only with consent, and anything once', async () => {
    const { knock, has } = makeHouse()
    const [will, dead] = [aSuppression({ reason: 'complaint' }), aSuppression({ reason: 'hard_bounce' })]
    has.suppressions.push(will, dead)
    const lift = async (id: string, body: object) =>
      (
        await knock()
          .post(`/v1/suppressions/${showId('sup', id)}/lift`)
          .send(body)
      ).status

    const without = await lift(will.id, { reason: 'mistake' })
    const consented = await lift(will.id, { reason: 'asked', consent: 'on paper' })
    const mended = await lift(dead.id, { reason: 'mailbox is back' })
    const again = await lift(dead.id, { reason: 'mailbox is back' })

    expect([without, consented, mended, again, await lift(newUuid(), { reason: 'x' })]).toEqual([
      422, 200, 200, 404, 404,
    ])
    expect(will).toMatchObject({ liftedBy: KEYS['key-admin']?.label, liftConsent: 'on paper' })
  })
})

describe('a list', () => {
  const post = (text: string, query = '') => {
    const house = makeHouse()
    return { house, sent: house.knock().post(`/v1/suppressions/import${query}`).type('text/csv').send(text) }
  }

  it('is read line by line, in any of its forms', async () => {
    const text = 'email,reason\r\nana@example.com,hard_bounce\r\n"+15125550123"\n\nreferenceId:user_1,manual'
    const { house, sent } = post(text, '?reason=complaint')

    const { body } = await sent

    expect(body).toEqual({ rows: 3, added: 3, known: 0, refused: 0, dispatchesStopped: 0, errors: [] })
    expect(house.seen.suppressed.map(({ channel, reason }) => [channel, reason])).toEqual([
      ['email', 'hard_bounce'],
      ['sms', 'complaint'],
      ['recipient', 'manual'],
    ])
  })

  it('says which lines are wrong, and never what stood there', async () => {
    const { sent } = post('ana@example.com\nnot-a-number\n+15125550123,whim\na,b,c\n')

    const { body, text } = await sent

    expect(body.errors.map(({ line }: { line: number }) => line)).toEqual([2, 3, 4])
    expect(text).not.toMatch(/not-a-number|whim/)
  })

  it('is stored a thousand at a time', async () => {
    const sizes: number[] = []
    const { knock } = makeHouse((ports) => ({
      ...ports,
      suppressions: {
        ...ports.suppressions,
        async addAll(entries) {
          sizes.push(entries.length)
          return { fresh: entries.map(() => true), ids: [], affected: [] }
        },
      },
    }))
    const rows = Array.from({ length: 2_500 }, (_, i) => `person${i}@example.com`).join('\n')

    const { body } = await knock().post('/v1/suppressions/import').type('text/csv').send(rows)

    expect(body).toMatchObject({ rows: 2_500, added: 2_500 })
    expect(sizes).toEqual([1_000, 1_000, 500])
  })

  it('is refused where it is no list', async () => {
    const { knock } = makeHouse()

    const json = await knock().post('/v1/suppressions/import').send({ phone: '+15125550123' })
    const endless = await knock().post('/v1/suppressions/import').type('text/csv').send('x'.repeat(10_000))
    const query = await knock().post('/v1/suppressions/import?reason=whim').type('text/csv').send('a')

    expect([json.status, endless.status, query.status]).toEqual([415, 413, 422])
  })
})

describe('/u/{token}', () => {
  const visit = () => {
    const house = makeHouse()
    const [dispatchId, hash] = [newUuid(), Buffer.from('the hash of an address')]
    house.has.mailed.push(Buffer.from('another'), hash)
    return { ...house, token: unsubscribeToken(house.ports.vault, dispatchId, hash), hash }
  }

  it('shows a page, in the person’s language, and changes nothing', async () => {
    const { app, token, seen } = visit()

    const page = await supertest(app).get(`/u/${token}`)
    const head = await supertest(app).head(`/u/${token}`)

    expect([page.status, head.status]).toEqual([200, 200])
    expect(page.text).toContain('Darme de baja')
    expect(page.headers).toMatchObject({ 'referrer-policy': 'no-referrer', 'cache-control': 'no-store' })
    expect(page.headers['set-cookie']).toBeUndefined()
    expect(seen.suppressed).toEqual([])
  })

  it('acts when it is posted to, whatever the body', async () => {
    const { app, token, seen, hash } = visit()

    const click = await supertest(app).post(`/u/${token}`).type('form').send('List-Unsubscribe=One-Click')
    const bare = await supertest(app).post(`/u/${token}`)

    expect([click.status, bare.status]).toEqual([200, 200])
    expect(seen.suppressed[0]).toMatchObject({ hash, channel: 'email', reason: 'opt_out', scope: 'commercial' })
  })

  it.each([(token: string) => `${token.slice(0, -2)}AA`, () => 'x', () => 'A'.repeat(43)])(
    'knows no other token',
    async (forge) => {
      const { app, token, seen } = visit()

      const answers = [await supertest(app).get(`/u/${forge(token)}`), await supertest(app).post(`/u/${forge(token)}`)]

      expect(answers.map(({ status }) => status)).toEqual([404, 404])
      expect(seen.suppressed).toEqual([])
    },
  )

  it('is logged by its route only', async () => {
    const { app, token, seen } = visit()

    await supertest(app).post(`/u/${token}`)

    expect(seen.log.join()).toContain('/u/{token}')
    expect(seen.log.join()).not.toContain(token)
  })
})
