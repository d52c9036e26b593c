export interface BatcherOptions<Item> {
  /** Rows one statement takes at most. */
  max?: number
  /** Batches under way at once. */
  lanes?: number
  /** Items that share a mark never travel in one batch: the second sees what the first has done, or waits for its locks. */
  marks?: (item: Item) => readonly string[]
  /** Whether a failed batch may be taken apart: true only when the failure proves that nothing of it was done. */
  divisible?: (error: unknown) => boolean
}

/**
 * Callers that arrive together share one `run`. No timers: a batch starts at once when a lane is free and collects while
 * all lanes are busy. `run` answers in the order of its items. When a batch of several fails divisibly, each item is tried
 * alone, so that an error reaches the caller who caused it and no other.
 */
export function makeBatcher<Item, Answer>(
  run: (items: Item[]) => Promise<Answer[]>,
  { max = 500, lanes = 1, marks = () => [], divisible = () => false }: BatcherOptions<Item> = {},
): (item: Item) => Promise<Answer> {
  let waiting: Waiter<Item, Answer>[] = []
  let busy = 0

  function flush(): void {
    while (busy < lanes && waiting.length > 0) {
      busy++
      void settle(run, divisible, board()).finally(() => {
        busy--
        flush()
      })
    }
  }

  /** First come, first aboard; who shares a mark with somebody aboard stays at the head of the line. */
  function board(): Waiter<Item, Answer>[] {
    const aboard: Waiter<Item, Answer>[] = []
    const staying: Waiter<Item, Answer>[] = []
    const taken = new Set<string>()
    let next = 0
    for (; next < waiting.length && aboard.length < max; next++) {
      const waiter = waiting[next] as Waiter<Item, Answer>
      const own = marks(waiter.item)
      ;(own.some((mark) => taken.has(mark)) ? staying : aboard).push(waiter)
      for (const mark of own) taken.add(mark)
    }
    waiting = staying.concat(waiting.slice(next))
    return aboard
  }

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject })
      // Callers of the same turn of the event loop travel together.
      if (waiting.length === 1) queueMicrotask(flush)
    })
}

interface Waiter<Item, Answer> {
  item: Item
  resolve: (answer: Answer) => void
  reject: (error: unknown) => void
}

async function settle<Item, Answer>(
  run: (items: Item[]) => Promise<Answer[]>,
  divisible: (error: unknown) => boolean,
  batch: Waiter<Item, Answer>[],
): Promise<void> {
  try {
    const answers = await run(batch.map((waiter) => waiter.item))
    batch.forEach((waiter, i) => {
      waiter.resolve(answers[i] as Answer)
    })
  } catch (error) {
    if (batch.length > 1 && divisible(error)) for (const waiter of batch) await settle(run, divisible, [waiter])
    else for (const waiter of batch) waiter.reject(error)
  }
}
