/** When the pages of these tests are looked at, and of what. */
export const NOW = new Date('2026-11-22T15:00:00Z')
export const secondsAgo = (seconds: number): Date => new Date(NOW.getTime() - seconds * 1_000)
export const ID = '019aab00-0000-7000-8000-00000000beef'
