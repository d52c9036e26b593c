import { expect, it } from 'vitest'
import { newUuid, showId } from '../../src/lib/id.ts'
import { makeHouse, NOW } from './kit.ts'

const aText = (text: string) => ({ id: newUuid(), receivedAt: NOW, dispatchId: newUuid(), phone: '+15125550123', text })

it('shows what people wrote back to whoever operates, and the number masked', async () => {
  const { knock, has } = makeHouse()
  const kept = aText('May I call you?')
  has.texts.push(kept)

  const { status, body } = await knock('key-operate').get('/v1/inbound-texts')

  expect(status).toBe(200)
  expect(body).toEqual({
    items: [
      {
        id: showId('txt', kept.id),
        receivedAt: NOW.toISOString(),
        dispatchId: showId('dsp', kept.dispatchId),
        phone: '+1•••••0123',
        text: 'May I call you?',
      },
    ],
    nextCursor: null,
  })
})

it('shows them to nobody who may only read or send', async () => {
  const { knock } = makeHouse()

  const answers = await Promise.all(['key-read', 'key-send'].map((key) => knock(key).get('/v1/inbound-texts')))

  expect(answers.map(({ status }) => status)).toEqual([403, 403])
})

it('goes on behind a cursor, and takes no other', async () => {
  const { knock, has } = makeHouse()
  has.texts.push(...Array.from({ length: 101 }, (_, i) => aText(`text ${i}`)))

  const { body } = await knock().get('/v1/inbound-texts')
  const next = await knock().get('/v1/inbound-texts').query({ cursor: body.nextCursor })
  const guessed = await knock().get('/v1/inbound-texts').query({ cursor: 'guessed' })

  expect([body.items.length, next.status]).toEqual([100, 200])
  expect([guessed.status, guessed.body.code]).toEqual([400, 'invalid_cursor'])
})
