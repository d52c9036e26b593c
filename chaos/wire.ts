import { connect, createServer, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

/** `hole`: bytes vanish and nobody hangs up; `slow`: each piece comes late; `refuse`: nobody is at home. */
export type WireMode = 'pass' | 'hole' | 'slow' | 'refuse'

export interface Wire {
  port: number
  /** Where connections go from now on. */
  lead(port: number): void
  set(mode: WireMode, delayMs?: number): void
  /** Every connection is reset. */
  cut(): void
  close(): Promise<void>
}

interface Pair {
  client: Socket
  server: Socket
  /** It was caught in a hole: it never carries a byte again, as a connection whose other end is gone. */
  lost: boolean
}

/** A wire that can be cut, between two programs that both believe they talk to each other. */
export async function startWire(target: number, port = 0): Promise<Wire> {
  let leadsTo = target
  let mode: WireMode = 'pass'
  let delayMs = 0
  const pairs = new Set<Pair>()

  const server = createServer({ noDelay: true }, (client) => {
    if (mode === 'refuse') {
      client.on('error', () => undefined)
      client.resetAndDestroy()
      return
    }
    const pair = { client, server: connect({ port: leadsTo, host: '127.0.0.1', noDelay: true }), lost: mode === 'hole' }
    pairs.add(pair)
    const end = () => {
      pairs.delete(pair)
      client.destroy()
      pair.server.destroy()
    }
    for (const [from, to] of [
      [client, pair.server],
      [pair.server, client],
    ] as const) {
      from.on('error', end)
      from.on('close', end)
      carry(pair, from, to)
    }
  })

  function carry(pair: Pair, from: Socket, to: Socket): void {
    let late = Promise.resolve()
    let waiting = 0
    const pass = (chunk: Buffer) => {
      if (pair.lost || to.destroyed) return
      if (to.write(chunk)) return
      from.pause()
      to.once('drain', () => from.resume())
    }
    from.on('data', (chunk) => {
      if (mode === 'slow') {
        waiting += 1
        late = late
          .then(() => pause(delayMs))
          .then(() => pass(chunk))
          .finally(() => waiting--)
      } else if (waiting > 0) late = late.then(() => pass(chunk))
      else pass(chunk)
    })
  }

  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve))
  const address = server.address()
  const cut = () => hangUp([...pairs])
  return {
    port: typeof address === 'object' && address ? address.port : port,
    lead: (port) => {
      leadsTo = port
    },
    set(next, delay = 0) {
      mode = next
      delayMs = delay
      if (next === 'hole') for (const pair of pairs) pair.lost = true
      if (next === 'refuse') cut()
      if (next === 'pass') hangUp([...pairs].filter(({ lost }) => lost))
    },
    cut,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        cut()
      }),
  }
}

function hangUp(pairs: readonly Pair[]): void {
  for (const { client, server } of pairs) {
    client.resetAndDestroy()
    server.destroy()
  }
}
