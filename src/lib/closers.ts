export interface Closers {
  add(name: string, close: () => Promise<void> | void): void
  /** Closes the last opened first and goes on after a failure; the first failure is thrown at the end. */
  closeAll(): Promise<void>
}

/** What opens pushes its closer here; one call closes everything, however often it is made. */
export function makeClosers(): Closers {
  const closers: { name: string; close: () => Promise<void> | void }[] = []
  let closing: Promise<void> | undefined

  async function closeInTurn(): Promise<void> {
    const failures: Error[] = []
    for (const { name, close } of closers.toReversed()) {
      try {
        await close()
      } catch (cause) {
        failures.push(new Error(`could not close ${name}`, { cause }))
      }
    }
    if (failures[0]) throw failures[0]
  }

  return {
    add(name, close) {
      closers.push({ name, close })
    },
    closeAll() {
      closing ??= closeInTurn()
      return closing
    },
  }
}
