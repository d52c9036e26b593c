import { ConnectionLost, type Process } from './process.ts'

/** src/lib/patient.ts on virtual time: repeats what must be written down until it is. */
export function patient<Args extends unknown[], Answer>(
  proc: Process,
  forMs: number,
  call: (...args: Args) => Promise<Answer>,
): (...args: Args) => Promise<Answer> {
  return async (...args) => {
    const until = proc.monotonic() + forMs
    for (let pauseMs = 50; ; pauseMs = Math.min(pauseMs * 2, 1_000)) {
      try {
        return await call(...args)
      } catch (error) {
        if (!(error instanceof ConnectionLost) || proc.monotonic() + pauseMs > until) throw error
        await proc.wait(pauseMs)
      }
    }
  }
}
