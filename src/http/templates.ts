import { z } from 'zod'
import { answer } from './answer.ts'
import type { HttpPorts } from './ports.ts'
import { type Route, route } from './route.ts'

const templateSchema = z
  .object({ name: z.string(), version: z.string(), locales: z.array(z.string()), channels: z.array(z.string()) })
  .meta({ id: 'Template' })

/** What there are words for. */
export function templateRoutes({ render }: Pick<HttpPorts, 'render'>): Route[] {
  return [
    route({
      method: 'get',
      path: '/v1/templates',
      scopes: ['read', 'send'],
      tag: 'Templates',
      summary: 'The templates there are, with their locales and channels',
      answers: {
        200: { description: 'By name', schema: z.object({ items: z.array(templateSchema), nextCursor: z.null() }) },
      },
      failures: [],
      act: async () => answer(200, { items: render.list(), nextCursor: null }),
    }),
  ]
}
