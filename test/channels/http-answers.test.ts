import { expect, test } from 'vitest'
import { isLoopback, retryAfterMs, unanswered } from '../../src/channels/http-answers.ts'
import type { HttpResult } from '../../src/lib/http.ts'

test.each<[Exclude<HttpResult, { kind: 'answer' }>, object]>([
  [
    { kind: 'unclear', reason: 'timeout' },
    { kind: 'ambiguous', reason: 'timeout' },
  ],
  [{ kind: 'not_written', reason: 'late', late: true }, { kind: 'late' }],
  [
    { kind: 'not_written', reason: 'connection_refused', late: false },
    { kind: 'retry', reason: 'connection_refused' },
  ],
  [
    { kind: 'not_written', reason: 'invalid_url', late: false },
    { kind: 'alert', reason: 'invalid_url' },
  ],
])('%o amounts to %o', (result, expected) => {
  expect(unanswered(result)).toEqual(expected)
})

test.each([
  ['nothing', {}, undefined],
  ['seconds', { 'retry-after': '2' }, 2_000],
  ['more than 15 minutes', { 'retry-after': '9999' }, 900_000],
  ['a date', { 'retry-after': 'Sun, 22 Nov 2026 10:00:05 GMT', date: 'Sun, 22 Nov 2026 10:00:00 GMT' }, 5_000],
  ['a date in the past', { 'retry-after': 'Sun, 22 Nov 2026 09:00:00 GMT', date: 'Sun, 22 Nov 2026 10:00:00 GMT' }, 0],
  ['a date without a date to compare', { 'retry-after': 'Sun, 22 Nov 2026 10:00:05 GMT' }, undefined],
  ['nonsense', { 'retry-after': 'soon' }, undefined],
])('Retry-After of %s', (_name, headers, expected) => {
  expect(retryAfterMs(headers as Record<string, string>)).toBe(expected)
})

test.each([
  ['http://127.0.0.1:3000', true],
  ['http://localhost', true],
  ['http://[::1]:80', true],
  ['https://links.example.com', false],
  ['http://127.0.0.1.example.com', false],
  ['', false],
])('%s is of this machine: %s', (url, expected) => {
  expect(isLoopback(url)).toBe(expected)
})
