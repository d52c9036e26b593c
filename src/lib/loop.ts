export interface Loop {
  /** Run now, or once more if it is running. */
  wake(): void
  /** Resolves when the turn under way has ended; no further one begins. */
  stop(): Promise<void>
  /** Resolves when a whole turn that began after this call found nothing more to do, or the loop is stopped. */
  idle(): Promise<void>
}

export interface LoopOptions {
  /** Answers whether there is certainly more to do at once. */
  work: () => Promise<boolean>
  /** The slow look, in case a wake was lost. */
  everyMs: number
  onError: (error: unknown) => void
}

/** Work that is woken, and looks by itself now and then; never twice at once, and never again before it ended. */
export function makeLoop({ work, everyMs, onError }: LoopOptions): Loop {
  let running: Promise<void> | undefined
  let again = false
  let stopped = false
  const waiting: (() => void)[] = []
  const timer = setInterval(wake, everyMs)
  timer.unref()

  function wake(): void {
    again = true
    if (!running && !stopped) running = turns().finally(ended)
  }
  async function turns(): Promise<void> {
    while (again && !stopped) {
      again = false
      const heard = waiting.splice(0)
      again = (await turn()) || again
      if (again) waiting.push(...heard)
      else tell(heard)
    }
  }
  async function turn(): Promise<boolean> {
    try {
      return await work()
    } catch (error) {
      onError(error)
      return false
    }
  }
  function ended(): void {
    running = undefined
    if (again && !stopped) wake()
  }

  return {
    wake,
    async stop() {
      stopped = true
      clearInterval(timer)
      await running
      tell(waiting)
    },
    idle() {
      if (stopped) return Promise.resolve()
      return new Promise((resolve) => {
        waiting.push(resolve)
        wake()
      })
    },
  }
}

function tell(listeners: (() => void)[]): void {
  for (const listener of listeners) listener()
}
