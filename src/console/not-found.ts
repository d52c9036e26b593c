import { html } from '../lib/markup.ts'
import type { Visit } from './door.ts'
import { page } from './layout.ts'
import type { Room } from './room.ts'

const DISPATCH = { what: 'dispatch', path: '/' }

export function notFound(room: Room, { res, caller }: Visit, { what, path }: typeof DISPATCH = DISPATCH): void {
  const body = html`<section class="nothing"><h1>There is no such ${what}</h1><p><a href="${path}">Show all of them</a></p></section>`
  res
    .status(404)
    .type('html')
    .send(page(room.frame(caller), { title: 'Not found', body }))
}
