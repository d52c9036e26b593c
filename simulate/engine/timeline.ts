/** Virtual time. Whatever happens is an event here; between two events every promise that can go on has gone on. */
export interface Timeline {
  /** ms since 1970 of the world, which is also the database's clock. */
  now(): number
  after(ms: number, run: () => void): void
  /** Runs events in order until none is left or `done` says so. */
  run(done: () => boolean): Promise<void>
  /** A number that depends on every event so far and on when it came. */
  print(): number
}

interface Event {
  at: number
  /** Chance decides among those of the same millisecond. */
  tie: number
  run: () => void
}

export function makeTimeline(start: number, tie: () => number): Timeline {
  const heap: Event[] = []
  let now = start
  let print = 0

  return {
    now: () => now,
    after(ms, run) {
      push(heap, { at: now + Math.max(0, Math.round(ms)), tie: tie(), run })
    },
    run: (done) =>
      new Promise((resolve, reject) => {
        const turn = () => {
          const event = done() ? undefined : pop(heap)
          if (!event) {
            resolve()
            return
          }
          now = event.at
          print = Math.imul(print ^ (now & 0x7fffffff) ^ (event.tie * 0x7fffffff), 16_777_619)
          try {
            event.run()
          } catch (error) {
            reject(error)
            return
          }
          // A tick that is asked for from a microtask comes when no microtask is left: everything has gone on by then.
          queueMicrotask(() => process.nextTick(turn))
        }
        turn()
      }),
    print: () => print >>> 0,
  }
}

const before = (a: Event, b: Event) => a.at < b.at || (a.at === b.at && a.tie < b.tie)

function push(heap: Event[], event: Event): void {
  let place = heap.length
  heap.push(event)
  while (place > 0) {
    const above = (place - 1) >> 1
    const parent = heap[above] as Event
    if (!before(event, parent)) break
    heap[place] = parent
    place = above
  }
  heap[place] = event
}

function pop(heap: Event[]): Event | undefined {
  const first = heap[0]
  const last = heap.pop()
  if (!first || !last || heap.length === 0) return first
  let place = 0
  for (;;) {
    let below = 2 * place + 1
    if (below >= heap.length) break
    if (below + 1 < heap.length && before(heap[below + 1] as Event, heap[below] as Event)) below++
    const child = heap[below] as Event
    if (!before(child, last)) break
    heap[place] = child
    place = below
  }
  heap[place] = last
  return first
}
