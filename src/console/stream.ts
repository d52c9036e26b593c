import type { Request, Response } from 'express'

/** Under load the pages look again once a second, however much happens. */
const LEAST_PAUSE_MS = 1_000
const HEARTBEAT_MS = 25_000
/** The browser comes back by itself, and its session is checked again. */
const LONGEST_MS = 15 * 60_000

export interface Stream {
  open(req: Request, res: Response): void
  close(): void
}

/** Small `changed` pings, without content: whoever hears one fetches what it may see. */
export function makeStream(onChange: (listener: () => void) => () => void): Stream {
  const open = new Set<Response>()
  let pause: NodeJS.Timeout | undefined
  let missed = false
  const stop = onChange(ping)
  const heartbeat = setInterval(() => say(': still here\n\n'), HEARTBEAT_MS).unref()

  return {
    open(req, res) {
      res.set({ 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' })
      res.write('retry: 2000\n\n')
      open.add(res)
      const end = setTimeout(() => res.end(), LONGEST_MS).unref()
      req.on('close', () => {
        clearTimeout(end)
        open.delete(res)
      })
    },
    close() {
      stop()
      clearInterval(heartbeat)
      clearTimeout(pause)
      for (const res of open) res.end()
      open.clear()
    },
  }

  /** The first change is told at once, the rest of the pause together at its end. */
  function ping(): void {
    missed = pause !== undefined
    if (missed) return
    say('event: changed\ndata:\n\n')
    pause = setTimeout(() => {
      pause = undefined
      if (missed) ping()
    }, LEAST_PAUSE_MS).unref()
  }

  function say(text: string): void {
    for (const res of open) res.write(text)
  }
}
