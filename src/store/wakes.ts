import { Client, type Pool } from 'pg'

export interface Wakes {
  /** Tells every process, this one included, that something is due or changed. */
  wake(topic: WakeTopic): void
  on(topic: WakeTopic, listener: () => void): () => void
  close(): Promise<void>
}
export type WakeTopic = 'pump' | 'events' | 'clock'

/**
 * LISTEN on a connection of its own, made again when it drops. A lost notification costs at most one slow poll: whoever
 * listens also looks by itself now and then. Wakes of one turn of the event loop are sent as one.
 */
export async function makeWakes(pool: Pool, url: string, onError: (error: Error) => void): Promise<Wakes> {
  const listeners = new Map<WakeTopic, Set<() => void>>()
  const pending = new Set<WakeTopic>()
  let client: Client | undefined
  let closed = false

  const fire = (topic: string | undefined) => {
    for (const listener of listeners.get(topic as WakeTopic) ?? []) listener()
  }
  async function connect(): Promise<void> {
    const fresh = new Client({ connectionString: url, application_name: 'link-dispatcher wakes', keepAlive: true })
    fresh.on('notification', ({ payload }) => fire(payload))
    fresh.on('error', (error) => {
      onError(error)
      if (!closed && client === fresh) setTimeout(reconnect, 1_000).unref()
    })
    await fresh.connect()
    await fresh.query('listen wake')
    if (closed) return fresh.end()
    client = fresh
  }
  function reconnect(): void {
    if (closed) return
    connect().then(
      () => [...listeners.keys()].forEach(fire),
      () => setTimeout(reconnect, 1_000).unref(),
    )
  }

  await connect()
  return {
    wake(topic) {
      fire(topic)
      if (pending.size === 0)
        queueMicrotask(() => {
          const topics = [...pending]
          pending.clear()
          pool.query("select pg_notify('wake', t) from unnest($1::text[]) t", [topics]).catch(onError)
        })
      pending.add(topic)
    },
    on(topic, listener) {
      const set = listeners.get(topic) ?? new Set()
      listeners.set(topic, set.add(listener))
      return () => set.delete(listener)
    },
    async close() {
      closed = true
      await client?.end()
    },
  }
}
