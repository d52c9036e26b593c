import type { Response } from 'express'
import { readFeed } from './feed.ts'
import type { HttpPorts } from './ports.ts'

const PAGE = 200
const HEARTBEAT_MS = 15_000
/** The reader comes back by itself with the last id it saw, and its key is checked again. */
const LONGEST_MS = 15 * 60_000

type StreamPorts = Pick<HttpPorts, 'events' | 'dispatches' | 'log' | 'closing'>

/** Server-sent events: the feed from `after` on, then what comes, in order and without a gap. */
export function streamEvents(ports: StreamPorts, res: Response, after: number): void {
  let next = after
  let behind = true
  let writing = false
  const stop = ports.events.onChange(wake)
  const heartbeat = setInterval(() => res.write(': still here\n\n'), HEARTBEAT_MS)
  const end = () => res.end()
  const longest = setTimeout(end, LONGEST_MS)
  ports.closing.addEventListener('abort', end)
  res.on('close', () => {
    stop()
    ports.closing.removeEventListener('abort', end)
    clearInterval(heartbeat)
    clearTimeout(longest)
  })
  res.set({ 'Content-Type': 'text/event-stream; charset=utf-8', 'X-Accel-Buffering': 'no' })
  res.flushHeaders()
  res.write('retry: 2000\n\n')
  wake()

  function wake(): void {
    behind = true
    if (writing) return
    writing = true
    catchUp()
      .catch((err: unknown) => {
        ports.log.error({ err }, 'the event stream broke off')
        res.destroy()
      })
      .finally(() => {
        writing = false
      })
  }

  async function catchUp(): Promise<void> {
    while (behind && !res.closed && !res.writableEnded) {
      behind = false
      const { items, nextAfter } = await readFeed(ports, next, PAGE)
      next = nextAfter
      behind ||= items.length === PAGE
      const text = items.map(
        (event) => `id: ${event.sequence}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`,
      )
      if (items.length > 0 && !res.write(text.join(''))) await drained(res)
    }
  }
}

/** A slow reader is waited for; one that went away is not. */
function drained(res: Response): Promise<void> {
  return new Promise((resolve) => {
    res.once('drain', resolve)
    res.once('close', resolve)
  })
}
