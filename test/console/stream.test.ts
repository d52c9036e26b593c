import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { openHouse, SESSION } from './kit.ts'

/** A page that listens; `heard` resolves when as many changes were told as asked for. */
async function listen(house: ReturnType<typeof openHouse>) {
  const server = house.app.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  const answer = await fetch(`http://127.0.0.1:${port}/console/stream`, { headers: { cookie: SESSION } })
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader()
  onTestFinished(async () => {
    await reader.cancel()
    server.close()
    server.closeAllConnections()
  })
  let text = ''
  return {
    answer,
    async until(words: string) {
      while (!text.includes(words)) {
        const { value, done } = await reader.read()
        if (done) return 'ended'
        text += value
      }
      return text
    },
    async toTheEnd() {
      while (!(await reader.read()).done);
    },
  }
}

describe('the stream', () => {
  it('tells that something changed, and nothing more', async () => {
    const house = openHouse()
    const page = await listen(house)
    await page.until('retry')

    house.change()

    expect(await page.until('changed')).toBe('retry: 2000\n\nevent: changed\ndata:\n\n')
    expect(page.answer.headers.get('content-type')).toContain('text/event-stream')
    expect(page.answer.headers.get('cache-control')).toBe('no-store')
  })

  it('tells a flood of changes once, and once more when it is over', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const house = openHouse()
    const page = await listen(house)
    await page.until('retry')

    for (let i = 0; i < 100; i++) house.change()
    const atOnce = await page.until('changed')
    vi.advanceTimersByTime(1_000)
    const later = await page.until('changed\ndata:\n\nevent: changed')
    vi.advanceTimersByTime(60_000)

    expect(atOnce.match(/changed/g)).toHaveLength(1)
    expect(later.match(/changed/g)).toHaveLength(2)
  })

  it('ends after a while, so that the session is checked again', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const page = await listen(openHouse())
    await page.until('retry')

    vi.advanceTimersByTime(15 * 60_000)

    expect(await page.until('never said')).toBe('ended')
  })
})
