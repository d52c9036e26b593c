import { html } from '../lib/markup.ts'
import type { Visit } from './door.ts'
import { page } from './layout.ts'
import type { Room } from './room.ts'

export function notFound(room: Room, { res, caller }: Visit): void {
  const body = html`<section class="nothing"><h1>There is no such dispatch</h1><p><a href="/">Show all dispatches</a></p></section>`
  res
    .status(404)
    .type('html')
    .send(page(room.frame(caller), { title: 'Not found', body }))
}
