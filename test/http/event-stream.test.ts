import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { FeedEvent } from '../../src/domain/event.ts'
import { newUuid } from '../../src/lib/id.ts'
import { type House, makeHouse, NOW } from './kit.ts'

const event = (sequence: number): FeedEvent => ({
  id: newUuid(),
  sequence,
  type: 'dispatch.sent',
  dispatchId: null,
  occurredAt: NOW,
  data: {},
})

/** Opens the stream and reads until `enough` event ids came. */
async function listen(house: House, headers: Record<string, string> = {}) {
  const server: Server = house.app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const leave = new AbortController()
  onTestFinished(() => {
    leave.abort()
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const response = await fetch(`http://127.0.0.1:${port}/v1/events/stream`, {
    headers: { authorization: 'Bearer key-read', ...headers },
    signal: leave.signal,
  })
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  return {
    response,
    leave: () => leave.abort(),
    async ids(enough: number): Promise<number[]> {
      for (;;) {
        const ids = [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id))
        if (ids.length >= enough) return ids
        text += (await reader?.read())?.value ?? ''
      }
    },
    text: () => text,
    async toTheEnd(): Promise<string> {
      for (;;) {
        const { value, done } = (await reader?.read()) ?? { done: true }
        if (done) return text
        text += value
      }
    },
  }
}

describe('GET /v1/events/stream', () => {
  it('tells what was, then what comes', async () => {
    const house = makeHouse()
    house.has.events.push(event(1), event(2))
    const stream = await listen(house)
    const before = await stream.ids(2)

    house.has.events.push(event(3))
    for (const told of house.has.listeners) told()

    expect(before).toEqual([1, 2])
    expect(await stream.ids(3)).toEqual([1, 2, 3])
    expect(stream.response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(stream.text()).toMatch(/^id: 1\nevent: dispatch.sent\ndata: \{.*"sequence":1.*\}\n\n/m)
  })

  it('goes on behind the last event the reader saw', async () => {
    const house = makeHouse()
    house.has.events.push(event(1), event(2), event(3))

    const stream = await listen(house, { 'last-event-id': '2' })

    expect(await stream.ids(1)).toEqual([3])
  })

  it('catches up with a long past', async () => {
    const house = makeHouse()
    for (let n = 1; n <= 450; n++) house.has.events.push(event(n))

    const stream = await listen(house)

    const ids = await stream.ids(450)
    expect(ids).toEqual(Array.from({ length: 450 }, (_, i) => i + 1))
  })

  it('stops listening when the reader leaves', async () => {
    const house = makeHouse()
    const gone = Promise.withResolvers<void>()
    const { has } = house
    const remove = has.listeners.delete.bind(has.listeners)
    has.listeners.delete = (listener) => {
      gone.resolve()
      return remove(listener)
    }
    const stream = await listen(house)
    const listening = has.listeners.size

    stream.leave()
    await gone.promise

    expect([listening, has.listeners.size]).toEqual([1, 0])
  })

  it('ends at once when the process stops', async () => {
    const house = makeHouse()
    const stream = await listen(house)

    house.has.closing.abort()

    expect(await stream.toTheEnd()).toMatch(/^retry: 2000/)
    expect(house.has.listeners.size).toBe(0)
  })

  it('needs a key', async () => {
    const house = makeHouse()

    const { response } = await listen(house, { authorization: 'Bearer nonsense' })

    expect(response.status).toBe(401)
  })
})
