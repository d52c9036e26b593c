import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { BUGS } from '../oracle/bugs.ts'

it.each(BUGS)('can still be planted: $name', async ({ file, find }) => {
  const text = await readFile(file, 'utf8')

  expect(text.split(find)).toHaveLength(2)
})
