import { afterAll } from 'vitest'
import { type Outside, startOutside } from './outside-world.ts'

export type { Outside }

/** An outside world that ends with the test file. */
export async function openOutside(): Promise<Outside> {
  const outside = await startOutside()
  afterAll(outside.close)
  return outside
}
