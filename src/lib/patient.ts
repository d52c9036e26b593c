import { setTimeout as wait } from 'node:timers/promises'

/**
 * Repeats what must be written down until it is, for `forMs` at most: a database that restarts must not cost the outcome
 * of a message that was sent. Only for calls that may safely be made twice.
 */
export function patient<Args extends unknown[], Answer>(
  call: (...args: Args) => Promise<Answer>,
  { forMs, onError }: { forMs: number; onError: (error: unknown) => void },
): (...args: Args) => Promise<Answer> {
  return async (...args) => {
    const until = performance.now() + forMs
    for (let pauseMs = 50; ; pauseMs = Math.min(pauseMs * 2, 1_000)) {
      try {
        return await call(...args)
      } catch (error) {
        if (performance.now() + pauseMs > until) throw error
        onError(error)
        await wait(pauseMs)
      }
    }
  }
}
