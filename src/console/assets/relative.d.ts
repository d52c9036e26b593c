export function span(ms: number): string
export function relative(at: number, now: number): string
